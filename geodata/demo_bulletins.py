"""The bulletin of an invented city: last month's is frozen, as an office would have done by now."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from geodata.bulletins import Bulletins
from geodata.calendars import calendar
from geodata.issues.setting import Setting
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import Grant, Person
from gridmap.bulletins import Month

GRIDS_AT_MOST = 2000
OFFICE = Person("demo-office", "创城办 方圆", frozenset({Grant("city_office")}))


def add_demo_bulletin(store: Store, zone: ZoneInfo) -> Month | None:
    """
    Freeze the month before today's.

    Parameters
    ----------
    store
        Of a register with issues; one of more than `GRIDS_AT_MOST` grids stays without a bulletin,
        which takes a minute there.
    zone
        The city's time zone.

    Returns
    -------
    Month or None
        Which was frozen.
    """
    workspace = Workspace(store)
    setting = Setting(Workspaces(workspace), OFFICE, calendar(zone), zone)
    today = setting.day(store.now())
    if len(workspace.frame("grids", today)) > GRIDS_AT_MOST:
        return None
    month = Month.with_day(today).back()
    Bulletins(setting, may_draft=True).freeze(month)
    return month
