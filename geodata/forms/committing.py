"""A form to the register: what it is read against, and the one transaction that brings it in."""

from __future__ import annotations

from datetime import date

import pandas as pd

from geodata.forms.preview import LOOKED_IN, WRITTEN, FormContext, FormPreview
from geodata.store import Store
from geodata.workspace import UNDATED
from geodata.writer import Writer
from gridmap.errors import InvalidError


def context_of(
    store: Store,
    since: date,
    *,
    time_zone: str,
    datum: str | None = None,
    retire_missing: bool = False,
) -> FormContext:
    """
    Return what a form is read against.

    Parameters
    ----------
    store
        The register.
    since
        The day from which the form holds.
    time_zone, datum, retire_missing
        As in `FormContext`.
    """
    versions = store.versions()  # before the rows: a write in between makes the form stale
    frames = {name: store.read(name, None if name in UNDATED else since) for name in LOOKED_IN}
    return FormContext(
        frames,
        crs=store.meta.crs,
        codes=store.meta.codes,
        since=since,
        time_zone=time_zone,
        datum=datum,
        retire_missing=retire_missing,
        versions=versions,
    )


def commit(
    store: Store, who: str, preview: FormPreview, since: date, source: str, *, by: str = ""
) -> dict[str, dict[str, int]]:
    """
    Write what a preview showed, every layer in one transaction: all of it, or nothing.

    Parameters
    ----------
    store
        The register.
    who
        In whose name the journal is written.
    preview
        As `geodata.forms.reading.read` made it.
    since
        The day from which it holds, as it was read.
    source
        What it came from, for the journal.
    by
        The person's ID, for the journal; left out where there is none.

    Returns
    -------
    dict
        Layer → rows added, changed, unchanged and retired. A form that changes nothing is not in
        the journal.

    Raises
    ------
    InvalidError
        With every fault, if the preview has one.
    StaleError
        If a layer that the form speaks of has changed since it was read.
    """
    if preview.refused:
        msg = "{source} has {n} faults; nothing was imported."
        n = len(preview.faults)
        raise InvalidError(msg, faults=preview.faults, source=source, n=n)
    counts = preview.counts
    moved = [
        layer for layer, told in counts.items() if told["added"] + told["changed"] + told["retired"]
    ]
    if moved:
        expected = {
            layer: one.version for layer, one in preview.previews.items() if one.version is not None
        }
        what = {"source": source, "form": counts} | ({"by": by} if by else {})
        with store.write(who=who, action="import", what=what, expected_version=expected) as writer:
            for layer in [layer for layer in WRITTEN if layer in moved]:
                _append(writer, layer, preview, since)
    return counts


def _append(writer: Writer, layer: str, preview: FormPreview, since: date) -> None:
    told = preview.previews[layer]
    if layer == "assignments":  # these are written once; whatever else changes is their end
        writer.add(layer, told.added, since)
        writer.release(told.changed[["until", "note"]])
        ended = told.retired.assign(until=pd.Timestamp(since))
        writer.release(ended[["until", "note"]])
        return
    writer.add(layer, pd.concat([told.added, told.changed]), since)
    writer.retire(layer, told.retired.index, since)
