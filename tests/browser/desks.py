"""Desks for tests: a register of their own, somebody signed in, a window on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from playwright.sync_api import Locator, Page, expect

from api.settings import Settings
from geodata.accounts import Accounts
from gridmap import layers
from gridmap.access import Grant
from gridmap.demo import city
from tests.browser.conftest import Visit, Visitor, served
from tests.people import CHEAP, PASSWORD
from tests.registers import keep
from tests.town import SQUARES, town
from web.main import create_app

CRS = "EPSG:4490"
TODAY = date(2026, 6, 30)
GRIDS = list(SQUARES)
FREE, LAST = GRIDS[3], GRIDS[6]  # 004 and 007: nobody's
HELD = GRIDS[0]  # 001: u1's
PICTURED = ("selection", "units", "uncovered", "things", "mend", "history")
Frames = dict[str, Any]


@dataclass(frozen=True)
class Site:
    """
    A served desk.

    Parameters
    ----------
    app, address
        The service, and where it is.
    visit
        What opens a window.
    """

    app: FastAPI
    address: str
    visit: Visit | None = None

    def open(
        self, role: str = "city_office", name: str = "", width: str = "wide", query: str = ""
    ) -> Visitor:
        """Open the desk in the name of somebody with a role."""
        assert self.visit is not None
        visitor = self.visit(self.address, width)
        cookie = {"name": "gridmap_session", "value": self.session(role, name or role)}
        visitor.page.context.add_cookies([{**cookie, "url": self.address}])
        visitor.page.goto(f"{self.address}/desk{query}")
        visitor.page.wait_for_selector("#desk.ready")
        return visitor

    def session(self, role: str, name: str) -> str:
        """Sign somebody in, an account of theirs made if there is none; return the session."""
        accounts = Accounts(self.app.state.service.workspaces.whole.store, hasher=CHEAP)
        if name not in {account.sign_in for account in accounts.people()}:
            accounts.add(name, f"{name} 的姓名", [Grant(role)], password=PASSWORD, by="tests")
        signed = accounts.sign_in(name, PASSWORD, code=None, source="127.0.0.1", agent="tests")
        return signed.token


def told(visitor: Visitor, path: str, **query: str) -> Any:
    """Ask the service in the name of whoever looks at a page."""
    answer = visitor.page.request.get(visitor.address + path, params=query)
    assert answer.ok, answer.text()
    return answer.json()


def holders(visitor: Visitor, target: str, tier: str = "responsible") -> list[str]:
    """Return the units that hold a target in a tier today, in order."""
    asked = {"target": target, "tier": tier}
    rows = told(visitor, "/api/v1/assignments", **asked)["assignments"]
    return sorted(row["unit_id"] for row in rows)


def register(folder: Path, frames: Frames, name: str = "试验镇") -> str:
    """Keep frames in a GeoPackage from the first day of 2026, and return its address."""
    return keep(folder / "desk.gpkg", frames, name)


@contextmanager
def desk_of(url: str, language: str = "en") -> Iterator[Site]:
    """Serve a register on a day of June 2026."""
    folder = Path(url.removeprefix("gpkg:///")).parent / "documents"
    app = create_app(Settings(database_url=url, language=language, documents_folder=folder))
    app.state.service = replace(app.state.service, today=lambda: TODAY)
    with served(app) as address:
        yield Site(app, address)


def town_frames() -> Frames:
    """Return the town of `tests.town`."""
    return town(CRS)


def empty_frames() -> Frames:
    """Return the town before anybody has drawn a grid."""
    frames = town_frames()
    return frames | {name: frames[name].iloc[:0] for name in ("grids", "assignments", "issues")}


def unassigned_city() -> Frames:
    """
    Return the demo city of 101 grids with nobody assigned, and nothing in the way of assigning.

    Its communities are just their grids and every unit can be called, so that the whole ground is
    covered once every grid has its unit; as invented it has blind areas and units out of use.
    """
    made = city("mohe")
    raw = {name: getattr(made, name) for name in layers.LAYERS}
    raw |= {name: raw[name].iloc[:0] for name in ("assignments", "issues")}
    grids = raw["grids"]
    drawn = grids.geometry.groupby(grids["parent"]).apply(lambda part: part.union_all())
    raw["communities"] = raw["communities"].set_geometry(
        [drawn[code] for code in raw["communities"]["code"]], crs=grids.crs
    )
    for name in ("subdistricts", "districts"):
        raw[name] = raw[name].set_geometry([drawn.union_all()] * len(raw[name]), crs=grids.crs)
    phones = raw["units"]["phone"].fillna("0457-0000000")
    raw["units"] = raw["units"].assign(active=True, phone=phones)
    return {name: layers.conform(frame, layers.LAYERS[name]) for name, frame in raw.items()}


def select(page: Page, *codes: str) -> None:
    """Select just these grids, by their codes."""
    page.locator("#paste-codes").click()
    page.locator("#codes").fill("\n".join(codes))
    page.locator("[data-answer=replace]").click()
    page.wait_for_selector("dialog", state="detached")


def choose(page: Page, *names: str) -> None:
    """Choose units by what is typed to find them."""
    for name in names:
        page.locator("#unit-search").fill(name)
        page.keyboard.press("Enter")


def wait_toast(page: Page, kind: str = "done") -> Locator:
    page.wait_for_selector(f".toast.{kind}")
    return page.locator(".toast")


def settled(page: Page) -> None:
    """Wait until the counters stand still again after a step that was told."""
    expect(page.locator("#counters")).not_to_have_attribute("aria-busy", "true")


def counter(page: Page, name: str) -> str:
    return page.locator(f"[data-counter={name}] dd").inner_text().split(" / ")[0]
