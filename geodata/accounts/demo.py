"""
People of an invented city, one a role, to try the pages as each of them sees the city.

They share one password that everybody knows, so a register that has them says so in its
``register_meta``, and is served on this machine only.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from sqlalchemy import select

from geodata.accounts import Accounts
from geodata.store import Store
from gridmap.access import CITY, Grant, Scope
from gridmap.issues.arrows import OPEN

DEMO_PASSWORD = "heron lantern ninety willows"  # noqa: S105 - known to everybody, and said to be
DEMO_META = "demo_accounts"
PEOPLE = (
    ("office", "创城办 方圆", "city_office", "city"),
    ("district", "区创城办 江晨", "district_office", "district"),
    ("subdistrict", "街道办 林悦", "subdistrict_office", "subdistrict"),
    ("unit", "单位联络员 何平", "unit_coordinator", "unit"),
    ("field", "巡查员 罗松", "field_staff", "unit"),
    ("inspector", "督查员 沈宁", "inspector", "city"),
    ("leader", "市领导 顾远", "leader", "city"),
    ("auditor", "审计员 白露", "auditor", "city"),
    ("admin", "账号管理员 石岩", "system_admin", "city"),
)
DEMO_SIGN_INS = frozenset(sign_in for sign_in, *_ in PEOPLE)
DemoPerson = tuple[str, str, list[Grant]]


def demo_people(store: Store) -> list[DemoPerson]:
    """
    Return one person a role, with scopes of the register.

    Parameters
    ----------
    store
        A register that holds districts, subdistricts, units and assignments.

    Returns
    -------
    list of tuple
        ``(sign_in, name, grants)``. The unit is that which holds most grids, the district and the
        subdistrict those in which most of these lie; without units nobody speaks for one.
    """
    unit, held = _busiest_unit(store)
    district = _holding_most(store.read("districts").index, held)
    subdistrict = _holding_most(store.read("subdistricts").index, held)
    scopes = {
        "city": CITY,
        "district": Scope("division", district) if district else None,
        "subdistrict": Scope("division", subdistrict) if subdistrict else None,
        "unit": Scope("unit", unit) if unit else None,
    }
    held_by = ((sign_in, name, role, scopes[where]) for sign_in, name, role, where in PEOPLE)
    return [(who, name, [Grant(role, scope)]) for who, name, role, scope in held_by if scope]


def add_demo_people(accounts: Accounts, store: Store) -> list[DemoPerson]:
    """
    Make the accounts of `demo_people`, all with `DEMO_PASSWORD`, and note it in the register.

    Parameters
    ----------
    accounts, store
        Of one register.

    Returns
    -------
    list of tuple
        As `demo_people`.
    """
    people = demo_people(store)
    for sign_in, name, grants in people:
        accounts.add(sign_in, name, grants, password=DEMO_PASSWORD, by="demo")
    meta = store.tables.register_meta
    with store.database.writing() as connection:
        connection.execute(meta.insert().values(name=DEMO_META, value="yes"))
    return people


def has_demo_people(store: Store) -> bool:
    """
    Return whether accounts were made whose password everybody knows.

    Parameters
    ----------
    store
        The register.
    """
    meta = store.tables.register_meta
    with store.database.reading() as connection:
        noted = connection.execute(select(meta.c.value).where(meta.c.name == DEMO_META))
        return noted.scalar() == "yes"


def _busiest_unit(store: Store) -> tuple[str, pd.Index]:
    """Return the unit that holds most grids, of several the one with most to do, and these."""
    assignments = store.read("assignments")
    mine = assignments[
        (assignments["target_kind"] == "grid") & (assignments["tier"] == "responsible")
    ]
    if mine.empty:
        units = store.read("units").index
        return (str(units[0]) if len(units) else ""), pd.Index([], dtype="str")
    held = mine["unit_id"].value_counts().sort_index()
    issues = store.read("issues")
    to_do = issues.loc[issues["state"].isin(OPEN), "unit_id"].value_counts()
    most = held.index[held == held.max()]
    unit = str(to_do.reindex(most, fill_value=0).idxmax())
    return unit, pd.Index(mine.loc[mine["unit_id"] == unit, "target"])


def _holding_most(divisions: Iterable[str], grids: pd.Index) -> str:
    """Return the division whose code most grids begin with; the first if none does."""
    codes = sorted(divisions)
    counts = {code: sum(str(grid).startswith(code) for grid in grids) for code in codes}
    return max(codes, key=lambda code: counts[code], default="")
