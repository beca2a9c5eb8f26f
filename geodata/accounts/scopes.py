"""Where roles hold: the units and divisions of the register."""

from __future__ import annotations

from collections.abc import Collection

from geodata import reading
from geodata.store import Store
from gridmap.access import Grant, Scope, ScopeKind
from gridmap.errors import NotFoundError

LAYERS_OF: dict[ScopeKind, tuple[str, ...]] = {
    "city": (),
    "division": ("districts", "subdistricts", "communities"),
    "unit": ("units",),
}


def names_of_scopes(store: Store, scopes: Collection[Scope]) -> dict[Scope, str]:
    """
    Return what units and divisions are called.

    Parameters
    ----------
    store
        The register.
    scopes
        Which; the city is called as the register is.

    Returns
    -------
    dict
        Scope → name, of those that the register holds.
    """
    names = {scope: store.meta.name for scope in scopes if scope.kind == "city"}
    with store.database.reading() as connection:
        for kind, layers in LAYERS_OF.items():
            keys = [scope.key for scope in scopes if scope.kind == kind]
            for layer in layers if keys else ():
                found = reading.in_force(connection, store.tables, layer, None, keys)
                named = found["name"].fillna("").astype(str)
                names |= {Scope(kind, key): name for key, name in named.items()}
    return names


def require_scopes(store: Store, grants: Collection[Grant]) -> None:
    """
    Refuse grants for what is not in the register.

    Parameters
    ----------
    store
        The register.
    grants
        What somebody is to hold.

    Raises
    ------
    NotFoundError
        If there is no such unit or division.
    """
    scopes = {grant.scope for grant in grants}
    missing = sorted(scopes - set(names_of_scopes(store, scopes)))
    if missing:
        msg = "The register has no unit or division {key}."
        raise NotFoundError(msg, key=missing[0].key)
