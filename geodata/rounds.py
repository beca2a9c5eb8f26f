"""
Rounds of cross inspection: the use cases by which an office opens them and units work in them.

A proposal is worked out and not kept; what is opened is written whole, the round with its pairs.
Units are shown whom they inspect; who inspects them is not told before the round is over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from geodata.workspace import RESPONSIBILITY, Workspace
from gridmap import access, checklists, pairing, rounds
from gridmap.access import Person
from gridmap.assignments import calendar_day
from gridmap.errors import NotFoundError
from gridmap.pairing import PAIR, Draw, Pairing
from gridmap.responsibility import responsible_at
from gridmap.rounds import Round
from gridmap.targets import Known, require_unit

ROUND_COLUMNS = ["round_id", "name", "since", "until", "edition", "note", "state", "pairs_n"]
PAIR_COLUMNS = ["inspector", "inspector_name", "target", "target_name"]
POINT_COLUMNS = [
    "round_id",
    "target",
    "target_name",
    "point_id",
    "name",
    "category",
    "edition",
    "items_n",
    "visits_n",
]
CHANNEL = "mutual"


@dataclass(frozen=True)
class Wish:
    """
    What a round is drawn from.

    Parameters
    ----------
    units
        Which take part; every unit in use if empty, posts of persons aside.
    each
        How many each inspects.
    seed
        Where chance starts.
    weighted
        Whether inspectors' targets are evened by how many inspection points they answer for.
    barred, kin
        As for `gridmap.pairing.Draw`.
    """

    units: tuple[str, ...] = ()
    each: int = 1
    seed: int = pairing.SEED
    weighted: bool = False
    barred: tuple[tuple[str, str], ...] = ()
    kin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RoundStep:
    """
    A round that was opened.

    Parameters
    ----------
    entry
        Of the journal.
    round_id
        Its key.
    pairs
        `PAIR_COLUMNS`.
    """

    entry: int
    round_id: str
    pairs: pd.DataFrame


class Rounds:
    """
    The use cases of cross inspection.

    Parameters
    ----------
    workspace
        The register of the whole city: units inspect what they do not answer for.
    person
        Who acts.
    today
        The day in the city.
    zone
        Its time zone.
    """

    def __init__(self, workspace: Workspace, person: Person, today: date, zone: ZoneInfo) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._person = person
        self._today = today
        self._zone = zone

    @property
    def units(self) -> frozenset[str] | None:
        """The units for which the caller sees rounds; None for who sees them all."""
        scopes = access.where(self._person, "round.read")
        if any(scope.kind != "unit" for scope in scopes):
            return None
        return frozenset(scope.key for scope in scopes)

    def propose(self, wish: Wish) -> Pairing:
        """
        Draw the pairs of a round, and keep nothing.

        Parameters
        ----------
        wish
            Who takes part, and how.

        Returns
        -------
        Pairing
            ``pairs`` has `PAIR_COLUMNS` and ``last``, the name of the round in which a pair was
            before.

        Raises
        ------
        NotFoundError, ConflictError
            If a unit is unknown or no longer in use.
        InvalidError
            As `gridmap.pairing.pair`.
        """
        units = wish.units or self.usual_units()
        frame = self._workspace.frame("units", self._today)
        for unit_id in units:
            require_unit(unit_id, Known(frame))
        book = self._store.read("rounds")
        earlier = rounds.earlier_pairs(book, self._store.read("pairings"))
        loads = self._loads(units) if wish.weighted else None
        called = frame["name"].to_dict()
        draw = Draw(units, wish.each, earlier, wish.barred, wish.kin, loads, called)
        drawn = pairing.pair(draw, seed=wish.seed)
        ordered = book.sort_values(["since", "until", "name"])["name"]
        names = dict(enumerate(ordered, start=1))
        last = pd.Series(drawn.pairs["last"].map(names), dtype="str")
        return replace(drawn, pairs=self.named(drawn.pairs[PAIR]).assign(last=last))

    def usual_units(self) -> tuple[str, ...]:
        """Return who takes part if nobody is named: units in use, posts of persons aside."""
        frame = self._workspace.frame("units", self._today)
        active = frame["active"].fillna(value=True).astype(bool)
        return tuple(frame.index[active & (frame["party"] == "unit")])

    def open(self, new: Round, pairs: Collection[tuple[str, str]]) -> RoundStep:
        """
        Open a round, with its pairs in the same entry of the journal.

        Parameters
        ----------
        new
            The round.
        pairs
            Inspector and target, as they were proposed.

        Raises
        ------
        InvalidError, NotFoundError, ConflictError
            As `gridmap.rounds.open_round`.
        """
        known = Known(self._workspace.frame("units", self._today))
        told = {"name": new.name, "pairs": len(pairs), "by": self._person.person_id}
        with self._store.write(who=self._person.name, action="round-open", what=told) as writer:
            made = rounds.open_round(writer.read("rounds"), new, pairs, known)
            writer.add("rounds", made.rounds, self._today)
            writer.add("pairings", made.pairings, self._today)
        return RoundStep(writer.entry, made.rounds.index[0], self.named(made.pairings[PAIR]))

    def listed(self) -> pd.DataFrame:
        """
        Return the rounds that the caller may see, the latest first.

        Returns
        -------
        pandas.DataFrame
            `ROUND_COLUMNS`; ``state`` is ``coming``, ``running`` or ``over``, ``pairs_n`` counts
            the pairs that they may see.
        """
        book, seen = self._store.read("rounds"), self._seen()
        day = calendar_day(self._today)
        state = pd.Series("running", index=book.index, dtype="str")
        state = state.mask(book["since"] > day, "coming").mask(book["until"] < day, "over")
        counts = seen["round_id"].value_counts().reindex(book.index).fillna(0).astype("int64")
        told = book.assign(state=state, pairs_n=counts)
        if self.units is not None:
            told = told[told["pairs_n"] > 0]
        ordered = told.sort_values(["since", "until", "name"], ascending=False)
        return ordered.reset_index()[ROUND_COLUMNS]

    def pairs(self, round_id: str) -> pd.DataFrame:
        """
        Return the pairs of a round that the caller may see, with what came of them.

        Parameters
        ----------
        round_id
            Which.

        Returns
        -------
        pandas.DataFrame
            `PAIR_COLUMNS` and `gridmap.rounds.COUNTS`, by the inspector's name.

        Raises
        ------
        NotFoundError
            If there is no such round, or the caller has no part in it.
        """
        book, seen = self._store.read("rounds"), self._seen()
        mine = seen[seen["round_id"] == round_id]
        if round_id not in book.index or (mine.empty and self.units is not None):
            msg = "There is no round {round_id}."
            raise NotFoundError(msg, round_id=round_id)
        counted = rounds.results(book, mine, self._visits(), self._issues(book.loc[round_id]))
        told = pd.concat([self.named(mine[PAIR]), counted.reset_index(drop=True)], axis=1)
        return told.sort_values(["inspector_name", "target_name"], ignore_index=True)

    def of_unit(self, unit_id: str) -> pd.DataFrame:
        """
        Return what a unit has to look at in the rounds that are not over.

        Parameters
        ----------
        unit_id
            The inspector.

        Returns
        -------
        pandas.DataFrame
            `POINT_COLUMNS`: a row for each point of a target, those without a visit in the round
            first; a target without points is one row without. ``visits_n`` counts the unit's own
            visits in the round.

        Raises
        ------
        NotFoundError
            If the caller does not speak for the unit.
        """
        if self.units is not None and unit_id not in self.units:
            msg = "There is no unit {unit_id}."
            raise NotFoundError(msg, unit_id=unit_id)
        book = self._store.read("rounds")
        running = book[book["until"] >= calendar_day(self._today)]
        pairs = self._store.read("pairings")
        due = pairs[(pairs["inspector"] == unit_id) & pairs["round_id"].isin(running.index)]
        table = due[["round_id", *PAIR]].merge(self._points(), on="target", how="left")
        table = table.join(running[["since", "until"]], on="round_id")
        table["visits_n"] = self._made(table)
        units = self._workspace.frame("units", self._today)["name"]
        table["target_name"] = table["target"].map(units).fillna(table["target"])
        order = ["round_id", "target_name", "visits_n", "point_id"]
        return table.sort_values(order, ignore_index=True)[POINT_COLUMNS]

    def named(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """
        Name the units of pairs.

        Parameters
        ----------
        pairs
            ``inspector`` and ``target``.

        Returns
        -------
        pandas.DataFrame
            `PAIR_COLUMNS`, in the same order.
        """
        units = self._workspace.frame("units", self._today)["name"]
        names = {f"{side}_name": pairs[side].map(units).fillna(pairs[side]) for side in PAIR}
        return pairs.assign(**names)[PAIR_COLUMNS].reset_index(drop=True)

    def _seen(self) -> pd.DataFrame:
        book, pairs = self._store.read("rounds"), self._store.read("pairings")
        return rounds.blinded(book, pairs, self.units, self._today)

    def _holders(self) -> pd.Series:
        """Return who answers for each inspection point today: ``point_id`` → unit."""

        def build() -> pd.Series:
            points = self._workspace.frame("inspection_points", self._today)
            found = responsible_at(points, self._workspace.place(self._today), self._today)
            won = found[found["won"]].drop_duplicates("point_no")
            return pd.Series(won["unit_id"].to_numpy(), index=points.index[won["point_no"]])

        return self._workspace.once("holders of points", RESPONSIBILITY, self._today, build)

    def _points(self) -> pd.DataFrame:
        """Return the points that somebody answers for, each with its checklist."""
        points = self._workspace.frame("inspection_points", self._today)
        held = self._holders()
        items = self._store.read("checklists")
        lists = {name: checklists.latest(items, name) for name in points["category"].unique()}
        edition = {name: one["edition"].iloc[0] for name, one in lists.items() if len(one)}
        table = pd.DataFrame(points.loc[held.index, ["name", "category"]]).assign(target=held)
        table["edition"] = table["category"].map(edition).astype("str")
        table["items_n"] = table["category"].map({name: len(one) for name, one in lists.items()})
        return table.rename_axis("point_id").reset_index()

    def _days(self, moments: pd.Series) -> pd.Series:
        """Return the local days of moments, as the books hold days."""
        local = moments.dt.tz_convert(self._zone).dt.tz_localize(None)
        return local.dt.normalize().astype("datetime64[us]")

    def _issues(self, one: pd.Series) -> pd.DataFrame:
        """Return what cross inspection found about a round's days: by whom, about whom, when."""
        around = timedelta(days=1)
        since, until = (one[name].tz_localize(self._zone) for name in ("since", "until"))
        rows = self._store.read_issues(since=since - around, until=until + 2 * around)
        rows = rows[rows["channel"] == CHANNEL]
        told = {"inspector": rows["reporter_unit"], "target": rows["unit_id"]}
        return pd.DataFrame({**told, "day": self._days(rows["reported_at"])}).dropna()

    def _visits(self) -> pd.DataFrame:
        """Return visits with who looked, who answers for the point today, and the local day."""
        rows = self._store.read("visits")
        day = self._days(rows["at"])
        told = rows.assign(inspector=rows["unit_id"], day=day, target=rows["point_id"])
        told["target"] = told["target"].map(self._holders())
        return told[[*PAIR, "day", "point_id", "score", "out_of"]].reset_index(drop=True)

    def _made(self, table: pd.DataFrame) -> pd.Series:
        """Count the inspector's visits of each row's point on the days of its round."""
        visits = self._visits().drop(columns="target")
        asked = table.reset_index(names="row")[["row", "inspector", "point_id", "since", "until"]]
        found = asked.merge(visits, on=["inspector", "point_id"])
        inside = (found["day"] >= found["since"]) & (found["day"] <= found["until"])
        counts = found.loc[inside, "row"].value_counts()
        return counts.reindex(table.index).fillna(0).astype("int64")

    def _loads(self, units: Collection[str]) -> dict[str, float]:
        """Return the work of inspecting each unit: one, and one for each of its points."""
        counts = self._holders().value_counts()
        return {unit: 1.0 + float(counts.get(unit, 0)) for unit in units}
