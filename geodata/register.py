"""
The use cases that change the register.

Each is one transaction: read, ask the domain, append, and write the journal beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from geodata import freezing, importing, readers
from geodata.importing import ParentFinder, Preview
from geodata.readers import Raw
from geodata.workspace import UNDATED, Workspace
from geodata.writer import Writer
from gridmap import assignments, layers
from gridmap.clashes import second_primaries
from gridmap.errors import AlreadyAssignedError, InvalidError, NotFoundError
from gridmap.layers import Frame
from gridmap.locate import Locator, locate

DIVISIONS = ("districts", "subdistricts", "communities")
WRITTEN_ONCE = "An assignment is written once; end it, and add another."
TOO_EARLY = "It begins on that very day, so it cannot end on it."
REFERENCED = (*DIVISIONS, "grids", "roads", "inspection_points", "compounds", "units")


@dataclass(frozen=True)
class ImportOptions:
    """
    How a file is to be read into a layer.

    Parameters
    ----------
    since
        Day from which its rows hold.
    mapping
        Heading → column, where the file's own headings do not say.
    crs
        CRS of the file, where it does not say, or says wrongly.
    sheet, encoding
        Of a workbook, of a text file.
    retire_missing
        Retire what the file no longer has.
    parents_by_place
        Find the division above each area by where it lies, where the file does not say.
    duplicates
        Which of several rows with one key counts; refused unless chosen.
    """

    since: date
    mapping: Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    retire_missing: bool = False
    parents_by_place: bool = False
    duplicates: Literal["refuse", "first", "last"] = "refuse"


class Register:
    """
    The use cases that change.

    Parameters
    ----------
    workspace
        The register and its working set.
    who
        In whose name the journal is written.
    zone
        The city's time zone.
    """

    def __init__(self, workspace: Workspace, *, who: str, zone: ZoneInfo) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._who = who
        self._zone = zone

    def preview(self, layer: str, path: Path, options: ImportOptions) -> Preview:
        """
        Read a file and say what importing it would do; nothing is changed.

        Parameters
        ----------
        layer
            Where it is to go.
        path
            The file.
        options
            How it is read.

        Returns
        -------
        Preview
            Rows to add, to change, as they are, and to retire; every fault with its row.
        """
        contract = layers.layer(layer)
        raw = readers.read(path, layer=layer, sheet=options.sheet, encoding=options.encoding)
        return self._compare(contract, raw, options)

    def commit(
        self, layer: str, preview: Preview, options: ImportOptions, source: str
    ) -> dict[str, int]:
        """
        Write what a preview showed: all of it, or nothing.

        Parameters
        ----------
        layer, preview, options
            As `preview` took and answered them.
        source
            What the rows came from, for the journal.

        Returns
        -------
        dict
            Rows added, changed, unchanged and retired.

        Raises
        ------
        InvalidError
            With every fault, if the preview has one.
        StaleError
            If the layer has changed since the preview was made.
        """
        if len(preview.faults):
            msg = "{source} has {n} faults; nothing was imported."
            raise InvalidError(msg, faults=preview.faults, source=source, n=len(preview.faults))
        counts = preview.counts
        if counts["added"] + counts["changed"] + counts["retired"]:
            what = {"layer": layer, "source": source, **counts}
            expected = {} if preview.version is None else {layer: preview.version}
            with self._store.write(
                who=self._who, action="import", what=what, expected_version=expected
            ) as writer:
                self._append(writer, layer, preview, options.since)
        return counts

    def _append(self, writer: Writer, layer: str, preview: Preview, since: date) -> None:
        if layer == "assignments":  # these are written once; whatever else changes is their end
            writer.add(layer, preview.added, since)
            writer.release(_ends(preview.changed))
            writer.release(_ends(preview.retired.assign(until=pd.Timestamp(since))))
            return
        rows = pd.concat([preview.added, preview.changed])
        writer.add(layer, self._frozen(layer, rows), since)
        writer.retire(layer, preview.retired.index, since)

    def import_file(self, layer: str, path: Path, options: ImportOptions) -> dict[str, int]:
        """Preview a file and commit it; see `preview` and `commit`."""
        return self.commit(layer, self.preview(layer, path, options), options, path.name)

    def _compare(self, contract: layers.Layer, raw: Raw, options: ImportOptions) -> Preview:
        meta = self._store.meta
        version = self._store.version(contract.name)
        # assignments and issues bear days of their own; of other layers the file speaks of one day
        day = None if contract.name in UNDATED else options.since
        current = self._store.read(contract.name, day)
        preview = importing.prepare(
            raw,
            contract,
            mapping=options.mapping,
            crs=options.crs,
            register_crs=meta.crs,
            current=current,
            references=self._references(options.since),
            codes=meta.codes,
            retire_missing=options.retire_missing,
            duplicates=options.duplicates,
            time_zone=self._zone.key,
            parent_of=self._parent_finder(contract.name, options),
            settled=freezing.FROZEN if contract.name == "issues" else (),
        )
        if contract.name == "assignments":
            preview = _written_once(preview, current, options.since)
            preview = _one_primary(preview, current, options.since)
        return replace(preview, version=version)

    def _references(self, as_of: date) -> dict[str, pd.Index]:
        """Return the keys by layer; a level that the register does not have is not looked in."""
        keys = {name: self._workspace.frame(name, as_of).index for name in REFERENCED}
        empty = {name for name in DIVISIONS if keys[name].empty}
        return {name: index for name, index in keys.items() if name not in empty}

    def _parent_finder(self, layer: str, options: ImportOptions) -> ParentFinder | None:
        if not options.parents_by_place:
            return None
        above = self._nearest_level_above(layer, options.since)

        def find(areas: gpd.GeoDataFrame) -> pd.Series:
            inside = gpd.GeoDataFrame(geometry=areas.representative_point())
            located = locate(inside, Locator(above))
            return located["code"].where(~located["outside"])

        return find

    def _nearest_level_above(self, layer: str, as_of: date) -> gpd.GeoDataFrame:
        levels = (*DIVISIONS, "grids")
        for name in reversed(DIVISIONS[: levels.index(layer) if layer in levels else 0]):
            drawn = self._workspace.frame(name, as_of)
            drawn = drawn[drawn.geometry.notna()]
            if len(drawn):
                return drawn
        msg = "No level above {layer} is drawn, so none can be found by place."
        raise NotFoundError(msg, layer=layer)

    def _frozen(self, layer: str, rows: Frame) -> Frame:
        return freezing.freeze(rows, self._workspace, self._zone) if layer == "issues" else rows


def _written_once(preview: Preview, current: pd.DataFrame, since: date) -> Preview:
    """
    Refuse changes of assignments but for their end; retire only what is in force.

    A note belongs to what was written, or to its release: another note alone changes nothing.
    """
    changed = preview.changed
    differs = _differences(changed, current.loc[changed.index])
    fixed = differs.drop(columns=["until", "note"])
    retired = assignments.in_force(preview.retired, since)
    faults = [
        (preview.rows[key], name, "written-once", str(changed.loc[key, name]), WRITTEN_ONCE)
        for name in fixed
        for key in changed.index[fixed[name]]
    ]
    faults += [
        (0, "until", "interval", key, TOO_EARLY)  # it is in no row of the file
        for key in retired.index[retired["since"] == pd.Timestamp(since)]
    ]
    listed = [preview.faults, pd.DataFrame(faults, columns=layers.FAULT_COLUMNS)]
    sound = ~fixed.any(axis=1)
    return replace(
        preview,
        changed=changed[sound & differs["until"]],
        unchanged=pd.concat([preview.unchanged, changed[sound & ~differs["until"]]]),
        faults=pd.concat([part for part in listed if len(part)] or listed[:1], ignore_index=True),
        retired=retired,
    )


def _differences(rows: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Return, cell by cell, whether rows differ from those that are held."""
    return pd.DataFrame(
        {
            name: (rows[name] != held[name]).fillna(value=True)
            & ~(rows[name].isna() & held[name].isna())
            for name in rows
        },
        index=rows.index,
        dtype="bool",
    )


def _one_primary(preview: Preview, current: pd.DataFrame, since: date) -> Preview:
    """Refuse rows that would give a target a second primary unit."""
    after = current.copy()
    after.loc[preview.changed.index, "until"] = preview.changed["until"]
    after.loc[preview.retired.index, "until"] = pd.Timestamp(since)
    held = second_primaries(after, preview.added)
    faults = pd.DataFrame(
        {
            "row": preview.rows[held.index].to_numpy(),
            "column": "unit_id",
            "code": AlreadyAssignedError.code,
            "value": held.to_numpy(),
            "message": "Another unit is the primary of this target on the same day.",
        },
        columns=layers.FAULT_COLUMNS,
    )
    if held.empty:
        return preview
    return replace(preview, faults=pd.concat([preview.faults, faults], ignore_index=True))


def _ends(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["until", "note"]]
