"""Reminding on the command line, and in the background of the service."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import typer

from api.commands.session import Session
from api.i18n import translator
from api.service import Service
from api.settings import Settings
from geodata.accounts import Accounts
from geodata.calendars import calendar_of_city
from geodata.errors import BusyError
from geodata.outbox import Outbox, Routes, senders
from geodata.reminders import Reminded, remind
from geodata.scoped import Workspaces
from geodata.workspace import Workspace

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=10)


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("remind", epilog="Example: gridmap remind")(remind_now)


def remind_now(context: typer.Context) -> None:
    """
    Tell people what is due today, and send what waits in the outbox.

    The service does so by itself every ten minutes; nobody is told the same twice.
    """
    session: Session = context.obj
    settings = session.settings
    workspaces = Workspaces(Workspace(session.store))
    city = calendar_of_city(workspaces.whole, session.zone, settings.working_hours)
    with session.working("Reminding"):
        outside, gettext = outside_of(settings), translator(settings.language).gettext
        accounts, today = Accounts(session.store), session.today()
        told = remind(workspaces, accounts, city, today, outside, gettext)
        sent = Outbox(session.store).send(senders(routes_of(settings)))
    session.say(
        "{notices} notices, {messages} messages; {sent} sent, {again} to be tried again, "
        "{failed} failed.",
        notices=told.notices,
        messages=told.messages,
        **sent,
    )
    session.answer({"notices": told.notices, "messages": told.messages, **sent})


def remind_always(service: Service, settings: Settings, stop: threading.Event) -> None:
    """
    Remind now and then every ten minutes, until the service stops.

    Parameters
    ----------
    service, settings
        Whose register, and where messages go.
    stop
        Set when the service stops.

    Notes
    -----
    Whatever goes wrong is told in the log, and tried again: people go on working.
    """
    store = service.workspaces.whole.store
    accounts, outside = Accounts(store), outside_of(settings)
    gettext = translator(settings.language).gettext
    while not stop.is_set():
        try:
            city, today = service.calendar, service.today()
            told = remind(service.workspaces, accounts, city, today, outside, gettext)
            sent = Outbox(store).send(senders(routes_of(settings)))
        except BusyError:
            logger.info("reminding waits: others are writing; it is tried again in ten minutes")
        except Exception:
            logger.exception("reminding has failed; it is tried again in ten minutes")
        else:
            _tell(told, sent)
        stop.wait(EVERY.total_seconds())


def routes_of(settings: Settings) -> Routes:
    """Return where messages go."""
    url = settings.robot_url
    robots: dict[str, str] = {settings.robot_kind: url.get_secret_value()} if url else {}
    smtp = settings.smtp_url.get_secret_value() if settings.smtp_url else ""
    return Routes(smtp, settings.mail_from, robots)


def outside_of(settings: Settings) -> list[tuple[str, str]]:
    """Return who outside is told what is due: channels, each with an address."""
    mail = [one.strip() for one in settings.mail_to.split(",") if one.strip()]
    found = [("mail", address) for address in mail] if settings.smtp_url else []
    return found + ([(settings.robot_kind, "")] if settings.robot_url else [])


def _tell(told: Reminded, sent: dict[str, int]) -> None:
    if told.notices or told.messages or any(sent.values()):
        logger.info("reminded: %s notices, %s messages, %s", told.notices, told.messages, sent)
