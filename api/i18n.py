"""
The languages of pages and messages.

Sentences are written in English where they are said; the English sentence is the key of the
catalogue. Catalogues are read as they are kept (``.po``), so there is nothing to compile.
"""

from __future__ import annotations

from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCALES = Path(__file__).with_name("locale")
LANGUAGES = {"zh_CN": "中文", "en": "English"}
COOKIE = "lang"
A_YEAR = 365 * 24 * 3600


@lru_cache(maxsize=len(LANGUAGES))
def translator(language: str) -> NullTranslations:
    """
    Return the catalogue of a language.

    Parameters
    ----------
    language
        One of `LANGUAGES`; any other speaks English.

    Returns
    -------
    babel.support.NullTranslations
        With ``gettext`` and ``ngettext``; a sentence without translation comes back as it is.
    """
    catalogue = LOCALES / language / "LC_MESSAGES" / "messages.po"
    if language not in LANGUAGES or not catalogue.exists():
        return NullTranslations()
    compiled = BytesIO()
    with catalogue.open("rb") as kept:
        write_mo(compiled, read_po(kept, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def understood(asked: str | None) -> str | None:
    """
    Return the language of a tag, or nothing if we do not speak it.

    Examples
    --------
    >>> understood("zh-CN"), understood("EN"), understood("fr")
    ('zh_CN', 'en', None)
    """
    primary = (asked or "").replace("_", "-").split("-")[0].lower()
    return next((known for known in LANGUAGES if known.split("_")[0] == primary), None)


class LanguageMiddleware:
    """
    Choose the language of each request: ``?lang=``, else the cookie, else the default.

    The choice is `request.state.language`; one made by ``?lang=`` is remembered in the cookie.

    Parameters
    ----------
    app
        What is inside.
    default
        The language where nobody chose.
    """

    def __init__(self, app: ASGIApp, default: str = "zh_CN") -> None:
        self.app = app
        self.default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        asked = understood(query.get("lang", [""])[0])
        language = asked or understood(_remembered(scope)) or self.default
        scope.setdefault("state", {})["language"] = language

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Language"] = language.replace("_", "-")
                if asked:
                    kept = f"{COOKIE}={asked}; Max-Age={A_YEAR}; Path=/; SameSite=Lax; HttpOnly"
                    headers.append("Set-Cookie", kept)
            await send(message)

        await self.app(scope, receive, sent)


def _remembered(scope: Scope) -> str | None:
    try:
        kept = SimpleCookie(Headers(scope=scope).get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return kept.value if kept else None
