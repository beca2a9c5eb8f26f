"""
The errors of what is kept, read and written.

They hang on the tree of `gridmap.errors`::

    GridMapError
    ├── InvalidError
    │   ├── DatabaseUrlError    the address names no database that we know
    │   ├── BlobError           bytes that are no GeoPackage geometry
    │   ├── UnreadableError     a file that is broken, or not what it says
    │   ├── UnsupportedFormatError  a format that is not read here
    │   │   └── NoPhotoError    a photo that is none, or of another kind
    │   ├── LimitError          a file that asks for too much
    │   ├── WeakPasswordError   a password that is soon guessed
    │   ├── ReusedKeyError      something else was sent under the same key before
    │   └── ChoiceError         several sheets or layers, and none named
    ├── ConflictError
    │   └── StaleError          somebody else was first: the layer has moved on
    │       └── OvertakenError  somebody else was first on the very same targets
    ├── SignInError             nobody has signed in, or not rightly
    ├── ThrottledError          too many attempts from one source
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


class OvertakenError(StaleError):
    """
    Targets have changed since the caller read them.

    Parameters
    ----------
    template, **values
        As for `GridMapError`.
    changes
        Who changed what since: ``entry``, ``at``, ``who``, ``action``, ``target_kind``,
        ``target``, ``unit_id``, ``unit_name`` of each.
    seen
        The last entry of the journal now.
    """

    code = "overtaken"

    def __init__(
        self,
        template: str,
        *,
        changes: Sequence[Mapping[str, object]],
        seen: int,
        **values: object,
    ) -> None:
        super().__init__(template, versions={}, **values)
        self.changes = [dict(change) for change in changes]
        self.seen = seen


class SignInError(GridMapError):
    """Nobody has signed in, or the name, the password or the token is not right."""

    code = "sign-in"


class ThrottledError(GridMapError):
    """
    Too many attempts from one source; it has to wait.

    Parameters
    ----------
    template, **values
        As for `GridMapError`; ``{minutes}`` is filled in.
    retry_after
        Seconds to wait.
    """

    code = "throttled"

    def __init__(self, template: str, *, retry_after: int, **values: object) -> None:
        super().__init__(template, minutes=-(-retry_after // 60), **values)
        self.retry_after = retry_after


class WeakPasswordError(InvalidError):
    """A password is too short, too long, or soon guessed."""

    code = "weak-password"


class ReusedKeyError(InvalidError):
    """Under this key something else was sent before: the sender has to make a new one."""

    code = "idempotency"


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


class NoPhotoError(UnsupportedFormatError):
    """A file in the place of a photo is none, or of a kind that is not read here."""

    code = "no-photo"


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
