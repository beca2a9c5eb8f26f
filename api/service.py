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
    """

    settings: Settings
    workspaces: Workspaces
    accounts: Accounts
    today: Callable[[], date]
    zone: ZoneInfo
    hours: str
    photos: PhotoFiles

    @property
    def calendar(self) -> Calendar:
        """When the city works; with the days that it has announced itself."""
        return calendar_of_city(self.workspaces.whole, self.zone, self.hours)

    def reports(self, scopes: tuple[Scope, ...]) -> Reports:
        """Return what can be asked of a part of the city."""
        return Reports(self.workspaces.of(scopes), today=self.today, zone=self.zone)

    def setting(self, person: Person) -> Setting:
        """Return the setting in which somebody reports issues and acts upon them."""
        near_m = self.settings.evidence_m
        return Setting(self.workspaces, person, self.calendar, self.zone, near_m)


def service_of(request: Request) -> Service:
    """Return the service that answers a request."""
    made: Service = request.app.state.service
    return made
