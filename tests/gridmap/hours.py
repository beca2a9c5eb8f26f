"""Working hours of a city, walked minute by minute."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gridmap.clocks import Calendar, Hours

CITY = ZoneInfo("Asia/Shanghai")
# As announced: the autumn of 2023 and the Spring Festival of 2024 (DOMAIN B6.7).
HOLIDAYS = frozenset(
    [date(2023, 9, 29) + timedelta(days=n) for n in range(8)]
    + [date(2024, 2, 10) + timedelta(days=n) for n in range(8)]
)
WORKDAYS = frozenset({date(2023, 10, 7), date(2023, 10, 8), date(2024, 2, 4), date(2024, 2, 18)})
SUMMER = (
    Hours(date(2023, 1, 1)),
    Hours(date(2023, 10, 8), ((time(9), time(12)), (time(14), time(16)))),
)
PLAIN = Calendar(CITY, HOLIDAYS, WORKDAYS)
SEASONS = Calendar(CITY, HOLIDAYS, WORKDAYS, SUMMER)
MINUTE = timedelta(minutes=1)


def local(text: str) -> datetime:
    """Return a moment in the city."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


def shown(moment: datetime) -> str:
    return moment.astimezone(CITY).isoformat(" ", "minutes")[:16]
