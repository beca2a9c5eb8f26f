"""Codes of an authenticator (TOTP, RFC 6238): six digits that change every half minute."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

STEP = 30  # seconds
AROUND = (0, -1, 1)  # a telephone's clock may be half a minute off


def new_secret() -> str:
    """Return a new secret, 160 bits in base 32."""
    return pyotp.random_base32()


def address(secret: str, sign_in: str, issuer: str) -> str:
    """
    Return the ``otpauth://`` address that an authenticator reads.

    Parameters
    ----------
    secret
        Of `new_secret`.
    sign_in, issuer
        What it shows: whose account, and where.
    """
    return pyotp.TOTP(secret).provisioning_uri(name=sign_in, issuer_name=issuer)


def step_of(secret: str, code: str | None, at: datetime, used: int | None) -> int | None:
    """
    Return for which half minute a code stands.

    Parameters
    ----------
    secret
        Of `new_secret`.
    code
        What was typed; spaces do not count.
    at
        Now.
    used
        The half minute whose code was used last: neither it nor an earlier one is good again.

    Returns
    -------
    int or None
        Half minutes since 1970; None if the code is wrong or was used.

    Examples
    --------
    The first test vector of RFC 6238, of which six digits are left.

    >>> from datetime import UTC
    >>> secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    >>> step_of(secret, "287082", datetime.fromtimestamp(59, UTC), None)
    1
    >>> step_of(secret, "287082", datetime.fromtimestamp(59, UTC), 1) is None
    True
    """
    typed = "".join((code or "").split()).encode("utf-8", "replace")
    now = int(at.timestamp()) // STEP
    for step in (now + shift for shift in AROUND):
        fresh = used is None or step > used
        right = hmac.compare_digest(pyotp.HOTP(secret).at(step).encode(), typed)
        if right and fresh:
            return step
    return None
