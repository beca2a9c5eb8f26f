"""Leaders and tiers: who holds them, where one is skipped, and the chain over any place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from geodata.reports.names import lineage_rows, named
from geodata.workspace import RESPONSIBILITY, Workspace
from gridmap import answers, layers, tiers
from gridmap.assignments import in_force
from gridmap.errors import NotFoundError
from gridmap.tiers import Tiers

SCHEME = "main"
ABOVE = layers.LEVELS[:-1]
HELD_COLUMNS = [
    "assignment_id",
    "target_kind",
    "target",
    "target_name",
    "level",
    "unit_id",
    "unit_name",
    "party",
    "tier",
    "since",
    "source",
]


@dataclass(frozen=True)
class TierReport:
    """
    Which tiers are held on a day, and which are skipped.

    Parameters
    ----------
    in_use, required
        Tiers that somebody holds somewhere, and those that were asked for.
    figures
        As `gridmap.tiers.Tiers.figures`.
    missing
        As `gridmap.tiers.Tiers.missing`, with ``name`` of the place, ``parent_name`` of what it
        lies in, and ``above_names`` beside ``above``.
    held
        `HELD_COLUMNS`: what is given of these tiers to divisions, and of leaders and lead units to
        grids too, the highest place first.
    """

    in_use: tuple[str, ...]
    required: tuple[str, ...]
    figures: pd.DataFrame
    missing: pd.DataFrame
    held: pd.DataFrame


@dataclass(frozen=True)
class PlaceChain:
    """
    The chain over one place.

    Parameters
    ----------
    level, code, name
        The place.
    lineage
        The divisions above: ``level``, ``code``, ``name``, the highest first.
    links
        From the patch leader to the grid worker: ``tier``, ``unit_id``, ``unit_name``, ``party``,
        ``holder``, ``contact``, ``phone``, ``target_kind``, ``target``, ``target_name``,
        ``assignment_id``, ``missing``.
    """

    level: str
    code: str
    name: str
    lineage: pd.DataFrame
    links: pd.DataFrame


def tier_report(
    workspace: Workspace, as_of: date, required: tuple[str, ...] | None = None
) -> TierReport:
    """
    Prove that no tier is skipped, or list where one is.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    required
        Tiers that may not be skipped; those in use if left out.

    Raises
    ------
    NotFoundError
        If a tier is none of the chain.
    """

    def build() -> TierReport:
        rows, of = _rows(workspace, as_of), _places(workspace, as_of)
        found = tiers.prove(rows, of, required)
        return TierReport(
            in_use=answers.tiers_in_use(rows),
            required=found.required,
            figures=found.figures,
            missing=_missing(found, workspace, of, as_of),
            held=_held(rows, workspace, of, as_of),
        )

    return workspace.once("tiers", RESPONSIBILITY, as_of, build, required)


def place_chain(
    workspace: Workspace, text: str, as_of: date, required: tuple[str, ...] | None = None
) -> PlaceChain:
    """
    Follow the chain over a grid or a division.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    text
        The code of the place, or its whole name.
    required
        As for `tier_report`; of a division only the tiers that are given to divisions are asked.

    Raises
    ------
    NotFoundError
        If there is no such place.
    """
    place = find_place(workspace, text, as_of)
    row, rows = place.iloc[0], _rows(workspace, as_of)
    asked = answers.tiers_in_use(rows) if required is None else required
    if row["level"] != "grid":  # units and workers are asked of grids alone
        asked = tuple(tier for tier in asked if tier in tiers.OF_DIVISIONS)
    links = _links(tiers.holders(rows, place), asked)
    above = row[list(ABOVE)].where([level != row["level"] for level in ABOVE])
    return PlaceChain(
        level=row["level"],
        code=row["code"],
        name=str(place_names(workspace, as_of)[row["code"]]),
        lineage=lineage_rows(above, workspace, as_of),
        links=_described(links, workspace, as_of),
    )


def find_place(workspace: Workspace, text: str, as_of: date) -> pd.DataFrame:
    """
    Find a grid or division by its code, or by its whole name.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    text
        What was typed.

    Returns
    -------
    pandas.DataFrame
        One row, as `gridmap.tiers.places`; of several of one name the highest, then the first.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    of, wanted = _places(workspace, as_of), text.strip()
    found = of[of["code"] == wanted]
    if found.empty:
        names = place_names(workspace, as_of)
        found = of[of["code"].isin(names.index[names == wanted])]
    if found.empty:
        msg = "There is no place {place} in the register on that day."
        raise NotFoundError(msg, place=wanted)
    return found.iloc[:1]


def place_names(workspace: Workspace, as_of: date) -> pd.Series:
    """
    Return what the divisions and grids are called: code → name, the highest level first.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    """

    def build() -> pd.Series:
        frames = [workspace.frame(layers.LAYER_OF_LEVEL[level], as_of) for level in layers.LEVELS]
        names = pd.concat([frame["name"] for frame in frames])
        return names.fillna(names.index.to_series())

    return workspace.once("names of places", RESPONSIBILITY, as_of, build)


def _rows(workspace: Workspace, as_of: date) -> pd.DataFrame:
    rows = in_force(workspace.frame("assignments", as_of), as_of)
    return rows[rows["scheme"] == SCHEME]


def _places(workspace: Workspace, as_of: date) -> pd.DataFrame:
    def build() -> pd.DataFrame:
        names = [layers.LAYER_OF_LEVEL[level] for level in reversed(layers.LEVELS)]
        return tiers.places(*(workspace.frame(name, as_of) for name in names))

    return workspace.once("places", RESPONSIBILITY, as_of, build)


def _missing(found: Tiers, workspace: Workspace, of: pd.DataFrame, as_of: date) -> pd.DataFrame:
    names = place_names(workspace, as_of)
    units = workspace.frame("units", as_of)["name"]
    parent = of[list(ABOVE)].where(of[list(ABOVE)].ne(of["code"], axis=0)).ffill(axis=1)
    parent_of = parent[ABOVE[-1]].set_axis(of["code"])
    rows = found.missing
    return rows.assign(
        name=rows["code"].map(names),
        parent_name=rows["code"].map(parent_of[~parent_of.index.duplicated()]).map(names),
        above_names=[tuple(units.get(unit, unit) for unit in above) for above in rows["above"]],
    )


def _held(rows: pd.DataFrame, workspace: Workspace, of: pd.DataFrame, as_of: date) -> pd.DataFrame:
    division = rows["target_kind"] == "division"
    led = (rows["target_kind"] == "grid") & rows["tier"].isin(tiers.OF_DIVISIONS)
    rows = rows[(division & rows["tier"].isin(answers.CHAIN_TIERS)) | led]
    level = of.drop_duplicates("code").set_index("code")["level"]
    party = workspace.frame("units", as_of)["party"]
    told = named(rows.reset_index(), workspace, as_of)
    told = told.assign(level=told["target"].map(level), party=told["unit_id"].map(party))
    told = told[told["level"].notna()]
    told = told.assign(
        order=told["level"].map(layers.LEVELS.index),
        tier_no=told["tier"].map(answers.CHAIN_TIERS.index),
    )
    told = told.sort_values(["order", "target", "tier_no", "unit_id"])
    return told[HELD_COLUMNS].reset_index(drop=True)


def _links(held: pd.DataFrame, asked: tuple[str, ...]) -> pd.DataFrame:
    due = pd.DataFrame({"tier": pd.Series(asked, dtype="str")})
    links = held.merge(due, on="tier", how="outer")
    links["missing"] = links["unit_id"].isna()
    order = links["tier"].map(answers.CHAIN_TIERS.index)
    return links.loc[order.sort_values(kind="stable").index].reset_index(drop=True)


def _described(links: pd.DataFrame, workspace: Workspace, as_of: date) -> pd.DataFrame:
    units = pd.DataFrame(workspace.frame("units", as_of))
    rows = named(links, workspace, as_of)
    return rows.join(units[["party", "holder", "contact", "phone"]], on="unit_id")
