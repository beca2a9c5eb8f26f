"""A register that stands still in memory, for pages: no file, no database, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
from fastapi import FastAPI
from shapely import MultiPolygon, Point, box

from api.i18n import LanguageMiddleware
from api.service import Service
from api.settings import Settings
from geodata.photos.store import PhotoFiles
from geodata.scoped import Workspaces
from geodata.workspace import Workspace
from gridmap import layers
from tests.town import METRIC, SOUTH, WEST, raw_town
from web.main import add_pages

TODAY = date(2026, 6, 30)
CRS = "EPSG:4490"
PAYLOADS = (
    "<img src=x onerror=window.__xss=1>",
    "${window.__xss=1}",
    "</script><script>window.__xss=1</script>",
    "<svg onload=window.__xss=1>",
    "`+(window.__xss=1)+`",
    "{{ ''.__class__ }}{% raw %}",
    "' onmouseover='window.__xss=1",
)
NAMED = {"name", "short_name", "contact", "phone", "category", "channel", "kind", "source"}


NOBODY_SIGNS_IN: Any = SimpleNamespace(by_session=lambda _: None, by_token=lambda _: None)


@dataclass
class StillStore:
    """What `Workspace` asks of a store, from frames that never change."""

    frames: dict[str, Any]
    meta: Any

    def versions(self) -> dict[str, int]:
        return dict.fromkeys(self.frames, 1)

    def ever(self, layer: str) -> Any:
        return self.frames[layer]

    def read(self, layer: str, as_of: date | None = None) -> Any:  # noqa: ARG002 - it stands still
        return self.frames[layer]

    def catch_up(self, known: Any, entry: int) -> Any:  # noqa: ARG002
        return self.frames["issues"], 0

    def days(self, layer: str) -> list[date]:  # noqa: ARG002
        return [date(2025, 1, 1)]

    def history(self, layer: str, key: str) -> pd.DataFrame:
        return self.frames[layer].loc[[key]]

    @property
    def journal(self) -> Any:
        at = datetime(2026, 6, 29, 2, 30, tzinfo=UTC)
        entry = SimpleNamespace(at=at, who="office", action="import", what={"layer": "grids"})
        return SimpleNamespace(entries=lambda limit: [entry][:limit])


def conformed(raw: dict[str, Any]) -> dict[str, Any]:
    """Return raw frames in the register's form and CRS."""
    return {
        name: layers.conform(
            frame.to_crs(CRS) if isinstance(frame, gpd.GeoDataFrame) else frame,
            layers.LAYERS[name],
        )
        for name, frame in raw.items()
    }


def small_town() -> dict[str, Any]:
    """Return the town of `tests.town`: seven grids, all four reasons but one."""
    return conformed(raw_town())


def named_badly(payloads: tuple[str, ...] = PAYLOADS) -> dict[str, Any]:
    """Return the wide town with a name that a careless page would run, wherever there is a name."""
    frames = wide_town()
    for n, frame in enumerate(frames.values()):
        for column in NAMED & set(frame.columns) - ({"kind"} if "households" in frame else set()):
            rows = range(n, n + len(frame))
            frame[column] = pd.array([payloads[row % len(payloads)] for row in rows], dtype="str")
    return frames


def wide_town(side: int = 8, issues: int = 600) -> dict[str, Any]:
    """Return a town of `side` by `side` grids with a hot south-west and a pile in one corner."""
    raw = raw_town()
    rng = np.random.default_rng(7)
    columns, rows = (cells.ravel() for cells in np.meshgrid(range(side), range(side)))
    at = [(WEST + 200 * c, SOUTH + 200 * r) for c, r in zip(columns, rows, strict=True)]
    east = (columns >= side // 2).astype(int)
    communities = np.array(list(raw["communities"]["code"]))[east]
    codes = [f"{parent}{n + 1:03d}" for n, parent in enumerate(communities)]
    squares = [MultiPolygon([box(x, y, x + 200, y + 200)]) for x, y in at]
    grids = gpd.GeoDataFrame(
        {"code": codes, "name": [f"第{n + 1}网格" for n in range(len(codes))]},
        geometry=squares,
        crs=METRIC,
    ).assign(parent=communities, residents=rng.integers(80, 900, len(codes)))
    kept = grids.drop(index=[19, 45])
    halves = grids.dissolve("parent").geometry
    whole = halves.union_all()
    raw["grids"] = kept
    raw["communities"]["geometry"] = halves.loc[list(raw["communities"]["code"])].to_list()
    raw["subdistricts"]["geometry"] = [whole]
    raw["districts"]["geometry"] = [whole]
    holders = rng.choice(["u1", "u2", "u1", "u2", "u3", "u4"], len(kept))
    raw["assignments"] = pd.DataFrame(
        {
            "assignment_id": [f"a{n}" for n in range(len(kept))],
            "target_kind": "grid",
            "target": kept["code"].to_numpy(),
            "unit_id": holders,
            "tier": "responsible",
            "scheme": "main",
            "since": pd.Timestamp("2026-01-01"),
        }
    ).drop(index=[5, 6, 33])
    raw["issues"] = _issues(rng, issues, 200 * side)
    return conformed(raw)


def _issues(rng: np.random.Generator, n: int, width: float) -> gpd.GeoDataFrame:
    spread = rng.uniform(0, width, (n // 2, 2))
    gathered = np.abs(rng.normal(0, width / 8, (n // 2 - 60, 2)))
    pile = np.full((60, 2), width - 10.0)
    xy = np.vstack([spread, gathered, pile]) + np.array([WEST, SOUTH])
    days = pd.Timestamp("2025-07-01", tz="UTC") + pd.to_timedelta(
        rng.integers(0, 364 * 24, len(xy)), unit="h"
    )
    return gpd.GeoDataFrame(
        {
            "issue_id": [f"i{k}" for k in range(len(xy))],
            "reported_at": days,
            "category": rng.choice(
                ["暴露垃圾", "占道经营", "道路破损", "非法小广告", "车辆乱停", "绿化缺株", "其他"],
                len(xy),
                p=[0.3, 0.2, 0.15, 0.12, 0.1, 0.08, 0.05],
            ),
            "channel": rng.choice(["unit_patrol", "hotline", "citizen_app"], len(xy)),
        },
        geometry=[Point(*at) for at in xy],
        crs=METRIC,
    )


def empty_register() -> dict[str, Any]:
    """Return a register into which nothing has been brought yet."""
    return {name: frame.iloc[:0] for name, frame in small_town().items()}


def site(frames: dict[str, Any], language: str = "zh_CN", name: str = "漠河市") -> FastAPI:
    """Return the pages over a register that stands still."""
    zone = ZoneInfo("Asia/Shanghai")
    app = FastAPI(docs_url=None, redoc_url=None)
    settings = Settings(language=language, public_register=True)
    app.state.settings = settings
    meta = SimpleNamespace(crs=CRS, codes="cn", name=name, metric_crs="")
    days = layers.empty(layers.BOOKS["city_days"])
    still: Any = StillStore({"city_days": days, **frames}, meta)
    app.state.service = Service(
        settings=settings,
        workspaces=Workspaces(Workspace(still)),
        accounts=NOBODY_SIGNS_IN,
        today=lambda: TODAY,
        zone=zone,
        hours=settings.working_hours,
        photos=PhotoFiles("memory://photos"),
    )
    add_pages(app)
    app.add_middleware(LanguageMiddleware, default=language)
    return app
