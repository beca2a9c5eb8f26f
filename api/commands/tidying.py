"""Tidying on the command line, and in the background of the service."""

from __future__ import annotations

import logging
import threading
from dataclasses import asdict
from datetime import timedelta

import typer

from api.commands.session import Session
from api.service import Service
from geodata.photos.store import PhotoFiles
from geodata.tidying import Tidied, tidy

logger = logging.getLogger(__name__)

EVERY = timedelta(days=1)


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("tidy", epilog="Example: gridmap tidy")(tidy_register)


def tidy_register(context: typer.Context) -> None:
    """
    Forget what has had its time: old tracks, old receipts, sources of citizens, stray photo files.

    The service does so by itself once a day, but for photo files: whoever runs this knows that the
    folder is this register's and no other's. Layers, books and the journal lose nothing.
    """
    session: Session = context.obj
    with session.working("Tidying up"):
        photos = PhotoFiles(session.settings.photos_url)
        done = tidy(session.store, photos, session.store.now(), who="command line")
    session.say(
        "Forgotten: {tracks} tracks, {receipts} receipts, {public_sources} sources of reports; "
        "{photos} stray photo files removed.",
        **asdict(done),
    )
    session.answer(asdict(done))


def tidy_daily(service: Service, stop: threading.Event) -> None:
    """
    Tidy now and then once a day, until the service stops.

    Parameters
    ----------
    service
        Whose register. A folder of photos may be another register's too, or newer than a register
        that was restored: files are swept by the command alone.
    stop
        Set when the service stops.

    Notes
    -----
    Whatever goes wrong is told in the log, and tried again a day later: people go on working.
    """
    store = service.workspaces.whole.store
    while not stop.is_set():
        try:
            done = tidy(store, None, store.now())
        except Exception:
            logger.exception("tidying up has failed; it is tried again in a day")
        else:
            _tell(done)
        stop.wait(EVERY.total_seconds())


def _tell(done: Tidied) -> None:
    if done:
        logger.info("forgotten: %s", asdict(done))
