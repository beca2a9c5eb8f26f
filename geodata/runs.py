"""
Saved runs: an analysis with a name, that anybody can work out again and get the same.

A run keeps what was asked, hashes of what went in and of what came out, the seed and the version of
the program; not the answer itself, which comes again from the register's past: issues are never
changed in place, and grids are those of a day.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

import gridmap
from geodata.reports.road_spots import find_on_roads
from geodata.reports.spots import Measure, Selection, find
from geodata.workspace import Workspace
from gridmap import access, layers
from gridmap.access import CITY, Person, Scope
from gridmap.errors import InvalidError, NotFoundError
from gridmap.hotspots import HotSpots
from gridmap.method import Method

BOOK = layers.BOOKS["runs"]
LONGEST_NAME = 100
DECIMALS = 9  # of z: another order of adding up changes no more


@dataclass(frozen=True)
class Question:
    """
    What an analysis is asked.

    Parameters
    ----------
    kind
        ``hotspots``, or ``network``: along the roads.
    wanted
        Which issues.
    as_of
        The day whose grids and roads they are counted on.
    measure
        In what, and by what; not of a network.
    lixel_m, reach_m
        How a network is cut; not of hot spots of areas.
    """

    kind: str
    wanted: Selection
    as_of: date
    measure: Measure = field(default_factory=Measure)
    lixel_m: float = 100.0
    reach_m: float = 300.0

    def told(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        days = {name: getattr(self.wanted, name).isoformat() for name in ("since", "until")}
        more: dict[str, Any] = {"lixel_m": self.lixel_m, "reach_m": self.reach_m}
        if self.kind == "hotspots":
            more = vars(self.measure)
        return {**vars(self.wanted), **days, **more, "as_of": self.as_of.isoformat()}


@dataclass(frozen=True)
class Answer:
    """
    What came of a question.

    Parameters
    ----------
    method
        How it was found.
    result_hash
        Of counts, scores and classes, see `result_hash`.
    summary
        ``areas``, ``hot``, ``cold``, ``significant``.
    """

    method: Method
    result_hash: str
    summary: dict[str, int]


@dataclass(frozen=True)
class Reproduced:
    """
    What came of working a run out again.

    Parameters
    ----------
    same_input, same_result
        Whether the hashes are those that were kept.
    answer
        What came this time.
    version
        Of the program with which the run was saved.
    """

    same_input: bool
    same_result: bool
    answer: Answer
    version: str


class Runs:
    """
    The saved runs that somebody sees.

    Parameters
    ----------
    whole, own
        The register of the whole city, and what the person sees of it.
    person
        Who asks.
    zone
        The city's time zone.
    """

    def __init__(self, whole: Workspace, own: Workspace, person: Person, zone: ZoneInfo) -> None:
        self._whole = whole
        self._own = own
        self._person = person
        self._zone = zone

    def save(self, name: str, question: Question) -> str:
        """
        Work an analysis out, and keep what was asked and what came of it.

        Parameters
        ----------
        name
            What it is called.
        question
            What is asked.

        Returns
        -------
        str
            The run's key.

        Raises
        ------
        InvalidError
            If it has no name, or one that is too long.
        TooLittleDataError
            If there is nothing to keep: a map would show noise.
        """
        name = name.strip()
        if not 0 < len(name) <= LONGEST_NAME:
            msg = "A run needs a name of up to {longest} characters."
            raise InvalidError(msg, longest=LONGEST_NAME)
        found = answer(self._whole, self._own, question, self._zone)
        store = self._whole.store
        run_id = uuid.uuid4().hex
        told = {"question": question.told(), "scopes": self._scopes()}
        row = {
            "run_id": run_id,
            "name": name,
            "kind": question.kind,
            "parameters": json.dumps(told, ensure_ascii=False, sort_keys=True),
            "input_hash": found.method.input_hash,
            "result_hash": found.result_hash,
            "version": gridmap.__version__,
            "seed": found.method.seed,
            "summary": json.dumps(found.summary),
            "by": self._person.name,
            "at": store.now(),
        }
        what = {"run": run_id, "name": name, "by": self._person.person_id}
        with store.write(who=self._person.name, action="run-save", what=what) as writer:
            today = store.now().astimezone(self._zone).date()
            writer.add("runs", layers.conform(pd.DataFrame([row]), BOOK), today)
        return run_id

    def listed(self) -> pd.DataFrame:
        """Return the runs over what the person sees, the newest first, indexed by ``run_id``."""
        kept = self._whole.store.read("runs")
        if CITY not in access.where(self._person, "hotspot.read"):
            own = self._scopes()
            mine = [json.loads(told)["scopes"] == own for told in kept["parameters"]]
            kept = kept[pd.Series(mine, index=kept.index, dtype=bool)]
        return kept.sort_values("at", ascending=False, kind="stable")

    def get(self, run_id: str) -> dict[str, Any]:
        """
        Return a run: its row, with ``question`` and ``summary`` as they were told.

        Raises
        ------
        NotFoundError
            If there is none that the person sees.
        """
        found = self.listed()
        if run_id not in found.index:
            msg = "There is no run {run_id}."
            raise NotFoundError(msg, run_id=run_id[:80])
        row = found.loc[run_id].to_dict()
        told = json.loads(row.pop("parameters"))
        summary = json.loads(row["summary"])
        return row | {"run_id": run_id, "summary": summary, "question": told["question"]}

    def scopes(self, run_id: str) -> tuple[Scope, ...]:
        """Return the scopes over which a run was made; see `get`."""
        self.get(run_id)
        told = json.loads(self._whole.store.read("runs").loc[run_id, "parameters"])
        return tuple(Scope(kind, key) for kind, key in told["scopes"])

    def reproduce(self, run_id: str) -> Reproduced:
        """
        Work a run out again, and say whether the same comes.

        Parameters
        ----------
        run_id
            Which; `own` is to be the register as the one who saved it saw it.

        Raises
        ------
        NotFoundError
            As `get`.
        TooLittleDataError
            If there is too little by now: merged issues are counted no more.
        """
        kept = self.get(run_id)
        question = question_of(str(kept["kind"]), kept["question"])
        found = answer(self._whole, self._own, question, self._zone)
        return Reproduced(
            same_input=found.method.input_hash == kept["input_hash"],
            same_result=found.result_hash == kept["result_hash"],
            answer=found,
            version=str(kept["version"]),
        )

    def _scopes(self) -> list[list[str]]:
        seen = access.where(self._person, "hotspot.read")
        return [[scope.kind, scope.key] for scope in ((CITY,) if CITY in seen else sorted(seen))]


def question_of(kind: str, told: Mapping[str, Any]) -> Question:
    """
    Return a question from what was kept of it.

    Parameters
    ----------
    kind, told
        As `Question.told` made it.
    """
    since, until, as_of = (date.fromisoformat(told[name]) for name in ("since", "until", "as_of"))
    which = {name: told[name] for name in ("category", "channel", "group")}
    wanted = Selection(since, until, **which)
    if kind == "network":
        return Question(kind, wanted, as_of, lixel_m=told["lixel_m"], reach_m=told["reach_m"])
    measure = Measure(**{name: told[name] for name in vars(Measure())})
    return Question(kind, wanted, as_of, measure)


def answer(whole: Workspace, own: Workspace, question: Question, zone: ZoneInfo) -> Answer:
    """
    Work a question out.

    Parameters
    ----------
    whole, own, zone
        As for `Runs`.
    question
        What is asked.

    Raises
    ------
    InvalidError
        If there is no such kind of analysis.
    TooLittleDataError
        If a map would show noise.
    """
    wanted, as_of = question.wanted, question.as_of
    if question.kind == "network":
        cut = {"lixel_m": question.lixel_m, "reach_m": question.reach_m}
        found = find_on_roads(whole, own, wanted, zone, as_of, **cut).spots
    elif question.kind == "hotspots":
        found = find(own, wanted, zone, question.measure, as_of)
    else:
        msg = "There is no analysis {kind}."
        raise InvalidError(msg, kind=question.kind[:40])
    classes = found.table["class"]
    summary = {
        "areas": len(found.table),
        "hot": int((classes > 0).sum()),
        "cold": int((classes < 0).sum()),
        "significant": int(found.table["significant"].sum()),
    }
    return Answer(found.method, result_hash(found), summary)


def result_hash(found: HotSpots) -> str:
    """
    Fingerprint what came out.

    Parameters
    ----------
    found
        Hot spots.

    Returns
    -------
    str
        SHA-256 in hexadecimal of code, count, z to `DECIMALS` and class of each area, as CSV in the
        order of the codes.
    """
    table = found.table[["count", "z", "class"]].rename_axis("code").reset_index()
    table["z"] = table["z"].round(DECIMALS) + 0.0
    text = table.sort_values("code").to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()
