"""
The errors of what is kept, read and written.

They hang on the tree of `gridmap.errors`::

    GridMapError
    ├── InvalidError
    │   ├── DatabaseUrlError    the address names no database that we know
    │   ├── BlobError           bytes that are no GeoPackage geometry
    │   ├── UnreadableError     a file that is broken, or not what it says
    │   ├── UnsupportedFormatError  a format that is not read here
    │   ├── LimitError          a file that asks for too much
    │   └── ChoiceError         several sheets or layers, and none named
    ├── ConflictError
    │   └── StaleError          somebody else was first: the layer has moved on
    ├── SchemaError             no register there, or one of another version
    ├── BusyError               other writers held the register too long
    └── BackupError             a backup that cannot be made or is not sound
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gridmap.errors import ConflictError, GridMapError, InvalidError


class DatabaseUrlError(InvalidError):
    """The address names no database that the register can live in."""

    code = "database-url"


class BlobError(InvalidError):
    """Bytes in a geometry column are no GeoPackage geometry."""

    code = "geometry-blob"


class StaleError(ConflictError):
    """
    A layer has changed since the caller read it.

    Parameters
    ----------
    template, **values
        As for `GridMapError`.
    versions
        The versions that the layers have now: layer → version.
    """

    code = "stale"

    def __init__(self, template: str, *, versions: Mapping[str, int], **values: object) -> None:
        super().__init__(template, **values)
        self.versions = dict(versions)


class SchemaError(GridMapError):
    """There is no register at that address, or its tables are of another version."""

    code = "schema"


class BusyError(GridMapError):
    """Other writers held the register for longer than a writer waits."""

    code = "busy"


class BackupError(GridMapError):
    """A backup cannot be made there, or the file is no sound backup."""

    code = "backup"


class UnreadableError(InvalidError):
    """A file is broken, cut short, or not what its name says."""

    code = "unreadable"


class UnsupportedFormatError(InvalidError):
    """A file is of a format that is not read or written here."""

    code = "unsupported-format"


class LimitError(InvalidError):
    """A file asks for more bytes, members, memory or time than one is given."""

    code = "too-large"


class ChoiceError(InvalidError):
    """
    A file holds several sheets or layers, and the caller named none, or one it lacks.

    Parameters
    ----------
    template, **values
        As for `GridMapError`; ``{choices}`` is filled in.
    choices
        What there is to choose from.
    """

    code = "choice-needed"

    def __init__(self, template: str, *, choices: Sequence[str] = (), **values: object) -> None:
        super().__init__(template, choices=", ".join(choices), **values)
        self.choices = tuple(choices)
