"""One run of the command line: its settings, its register, and how it speaks."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.commands.faces import Faces
from api.frames import dump, records
from api.i18n import translator
from api.sentences import QueryError, listed, sentence
from api.settings import Settings
from geodata.database import connect
from geodata.kept import shelf
from geodata.register import Register
from geodata.reports import Reports
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.errors import GridMapError, InvalidError

ROWS_SHOWN = 40
LARGE = 1000.0


@dataclass
class Session:
    """
    One run of the command line.

    Parameters
    ----------
    settings
        What the operator set.
    as_json
        Whether programs are listening.
    faces
        The service and the maps, lent by the pages.
    """

    settings: Settings
    as_json: bool
    faces: Faces

    def on(self, database_url: str) -> Session:
        """Return the same session on another register."""
        settings = self.settings.model_copy(update={"database_url": database_url})
        return replace(self, settings=settings)

    @cached_property
    def store(self) -> Store:
        """The register's store."""
        return Store(connect(self.settings.database_url))

    @cached_property
    def workspace(self) -> Workspace:
        """The working set over the store."""
        settings = self.settings
        kept = shelf(settings.results_folder, self.store, settings.results_megabytes)
        return Workspace(self.store, kept)

    @cached_property
    def register(self) -> Register:
        """The use cases that change."""
        return Register(self.workspace, who="command line", zone=self.zone)

    @cached_property
    def reports(self) -> Reports:
        """The use cases that read."""
        return Reports(self.workspace, today=self.today, zone=self.zone)

    def may_write(self, file: Path) -> Path:
        """
        Return a file that an answer may be written to.

        Raises
        ------
        QueryError
            If it is the register itself: whatever else opens it loses commits.
        """
        live = self.store.database.path
        if live is not None and file.resolve() == live.resolve():
            msg = "{file} is the register itself; name another file."
            raise QueryError(msg, file=file)
        return file

    @cached_property
    def console(self) -> Console:
        """Where people read."""
        return Console(highlight=False)

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.settings.time_zone)

    def today(self) -> date:
        """Return the day in the city's time zone."""
        return datetime.now(UTC).astimezone(self.zone).date()

    def day(self, text: str | None) -> date:
        """
        Return a day that was typed, or today.

        Raises
        ------
        QueryError
            If it is no day.
        """
        if text is None:
            return self.today()
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            msg = "{text} is no day; write it as 2026-06-30."
            raise QueryError(msg, text=text) from error

    def say(self, message: str, **values: object) -> None:
        """Print a sentence in the operator's language; silent where programs listen."""
        if not self.as_json:
            self.console.print(self.words(message, **values), markup=False)

    def words(self, message: str, **values: object) -> str:
        """Return a sentence in the operator's language."""
        return str(translator(self.settings.language).gettext(message)).format(**values)

    def answer(self, body: dict[str, Any]) -> None:
        """Print an answer for programs; silent where people read."""
        if self.as_json:
            sys.stdout.write(dump(body).decode() + "\n")

    def table(self, frame: pd.DataFrame, title: str = "") -> None:
        """Print a table for people."""
        if self.as_json or frame.empty:
            return
        gettext = translator(self.settings.language).gettext
        shown = Table(title=gettext(title) if title else None, title_justify="left")
        for name in frame.columns:
            number = pd.api.types.is_numeric_dtype(frame[name])
            shown.add_column(gettext(str(name)), justify="right" if number else "left")
        for row in records(frame.head(ROWS_SHOWN)):
            shown.add_row(*(_cell(value) for value in row.values()))
        self.console.print(shown)
        if len(frame) > ROWS_SHOWN:
            self.say("… and {n} more rows", n=len(frame) - ROWS_SHOWN)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that something long is going on; silent where nobody watches."""
        if self.as_json or not self.console.is_terminal:
            yield
            return
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        with Progress(*columns, console=self.console, transient=True) as progress:
            progress.add_task(translator(self.settings.language).gettext(what))
            yield

    @staticmethod
    def refuse(error: GridMapError, *, as_json: bool, language: str | None = None) -> None:
        """Print why something was refused."""
        spoken = Settings().language if language is None else language
        faults = error.faults if isinstance(error, InvalidError) else None
        if as_json:
            body = {"code": error.code, "detail": sentence(error, spoken)}
            sys.stdout.write(dump({**body, "errors": listed(faults, spoken)}).decode() + "\n")
            return
        console = Console(stderr=True, highlight=False)
        console.print(sentence(error, spoken), style="red", markup=False)
        for fault in listed(faults, spoken)[:ROWS_SHOWN]:
            value = f" “{fault['value']}”" if fault["value"] else ""
            place = f"{fault['row']} · {fault['column']}{value}"
            console.print(f"  {place}: {fault['message']} [{fault['code']}]", markup=False)
        if faults is not None and len(faults) > ROWS_SHOWN:
            console.print(f"  … +{len(faults) - ROWS_SHOWN}", markup=False)


def started(given: Mapping[str, str], *, as_json: bool, faces: Faces) -> Session:
    """
    Begin a run of the command line.

    Parameters
    ----------
    given
        What was typed instead of a setting, by its name; nothing where it was left out.
    as_json, faces
        As of a session.

    Raises
    ------
    QueryError
        If a setting cannot be what it is set to.
    """
    typed = {name: value for name, value in given.items() if value}
    try:
        settings = Settings.model_validate({**Settings().model_dump(), **typed})
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        msg = "A setting cannot be what it is set to: {wrong}."
        raise QueryError(msg, wrong=wrong) from error
    return Session(settings, as_json=as_json, faces=faces)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and abs(value) >= LARGE:
        return f"{value:,.0f}"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return str(value)
