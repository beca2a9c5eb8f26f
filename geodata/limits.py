"""How much of the machine one untrusted file may have."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """
    What the child process that parses a file is held to.

    Parameters
    ----------
    seconds
        Processor time.
    wait_seconds
        Time on the wall, for a child that sleeps instead of working.
    memory
        Bytes of address space; the libraries alone take about 1 GB of it before any file is read.
    file_bytes
        Size of the file.
    unpacked_bytes
        Size of what an archive unpacks to.
    members
        Files in an archive.
    ratio
        Unpacked bytes per packed byte, for archives that unpack to more than 10 MB.
    rows
        Rows of a table, features of a layer.
    vertices
        Vertices of one geometry; all geometries of a file may have a hundred times as many.
    """

    seconds: int = 60
    wait_seconds: int = 300
    memory: int = 4096 * MEGABYTE
    file_bytes: int = 2048 * MEGABYTE
    unpacked_bytes: int = 2048 * MEGABYTE
    members: int = 1000
    ratio: int = 200
    rows: int = 2_000_000
    vertices: int = 100_000


DEFAULT = Limits()
