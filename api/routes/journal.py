"""The journal, for auditors: who did what, whether the chain is whole, and all to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Request, Response
from fastapi import Query as InQuery
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.callers import CallerDep, permit
from api.deps import answer, next_page
from api.frames import dump
from api.queries import Query
from api.service import service_of
from geodata.journal import Entry, Journal, canonical
from geodata.store import Store
from geodata.writers import guard

router = APIRouter(prefix="/journal", tags=["journal"], dependencies=[permit("journal.read")])
USUAL, MOST, PIECE = 100, 1000, 500
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
HEADINGS = ("seq", "at", "who", "action", "what", "changes", "previous", "hash")


class Selected(Query):
    """Which entries."""

    who: str | None = Field(default=None, max_length=200, description="Exactly this name.")
    action: str | None = Field(default=None, max_length=100, description="Exactly this act.")
    since: date | None = Field(
        default=None, ge=FIRST_DAY, le=LAST_DAY, description="First day, on the city's clock."
    )
    until: date | None = Field(
        default=None, ge=FIRST_DAY, le=LAST_DAY, description="Last day, itself included."
    )

    def wanted(self, zone: ZoneInfo) -> dict[str, Any]:
        """
        Return it as `geodata.journal.Journal.entries` takes it.

        Parameters
        ----------
        zone
            The city's time zone.
        """
        days = (self.since, self.until and self.until + timedelta(days=1))
        since, until = (day and datetime.combine(day, time.min, zone) for day in days)
        return {
            "who": self.who or None,
            "action": self.action or None,
            "since": since,
            "until": until,
        }


class EntriesQuery(Selected):
    """Which entries, page by page."""

    limit: int = Field(default=USUAL, ge=1, le=MOST)
    cursor: int | None = Field(
        default=None, ge=1, lt=2**53, description="Only entries before this number."
    )


class ExportQuery(Selected):
    """Which entries, to take away."""

    format: Literal["csv", "jsonl"] = Field(
        default="csv", description="csv: one line an entry, with counts; jsonl: all that is kept."
    )


@router.get("")
def list_entries(query: Annotated[EntriesQuery, InQuery()], request: Request) -> Response:
    """Return entries, the newest first."""
    service = service_of(request)
    journal = service.workspaces.whole.store.journal
    found = journal.entries(query.limit + 1, query.cursor, **query.wanted(service.zone))
    shown = found[: query.limit]
    more = str(shown[-1].seq) if len(found) > len(shown) else None
    body = {"entries": [told(entry) for entry in shown], "next": next_page(request.url, more)}
    return answer(body, None)


@router.post("/verification")
def verify(request: Request) -> Response:
    """Work every hash out again: of the entries, and of the rows that came with them."""
    return answer(verification(service_of(request).workspaces.whole.store), None)


@router.get("/export")
def export(
    query: Annotated[ExportQuery, InQuery()], request: Request, asking: CallerDep
) -> Response:
    """Hand out the entries as a file; that they were taken away is an entry itself."""
    service = service_of(request)
    store = service.workspaces.whole.store
    named = query.model_dump(mode="json", exclude_none=True, exclude={"lang"})
    what = {**named, "by": asking.person.person_id}
    with store.write(who=asking.person.name, action="journal-export", what=what) as writer:
        pass  # no layer changes
    rows = pieces(store.journal, writer.entry, query.wanted(service.zone))
    lines = as_csv(rows) if query.format == "csv" else as_json_lines(rows)
    media_type = "text/csv; charset=utf-8" if query.format == "csv" else "application/jsonl"
    headers = {
        "Content-Disposition": f'attachment; filename="journal-{writer.entry - 1}.{query.format}"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(lines, headers=headers, media_type=media_type)


@router.get("/{seq}")
def one_entry(seq: Annotated[int, Path(ge=1, lt=2**53)], request: Request) -> Response:
    """Return one entry, with all that was told of it."""
    return answer(told(service_of(request).workspaces.whole.store.journal.entry(seq)), None)


def told(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON knows it."""
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "who": entry.who,
        "action": entry.action,
        "what": entry.what,
        "before": entry.before,
        "after": entry.after,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def verification(store: Store) -> dict[str, Any]:
    """
    Say whether the journal, and what it tells of, are as they were written.

    Parameters
    ----------
    store
        The register of the whole city.

    Returns
    -------
    dict
        ``whole``; ``broken_at``, the first entry that is not as it was; ``entries``, how many there
        are, and ``last_hash``, which vouches for them.
    """
    last = store.journal.last()  # first: what comes in meanwhile is looked at, but not vouched for
    broken = store.verify()
    return {
        "whole": broken is None,
        "broken_at": broken,
        "entries": last.seq if last else 0,
        "last_hash": last.hash if last else None,
    }


def pieces(journal: Journal, before: int, wanted: dict[str, Any]) -> Iterator[Entry]:
    """
    Return entries one by one, the newest first, reading a part of them at a time.

    Parameters
    ----------
    journal
        The journal.
    before
        Only entries before this number.
    wanted
        As for `geodata.journal.Journal.entries`.
    """
    while found := journal.entries(PIECE, before, **wanted):
        yield from found
        before = found[-1].seq


def as_json_lines(entries: Iterator[Entry]) -> Iterator[bytes]:
    """Write entries whole, one a line."""
    return (dump(told(entry)) + b"\n" for entry in entries)


def as_csv(entries: Iterator[Entry]) -> Iterator[bytes]:
    """Write entries in brief, as a spreadsheet reads them; no text is taken for a formula."""
    yield "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
    yield _line(HEADINGS)
    for entry in entries:
        what = {name: value for name, value in entry.what.items() if name != "changes"}
        texts = (entry.who, entry.action, canonical(what), counted(entry))
        yield _line((entry.seq, entry.at.isoformat(), *texts, entry.previous, entry.hash))


def counted(entry: Entry) -> str:
    """
    Say in brief how many rows an entry wrote.

    Parameters
    ----------
    entry
        The entry.
    """
    changes = entry.what.get("changes", {})
    return "; ".join(
        f"{table} {act} {n}"
        for table, change in changes.items()
        for act, n in change.items()
        if act not in ("digest", "rows")
    )


def _line(values: tuple[object, ...]) -> bytes:
    text = io.StringIO()
    row = [guard(value) if isinstance(value, str) else value for value in values]
    csv.writer(text, lineterminator="\r\n").writerow(row)
    return text.getvalue().encode()
