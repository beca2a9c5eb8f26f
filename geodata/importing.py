"""
What importing a file into a layer would do; nothing is changed here.

All or nothing: one fault refuses the file, and every fault is listed with its row, column and
value. What a file does not speak of stays as it is: a column that it lacks keeps its values, and a
row that it lacks is retired only when asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import columns, conversion, placing
from geodata.columns import Proposal
from geodata.notes import Note, note
from geodata.parsers.parsed import GEOMETRY, Fault
from geodata.readers import Raw
from gridmap import codes as division_codes
from gridmap import layers
from gridmap.changes import NATURAL_KEY, assignment_id
from gridmap.layers import FAULT_COLUMNS, LAYER_OF_LEVEL, Frame, Layer

LEVEL_OF_LAYER = {layer: level for level, layer in LAYER_OF_LEVEL.items()}
PARENTS: dict[str, tuple[str, ...]] = {
    "subdistricts": ("districts",),
    "communities": ("districts", "subdistricts"),
    "grids": ("districts", "subdistricts", "communities"),
}
TARGETS: dict[str, tuple[str, ...]] = {
    "grid": ("grids",),
    "road_segment": ("roads",),
    "inspection_point": ("inspection_points",),
    "compound": ("compounds",),
    "division": ("districts", "subdistricts", "communities"),
}
WHOLE_FILE = {"missing-column", "crs", "ambiguous-heading"}


ParentFinder: TypeAlias = Callable[[gpd.GeoDataFrame], pd.Series]


@dataclass(frozen=True)
class Preview:
    """
    What an import would do.

    Parameters
    ----------
    layer
        Name of the layer.
    added, changed, unchanged, retired
        Rows as the register would hold them, indexed by key; those of `retired` as it holds them
        now. If there are faults, the rows that have none.
    faults
        As from `gridmap.layers.check`; one is enough to refuse the file.
    notes
        What was remarked while reading and comparing.
    mapping
        Heading → column, as it was taken.
    version
        Of the layer that was compared with, where the caller keeps one.
    rows
        Key → row of the file.
    """

    layer: str
    added: Frame
    changed: Frame
    unchanged: Frame
    retired: Frame
    faults: pd.DataFrame
    notes: list[Note] = field(default_factory=list)
    mapping: dict[str, str | None] = field(default_factory=dict)
    version: int | None = None
    rows: pd.Series = field(default_factory=lambda: pd.Series(dtype="int64"))

    @property
    def refused(self) -> bool:
        """Whether anything stands in the way."""
        return len(self.faults) > 0

    @property
    def counts(self) -> dict[str, int]:
        """Rows added, changed, unchanged, retired, and refused."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "retired": len(self.retired),
            "refused": int(self.faults["row"].nunique()),
        }


@dataclass
class _Work:
    """A file on its way: its frame so far, and what was found."""

    contract: Layer
    frame: Frame
    faults: list[Fault]
    notes: list[Note]


def prepare(  # noqa: PLR0913 -- what a user may say of an import
    raw: Raw,
    contract: Layer,
    *,
    mapping: Mapping[str, str] | None = None,
    crs: str | None = None,
    register_crs: str = "EPSG:4490",
    current: Frame | None = None,
    references: Mapping[str, pd.Index] | None = None,
    codes: Literal["cn", "free"] | str = "cn",  # noqa: PYI051 -- what a register's meta row holds
    retire_missing: bool = False,
    defaults: Mapping[str, str] | None = None,
    duplicates: Literal["refuse", "first", "last"] = "refuse",
    time_zone: str = "Asia/Shanghai",
    parent_of: ParentFinder | None = None,
    settled: Collection[str] = (),
) -> Preview:
    """
    Compare a file with a layer.

    Parameters
    ----------
    raw
        The file as read.
    contract
        The layer it is for.
    mapping
        Heading → column, by the user.
    crs
        What the user says of the coordinates; needed where the file does not say.
    register_crs
        EPSG:4490 or EPSG:4326.
    current
        The layer as it is, conformed; empty if left out.
    references
        Keys by layer. Units of assignments, the divisions above, and the targets of assignments
        are looked up in those layers that are given.
    codes
        ``cn``: codes must be division codes, an absent ``parent`` is derived from them, and places
        must lie in China; ``free``: none of it.
    retire_missing
        Whether rows that the file lacks are to be retired.
    defaults
        Column → text, for columns that the file lacks.
    duplicates
        Which of several rows with one key counts; ``refuse``: it is a fault.
    time_zone
        Of times that do not say theirs.
    parent_of
        Finds the division above each area, for a file that does not say it.
    settled
        Columns of which known rows keep what they have where the file is blank.

    Returns
    -------
    Preview
        Importing the same file twice finds every row unchanged the second time.

    Raises
    ------
    InvalidError
        If `mapping` names what is not there.
    CrsError
        If `crs` cannot be used.
    """
    proposal = columns.propose(raw.headings, contract, mapping)
    current = layers.empty(contract, register_crs) if current is None else current
    work = _converted(raw, contract, proposal, defaults or {}, time_zone)
    if contract.is_spatial:
        placed = placing.place(
            raw, proposal.mapping, crs=crs, register_crs=register_crs, codes=codes
        )
        work.faults += placed.faults
        work.notes += placed.notes
        if placed.geometry is not None:
            work.frame = gpd.GeoDataFrame(work.frame, geometry=placed.geometry)
    _derive(work, codes, parent_of)
    _keep_one(work, duplicates)
    _fill(work, current, settled)
    faults = _all_faults(work, references or {}, codes)
    return _compared(work, faults, current, retire_missing=retire_missing, mapping=proposal.mapping)


def _converted(
    raw: Raw,
    contract: Layer,
    proposal: Proposal,
    defaults: Mapping[str, str],
    time_zone: str,
) -> _Work:
    taken = {column: heading for heading, column in proposal.mapping.items() if column}
    texts = pd.DataFrame(
        {
            column.name: raw.frame[taken[column.name]]
            for column in contract.columns
            if column.name in taken
        },
        index=raw.frame.index,
    )
    for name in [name for name in defaults if name not in taken]:
        texts[name] = pd.Series(defaults[name], index=texts.index, dtype="str")
    converted = conversion.convert(texts, contract, time_zone)
    notes = [*raw.notes, *converted.notes]
    if unused := [heading for heading, column in proposal.mapping.items() if column is None]:
        notes.append(note("Headings that were not used: {headings}.", headings=", ".join(unused)))
    first = int(raw.frame.index[0]) if len(raw.frame) else 0
    faults = [
        Fault(
            first,
            column,
            "ambiguous-heading",
            ", ".join(headings)[:80],
            "Several headings could be this column; say which.",
        )
        for column, headings in proposal.ambiguous.items()
    ]
    return _Work(contract, converted.frame, faults + _told(raw, proposal) + converted.faults, notes)


def _told(raw: Raw, proposal: Proposal) -> list[Fault]:
    """List what the reader found, in columns that are used."""
    mapping = {**proposal.mapping, GEOMETRY: GEOMETRY, "": ""}
    told = [Fault(*row) for row in raw.faults.itertuples(index=False)]
    return [
        fault._replace(column=str(mapping[fault.column]))
        for fault in told
        if mapping.get(fault.column) is not None
    ]


def _derive(work: _Work, codes: str, parent_of: ParentFinder | None) -> None:
    contract, frame = work.contract, work.frame
    orphaned = contract.name in PARENTS and "parent" not in frame
    if orphaned and parent_of is not None and isinstance(frame, gpd.GeoDataFrame):
        frame["parent"] = parent_of(frame)
        work.notes.append(note("The division above was found by place."))
    if codes == "cn" and contract.name in PARENTS and "parent" not in frame and "code" in frame:
        level = LEVEL_OF_LAYER[contract.name]
        sound = frame["code"].drop(division_codes.validate(frame["code"], level)["row"])
        frame["parent"] = sound.map(division_codes.parent_of).reindex(frame.index).astype("str")
        work.notes.append(note("The division above was taken from the code."))
    if contract.name == "assignments":
        rows = frame.reindex(columns=list(NATURAL_KEY)).to_dict("records")
        derived = pd.Series([assignment_id(row) for row in rows], index=frame.index, dtype="str")
        given = frame.get(contract.key, pd.Series(pd.NA, index=frame.index, dtype="str"))
        work.frame = frame.assign(**{contract.key: given.fillna(derived)})


def _keep_one(work: _Work, duplicates: Literal["refuse", "first", "last"]) -> None:
    key = work.contract.key
    if duplicates == "refuse" or key not in work.frame:
        return
    keys = work.frame[key]
    extra = keys.notna() & keys.duplicated(keep=duplicates)
    if extra.any():
        work.notes.append(
            note("{n} rows with a key used before were left out.", n=int(extra.sum()))
        )
        work.frame = work.frame[~extra]


def _fill(work: _Work, current: Frame, settled: Collection[str]) -> None:
    """Give rows that are known already what the file does not speak of."""
    key = work.contract.key
    if key not in work.frame or current.empty or not work.frame[key].isin(current.index).any():
        return
    keys = work.frame[key]
    for name in [name for name in settled if name in work.frame]:
        kept = current[name].reindex(keys).set_axis(work.frame.index)
        work.frame[name] = work.frame[name].fillna(kept)
    absent = [name for name in current.columns if name not in work.frame and name != GEOMETRY]
    for name in absent:
        work.frame[name] = current[name].reindex(keys).set_axis(work.frame.index)
    if work.contract.is_spatial and not isinstance(work.frame, gpd.GeoDataFrame):
        kept = current.geometry.reindex(keys).set_axis(work.frame.index)
        work.frame = gpd.GeoDataFrame(work.frame, geometry=kept, crs=current.crs)
        absent.append(GEOMETRY)
    if absent:
        names = ", ".join(absent)
        work.notes.append(note("Known rows keep what the file lacks: {columns}.", columns=names))


def _all_faults(work: _Work, references: Mapping[str, pd.Index], codes: str) -> pd.DataFrame:
    contract, frame = work.contract, work.frame
    found = [pd.DataFrame(work.faults, columns=FAULT_COLUMNS)]
    if codes == "cn" and contract.name in LEVEL_OF_LAYER and contract.key in frame:
        given = frame[contract.key].dropna()
        found.append(division_codes.validate(given, LEVEL_OF_LAYER[contract.name]))
    found += [_unknown_parents(work, references), _unknown_targets(work, references)]
    found.append(layers.check(frame, contract, references))
    listed = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    # What was found first says more: a text that is no date is not also a missing one.
    once = listed.drop_duplicates(["row", "column"])
    order = {label: n for n, label in enumerate(frame.index)}
    places = [order.get(row, -1) for row in once["row"]]
    return once.iloc[np.argsort(places, kind="stable")].reset_index(drop=True)


def _unknown_parents(work: _Work, references: Mapping[str, pd.Index]) -> pd.DataFrame:
    above = PARENTS.get(work.contract.name, ())
    if "parent" not in work.frame or not any(name in references for name in above):
        return pd.DataFrame(columns=FAULT_COLUMNS)
    message = f"There is no such entry in {' or '.join(above)}."
    return _unknown(work.frame["parent"], above, references, message)


def _unknown_targets(work: _Work, references: Mapping[str, pd.Index]) -> pd.DataFrame:
    frame = work.frame
    if work.contract.name != "assignments" or not {"target", "target_kind"} <= set(frame):
        return pd.DataFrame(columns=FAULT_COLUMNS)
    found = [
        _unknown(
            frame.loc[frame["target_kind"] == kind, "target"],
            names,
            references,
            f"There is no such {kind}.",
        )
        for kind, names in TARGETS.items()
        if all(name in references for name in names)
    ]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=FAULT_COLUMNS)


def _unknown(
    values: pd.Series, names: tuple[str, ...], references: Mapping[str, pd.Index], message: str
) -> pd.DataFrame:
    known = set().union(*(references[name] for name in names if name in references))
    wrong = values[values.notna() & ~values.isin(known)]
    faults = [
        Fault(row, str(values.name), "reference", str(value)[:80], message)
        for row, value in wrong.items()
    ]
    return pd.DataFrame(faults, columns=FAULT_COLUMNS)


def _compared(
    work: _Work,
    faults: pd.DataFrame,
    current: Frame,
    *,
    retire_missing: bool,
    mapping: dict[str, str | None],
) -> Preview:
    contract, frame = work.contract, work.frame
    keys = frame[contract.key] if contract.key in frame else pd.Series(dtype="str")
    if WHOLE_FILE & set(faults["code"]):
        rows = layers.empty(contract, getattr(current, "crs", None))
    else:
        rows = layers.conform(frame[~frame.index.isin(faults["row"])], contract)
    if isinstance(rows, gpd.GeoDataFrame) and rows.crs is None:  # nothing in it has a place
        rows = rows.set_crs(current.crs)
    known = rows.index.isin(current.index)
    held = current.loc[rows.index[known]]
    same = np.zeros(len(rows), dtype=bool)
    same[known] = _same(rows[known], held)
    missing = ~current.index.isin(keys) if retire_missing else np.zeros(len(current), dtype=bool)
    return Preview(
        contract.name,
        added=rows[~known],
        changed=rows[known & ~same],
        unchanged=rows[same],
        retired=current[missing],
        faults=faults,
        notes=work.notes,
        mapping=mapping,
        rows=pd.Series(keys.index, index=keys),
    )


def _same(rows: Frame, held: Frame) -> np.ndarray:
    same = np.ones(len(rows), dtype=bool)
    for name in rows.columns:
        if name == GEOMETRY:
            one, other = (
                shapely.normalize(shapely.force_2d(frame.geometry.to_numpy()))
                for frame in (rows, held)
            )
            absent = shapely.is_missing(one) & shapely.is_missing(other)
            same &= shapely.equals_exact(one, other, tolerance=0.0) | absent
        else:
            equal = (rows[name] == held[name]).fillna(value=False).to_numpy(dtype=bool)
            same &= equal | (rows[name].isna() & held[name].isna()).to_numpy(dtype=bool)
    return same
