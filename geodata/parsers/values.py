"""Values to text: what every parser hands on, so that one place decides what a text means."""

from __future__ import annotations

import math

# A double holds every integer of fifteen digits; of sixteen, it does not.
EXACT = 1e15
DIGITS_LOST = "This number has more than 15 digits, and its last ones are lost; give it as text."


def number_text(value: float) -> str:
    """
    Write a number so that reading it back gives the same; whole ones without a point.

    Parameters
    ----------
    value
        Any float.

    Examples
    --------
    >>> number_text(41010.0), number_text(0.1)
    ('41010', '0.1')
    """
    if math.isfinite(value) and value == int(value) and abs(value) < EXACT and value:
        return str(int(value))
    return repr(value)


def has_lost_digits(value: float) -> bool:
    """
    Return whether a whole number is too long for a double.

    Parameters
    ----------
    value
        Any float.
    """
    return math.isfinite(value) and abs(value) >= EXACT and value == int(value)
