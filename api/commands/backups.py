"""Backups on the command line: a copy of a register in use, and a register made of a copy."""

from __future__ import annotations

from pathlib import Path

import typer

from api.commands.session import Session
from geodata.backup import backup, restore
from geodata.errors import BackupError
from geodata.store import Store

EXAMPLES = {
    "backup": "Example: gridmap backup city-2026-11-23.gpkg",
    "restore": "Example: gridmap restore city-2026-11-23.gpkg restored.gpkg",
}


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for name, command in (("backup", back_up), ("restore", bring_back)):
        app.command(name, epilog=EXAMPLES[name])(command)


def back_up(context: typer.Context, target: Path) -> None:
    """
    Copy the register to a new file that is whole, while the service goes on.

    Photos and source documents lie in folders of their own; copy these too.
    """
    session: Session = context.obj
    with session.working("Copying the register"):
        kept = backup(session.store.database, session.may_write(target))
    size = kept.stat().st_size
    folders = [session.settings.photos_url, str(session.settings.documents_folder)]
    session.say("Copied to {target} ({megabytes:.1f} MB).", target=kept, megabytes=size / 1e6)
    session.say("Copy these too: {folders}.", folders=", ".join(folders))
    session.answer({"target": str(kept), "bytes": size, "beside": folders})


def bring_back(context: typer.Context, source: Path, target: Path) -> None:
    """
    Make a register of a backup, and prove that it is what was written.

    The target is a new file; let GRIDMAP_DATABASE_URL name it afterwards.
    """
    session: Session = context.obj
    with session.working("Restoring and proving"):
        database = restore(source, f"gpkg:///{target}")
        store = Store(database)
        broken, last = store.verify(), store.journal.last()
        store.close()
    if broken is not None:
        msg = "{source} was restored to {target}, but entry {entry} of its journal does not fit."
        raise BackupError(msg, source=source, target=target, entry=broken)
    entries = 0 if last is None else last.seq
    session.say(
        "Restored to {target}; all {entries} entries of the journal fit their rows.",
        target=target,
        entries=entries,
    )
    session.answer({"target": str(target), "entries": entries})
