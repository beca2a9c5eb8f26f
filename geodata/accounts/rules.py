"""The rules of accounts: how long, how often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class AccountRules:
    """
    How long things hold, and how often one may be wrong.

    Parameters
    ----------
    idle
        A session that asks for nothing ends after this.
    longest
        Every session ends after this, however busy.
    attempts
        Wrong passwords or codes in a row that lock an account.
    locked_for
        How long it is locked; also the time over which a source's attempts are counted.
    attempts_of_source
        Failed attempts of one source, whoever they were for, before it has to wait.
    token_days
        The longest that a token of a program may hold.
    rotate_days
        A password older than this has to be changed; never if left out.
    one_time
        A password that somebody else made is refused after this.
    """

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)
    attempts: int = 5
    locked_for: timedelta = timedelta(minutes=15)
    attempts_of_source: int = 50
    token_days: int = 90
    rotate_days: int | None = None
    one_time: timedelta = timedelta(days=7)


RULES = AccountRules()
