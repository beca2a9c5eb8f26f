"""Kernels that write whole numbers in as few bytes as they need, and read them back."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmap._arcs import Ints

Bytes = NDArray[np.uint8]
MORE = 0x80
SEVEN_BITS = 0x7F


@njit(cache=True)
def encode(values: Ints) -> Bytes:
    """
    Write whole numbers, small ones of either sign in one byte.

    Parameters
    ----------
    values
        n numbers between -2^62 and 2^62.

    Returns
    -------
    numpy.ndarray of uint8
        Seven bits a byte, the lowest first, the eighth bit where more follow (LEB128); the sign is
        folded into the lowest bit before (zigzag), so that -1 is 1 and 1 is 2.
    """
    written = np.empty(10 * values.shape[0], np.uint8)
    end = 0
    for i in range(values.shape[0]):
        rest = (values[i] << 1) ^ (values[i] >> 63)
        while rest >= MORE:
            written[end] = (rest & SEVEN_BITS) | MORE
            rest >>= 7
            end += 1
        written[end] = rest
        end += 1
    return written[:end].copy()


@njit(cache=True)
def decode(written: Bytes, n: int) -> Ints:
    """
    Read what `encode` has written.

    Parameters
    ----------
    written
        The bytes.
    n
        How many numbers they hold.
    """
    values = np.empty(n, np.int64)
    at = 0
    for i in range(n):
        folded = np.int64(0)
        shift = 0
        while written[at] >= MORE:
            folded |= np.int64(written[at] & SEVEN_BITS) << shift
            shift += 7
            at += 1
        folded |= np.int64(written[at]) << shift
        at += 1
        values[i] = (folded >> 1) ^ -(folded & 1)
    return values
