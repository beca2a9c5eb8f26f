"""The service behind the routes: one register, its accounts, and a working set for each scope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import Request

from geodata.calendars import calendar_of_city
from geodata.issues.setting import Setting
from geodata.photos.store import PhotoFiles
from geodata.reports import Reports
from geodata.scoped import Workspaces
from geodata.worker import Worker
from geodata.workspace import Workspace
from gridmap.access import Person, Scope
from gridmap.clocks import Calendar

if TYPE_CHECKING:
    from api.settings import Settings
    from geodata.accounts import Accounts


@dataclass(frozen=True)
class Service:
    """
    What an application is made of; its ``state.service``.

    Parameters
    ----------
    settings
        What the operator set.
    workspaces
        The working sets, by scope.
    accounts
        Who may sign in.
    today
        What tells the day in the city.
    zone
        The city's time zone.
    hours
        When the city works, as the operator wrote it.
    photos
        Where photos are kept.
    worker
        Works out what takes long, where answers are kept that it can hand over; None elsewhere.
    """

    settings: Settings
    workspaces: Workspaces
    accounts: Accounts
    today: Callable[[], date]
    zone: ZoneInfo
    hours: str
    photos: PhotoFiles
    worker: Worker | None = None

    @property
    def calendar(self) -> Calendar:
        """When the city works; with the days that it has announced itself."""
        return calendar_of_city(self.workspaces.whole, self.zone, self.hours)

    def reports(self, scopes: tuple[Scope, ...]) -> Reports:
        """Return what can be asked of a part of the city."""
        return Reports(self.workspaces.of(scopes), today=self.today, zone=self.zone)

    def takes_long(self, own: Workspace) -> bool:
        """Say whether analyses of what somebody sees are left to the worker."""
        size = sum(len(own.frame(layer, self.today())) for layer in ("issues", "grids"))
        return self.worker is not None and size >= self.settings.worker_from

    def setting(self, person: Person) -> Setting:
        """Return the setting in which somebody reports issues and acts upon them."""
        near_m = self.settings.evidence_m
        return Setting(self.workspaces, person, self.calendar, self.zone, near_m)


def service_of(request: Request) -> Service:
    """Return the service that answers a request."""
    made: Service = request.app.state.service
    return made
