"""Why a request is refused before anything is asked of the register."""

from __future__ import annotations

from gridmap.errors import GridMapError


class CsrfError(GridMapError):
    """A request that changes something does not carry the token of its session."""

    code = "csrf"


class PasswordChangeError(GridMapError):
    """A first password has to be changed before anything else."""

    code = "password-change"


class PreconditionError(GridMapError):
    """A request that changes something does not say which state it has seen."""

    code = "precondition-required"
