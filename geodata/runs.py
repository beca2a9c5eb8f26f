"""
Saved runs: an analysis with a name, that anybody can work out again and get the same.

A run keeps what was asked, hashes of what went in and of what came out, the seed and the version of
the program; not the answer itself, which comes again from the register's past: issues are never
changed in place, and grids are those of a day.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

import gridmap
from geodata.questions import Answer, Question, answer, question_of
from geodata.workspace import Workspace
from gridmap import access, layers
from gridmap.access import CITY, Person, Scope
from gridmap.errors import InvalidError, NotFoundError

BOOK = layers.BOOKS["runs"]
LONGEST_NAME = 100


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
    kind
        Of the analysis.
    """

    same_input: bool
    same_result: bool
    answer: Answer
    version: str
    kind: str


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
            "input_hash": found.input_hash,
            "result_hash": found.result_hash,
            "version": gridmap.__version__,
            "seed": found.seed,
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
            same_input=found.input_hash == kept["input_hash"],
            same_result=found.result_hash == kept["result_hash"],
            answer=found,
            version=str(kept["version"]),
            kind=question.kind,
        )

    def _scopes(self) -> list[list[str]]:
        seen = access.where(self._person, "hotspot.read")
        return [[scope.kind, scope.key] for scope in ((CITY,) if CITY in seen else sorted(seen))]
