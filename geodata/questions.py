"""What an analysis is asked, and what comes of it: the questions that a saved run keeps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from geodata.reports import comparing, emerging, quadrants, spots
from geodata.reports.comparing import Asked
from geodata.reports.road_spots import find_on_roads
from geodata.reports.selection import Selection
from geodata.reports.spots import Measure
from geodata.workspace import Workspace
from gridmap.errors import InvalidError
from gridmap.hotspots import HotSpots
from gridmap.method import Statistic
from gridmap.patterns import NONE
from gridmap.steps import Every

DECIMALS = 9  # of scores: another order of adding up changes no more
SURE = 2  # classes of 95 % and 99 %
OF_SPOTS = ("hotspots", "network")
WHICH = ("category", "channel", "group")


@dataclass(frozen=True)
class Question:
    """
    What an analysis is asked.

    Parameters
    ----------
    kind
        ``hotspots``; ``network``: along the roads; ``emerging``: over time; ``comparison``: of two
        periods.
    wanted
        Which issues; of a comparison those of the period before.
    as_of
        The day whose grids and roads they are counted on.
    measure, statistic
        In what, and by what, and what is tested; of hot spots of areas.
    lixel_m, reach_m
        How a network is cut.
    every
        In which steps; of emerging hot spots.
    compared
        The whole of what a comparison is asked; None of the others.
    """

    kind: str
    wanted: Selection
    as_of: date
    measure: Measure = field(default_factory=Measure)
    lixel_m: float = 100.0
    reach_m: float = 300.0
    statistic: Statistic = "gi_star"
    every: Every = "month"
    compared: Asked | None = None

    def told(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        days = {name: getattr(self.wanted, name).isoformat() for name in ("since", "until")}
        return {**vars(self.wanted), **days, **self._more(), "as_of": self.as_of.isoformat()}

    def _more(self) -> dict[str, Any]:
        if self.kind == "hotspots":
            return {**vars(self.measure), "statistic": self.statistic}
        if self.kind == "emerging":
            return {"every": self.every}
        if self.compared is None:
            return {"lixel_m": self.lixel_m, "reach_m": self.reach_m}
        after, km = self.compared.after, self.compared.km or (None, None)
        return {
            "after_since": after.since.isoformat(),
            "after_until": after.until.isoformat(),
            "by": self.compared.by,
            "acted": self.compared.acted,
            "km_before": km[0],
            "km_after": km[1],
            "per": self.compared.per,
        }


@dataclass(frozen=True)
class Answer:
    """
    What came of a question.

    Parameters
    ----------
    input_hash, seed
        SHA-256 of what went in; the seed of permutations.
    result_hash
        Of counts, scores and classes, see `fingerprint`.
    summary
        ``areas``, ``hot``, ``cold``, ``significant``. Of emerging hot spots hot and cold are those
        of the last step, and significant those with a pattern; of a comparison hot are the areas
        with more beyond chance, cold those with fewer.
    """

    input_hash: str
    seed: int
    result_hash: str
    summary: dict[str, int]


def question_of(kind: str, told: Mapping[str, Any]) -> Question:
    """
    Return a question from what was kept of it.

    Parameters
    ----------
    kind, told
        As `Question.told` made it.
    """
    since, until, as_of = (date.fromisoformat(told[name]) for name in ("since", "until", "as_of"))
    wanted = Selection(since, until, **{name: told[name] for name in WHICH})
    if kind == "network":
        return Question(kind, wanted, as_of, lixel_m=told["lixel_m"], reach_m=told["reach_m"])
    if kind == "emerging":
        return Question(kind, wanted, as_of, every=told["every"])
    if kind == "comparison":
        first, last = (date.fromisoformat(told[f"after_{end}"]) for end in ("since", "until"))
        after = Selection(first, last, **{name: told[name] for name in WHICH})
        km = (told["km_before"], told["km_after"])
        walked = None if None in km else km
        per = told.get("per")  # older runs kept none
        asked = Asked(wanted, after, told["by"], told["acted"], walked, per)
        return Question(kind, wanted, as_of, compared=asked)
    measure = Measure(**{name: told[name] for name in vars(Measure())})
    statistic = told.get("statistic", "gi_star")  # older runs kept none
    return Question(kind, wanted, as_of, measure, statistic=statistic)


def answer(whole: Workspace, own: Workspace, question: Question, zone: ZoneInfo) -> Answer:
    """
    Work a question out.

    Parameters
    ----------
    whole, own
        The register of the whole city, and what is seen of it.
    question
        What is asked.
    zone
        The city's time zone.

    Raises
    ------
    InvalidError
        If there is no such kind of analysis, or two periods cannot be compared.
    TooLittleDataError
        If a map would show noise.
    """
    wanted, as_of = question.wanted, question.as_of
    if question.kind in OF_SPOTS:
        return _of_spots(spots_of(whole, own, question, zone))
    if question.kind == "emerging":
        return _of_steps(emerging.find(own, wanted, question.every, zone, as_of))
    if question.kind == "comparison" and question.compared is not None:
        return _of_periods(own, question.compared, zone, as_of)
    msg = "There is no analysis {kind}."
    raise InvalidError(msg, kind=question.kind[:40])


def spots_of(whole: Workspace, own: Workspace, question: Question, zone: ZoneInfo) -> HotSpots:
    """
    Return the hot spots, or hot stretches, that a question of one of `OF_SPOTS` asks for.

    Parameters
    ----------
    whole, own, question, zone
        As `answer`.

    Raises
    ------
    TooLittleDataError
        If a map would show noise.
    """
    wanted, as_of = question.wanted, question.as_of
    if question.kind == "network":
        cut = {"lixel_m": question.lixel_m, "reach_m": question.reach_m}
        return find_on_roads(whole, own, wanted, zone, as_of, **cut).spots
    look = quadrants.find if question.statistic == "local_moran" else spots.find
    return look(own, wanted, zone, question.measure, as_of)


def fingerprint(table: pd.DataFrame) -> str:
    """
    Fingerprint a table of areas.

    Parameters
    ----------
    table
        What came out, indexed by code.

    Returns
    -------
    str
        SHA-256 in hexadecimal of the table as CSV in the order of the codes, numbers to
        `DECIMALS`.
    """
    told = table.rename_axis("code").reset_index()
    real = told.select_dtypes("float").columns
    told[real] = told[real].round(DECIMALS) + 0.0
    text = told.sort_values("code").to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def _of_spots(found: HotSpots) -> Answer:
    table, method = found.table, found.method
    columns = ["count", "z", "class"]
    if method.statistic == "local_moran":
        columns += ["i", "look"]
    summary = {
        "areas": len(table),
        "hot": int((table["class"] > 0).sum()),
        "cold": int((table["class"] < 0).sum()),
        "significant": int(table["significant"].sum()),
    }
    out = fingerprint(pd.DataFrame(table[columns]))
    return Answer(method.input_hash, method.seed, out, summary)


def _of_steps(found: emerging.Found) -> Answer:
    spots = found.emerging
    last = spots.classes.iloc[:, -1]
    steps = [spots.counts.add_prefix("n_"), spots.z.add_prefix("z_"), spots.classes]
    out = pd.DataFrame(spots.table[["count", "pattern"]]).join(steps)
    summary = {
        "areas": len(out),
        "hot": int((last >= SURE).sum()),
        "cold": int((last <= -SURE).sum()),
        "significant": int((out["pattern"] != NONE).sum()),
    }
    return Answer(spots.method.input_hash, spots.method.seed, fingerprint(out), summary)


def _of_periods(own: Workspace, asked: Asked, zone: ZoneInfo, as_of: date) -> Answer:
    """Compare; what goes in are counts of grids, where they lie, and what they are divided by."""
    found = comparing.compared(own, asked, zone, as_of)
    lying = own.lineage(as_of).reindex(found.tally.counts.index)
    given = json.dumps([asked.by, asked.acted, found.km or asked.exposures])
    put_in = fingerprint(found.tally.counts.add_prefix("n_").join(lying))
    out = found.table[["before", "after", "ratio", "low", "high", "p", "verdict"]]
    verdicts = found.table["verdict"]
    worse, better = int((verdicts == "worse").sum()), int((verdicts == "better").sum())
    summary = {"areas": len(out), "hot": worse, "cold": better, "significant": worse + better}
    input_hash = hashlib.sha256(f"{given}\n{put_in}".encode()).hexdigest()
    return Answer(input_hash, 0, fingerprint(pd.DataFrame(out)), summary)
