"""What roles and their scopes are called on a page."""

from __future__ import annotations

from collections.abc import Iterable

from geodata.accounts.scopes import names_of_scopes
from geodata.store import Store
from gridmap.access import Grant
from web.words import Words
from web.words import gettext_noop as _

ROLES = {
    "city_office": _("City office"),
    "district_office": _("District office"),
    "subdistrict_office": _("Subdistrict office"),
    "unit_coordinator": _("Unit coordinator"),
    "field_staff": _("Field staff"),
    "inspector": _("Inspector"),
    "leader": _("Leader"),
    "auditor": _("Auditor"),
    "system_admin": _("Administrator of accounts"),
}


def role_name(role: str, words: Words) -> str:
    """Return what a role is called; one that is not known is shown as it is."""
    return words.say(ROLES[role]) if role in ROLES else role


def shown(grants: Iterable[Grant], store: Store, words: Words) -> list[dict[str, str]]:
    """
    Return grants as a page shows them.

    Parameters
    ----------
    grants
        What somebody holds.
    store
        The register, which names units and divisions.
    words
        The reader's language.

    Returns
    -------
    list of dict
        ``role``, ``role_name``, ``key`` and ``place``, sorted. A unit or division that is no
        longer in the register is shown by its code.
    """
    held = sorted(grants)
    names = names_of_scopes(store, {grant.scope for grant in held})
    whole = words.say(_("The whole city"))
    return [
        {
            "role": grant.role,
            "role_name": role_name(grant.role, words),
            "key": grant.scope.key,
            "place": (names.get(grant.scope) or grant.scope.key) if grant.scope.key else whole,
        }
        for grant in held
    ]
