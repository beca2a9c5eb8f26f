"""
Accounts: who may sign in, how, and what is kept of it.

`Accounts` is all of it; its parts are one file each: who there is (`people`) and what is decided
about them (`administration`), signing in (`sign_ins`), sessions of browsers (`sessions`), tokens of
programs (`tokens`), and what a person does to their own account (`own`).
"""

from __future__ import annotations

from geodata.accounts.account import Account
from geodata.accounts.administration import Administration
from geodata.accounts.rules import AccountRules
from geodata.accounts.sessions import Session, SessionRow
from geodata.accounts.sign_ins import SignedIn
from geodata.accounts.tokens import TokenRow, Tokens

__all__ = ["Account", "AccountRules", "Accounts", "Session", "SessionRow", "SignedIn", "TokenRow"]


class Accounts(Administration, Tokens):
    """
    The accounts of a register: everything that is done with them.

    Parameters
    ----------
    store
        The register.
    rules
        How long, how often.
    hasher
        What hashes passwords; argon2 as its library recommends it if left out.
    """
