"""What codes are called, and how numbers, areas and days are written, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import pandas as pd
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from api.i18n import translator

HECTARE, KM2, KILOMETRE = 10_000.0, 1_000_000.0, 1000.0
NONE = "—"


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated where it is shown."""
    return sentence


_ = gettext_noop

WORDS: dict[str, dict[str, str]] = {
    "reason": {
        "no_grid": _("No grid drawn"),
        "no_unit": _("No unit assigned"),
        "unit_inactive": _("Unit no longer active"),
        "no_contact": _("Nobody to contact"),
    },
    "letter": {
        "no_grid": _("G"),
        "no_unit": _("U"),
        "unit_inactive": _("I"),
        "no_contact": _("C"),
    },
    "tier": {
        "patch_leader": _("Patch leader"),
        "lead": _("Lead unit"),
        "responsible": _("Responsible unit"),
        "assisting": _("Assisting unit"),
        "grid_worker": _("Grid worker"),
    },
    "rule": {
        "inspection_point": _("Inspection point"),
        "road": _("Road segment"),
        "road_segment": _("Road segment"),
        "compound": _("Compound"),
        "grid": _("Grid"),
        "division": _("Division"),
    },
    "level": {
        "city": _("City"),
        "district": _("District"),
        "subdistrict": _("Subdistrict"),
        "community": _("Community"),
        "grid": _("Grid"),
    },
    "layer": {
        "districts": _("Districts"),
        "subdistricts": _("Subdistricts"),
        "communities": _("Communities"),
        "grids": _("Grids"),
        "roads": _("Roads"),
        "inspection_points": _("Inspection points"),
        "compounds": _("Compounds"),
        "units": _("Units"),
        "assignments": _("Assignments"),
        "issues": _("Issues"),
    },
    "party": {"unit": _("Unit"), "post": _("Leader's post")},
    "side": {"left": _("left side"), "right": _("right side"), "both": _("both sides")},
    "channel": {
        "unit_patrol": _("Unit patrol"),
        "guidance_team": _("Guidance team"),
        "hotline": _("Hotline"),
        "citizen_app": _("Citizens' app"),
        "spot_check": _("Leader's spot check"),
        "periodic": _("Periodic supervision"),
        "any_time": _("Any-time check"),
        "mutual": _("Cross inspection"),
        "undercover": _("Undercover check"),
        "open311": _("Open311"),
        "inspection": _("Inspection"),
        "grid_worker": _("Grid worker"),
        "volunteer": _("Volunteer"),
    },
    "by": {
        "grid": _("Grids"),
        "square": _("Squares"),
        "hex": _("Hexagons"),
    },
    "class": {
        "3": _("Hot spot, 99 %"),
        "2": _("Hot spot, 95 %"),
        "1": _("Hot spot, 90 %"),
        "0": _("Not significant"),
        "-1": _("Cold spot, 90 %"),
        "-2": _("Cold spot, 95 %"),
        "-3": _("Cold spot, 99 %"),
    },
    "datum": {
        "wgs84": _("WGS 84 / CGCS2000 (GPS)"),
        "gcj02": _("GCJ-02 (Amap, Tencent)"),
        "bd09": _("BD-09 (Baidu)"),
    },
    "who": {"command line": _("command line"), "service": _("the service itself")},
    "action": {
        "import": _("Import"),
        "migrate": _("Register created or upgraded"),
        "assign": _("Assignment"),
        "release": _("Release"),
        "transfer": _("Transfer"),
        "undo": _("Taken back"),
        "grid-create": _("Grid drawn"),
        "grid-split": _("Grid split"),
        "grid-merge": _("Grids merged"),
        "grid-reshape": _("Border moved"),
        "grid-retire": _("Grid ended"),
        "grid-adopt": _("Proposed grids taken in"),
        "plan-make": _("Plan made"),
        "plan-renew": _("Plan made again"),
        "plan-approve": _("Plan approved"),
        "plan-publish": _("Plan published"),
        "plan-discard": _("Plan discarded"),
        "claim": _("Claim"),
        "document": _("Document kept"),
        "claim-accept": _("Claim accepted"),
        "claim-refuse": _("Claim refused"),
        "claim-withdraw": _("Claim withdrawn"),
        "journal-export": _("Journal exported"),
        "import-forms": _("Forms imported"),
        "sign-in": _("Signed in"),
        "sign-out": _("Signed out"),
        "sign-in-locked": _("Account locked"),
        "account-add": _("Account made"),
        "account-grants": _("Roles changed"),
        "account-rename": _("Account renamed"),
        "account-link": _("Account linked to single sign-on"),
        "account-disable": _("Account disabled"),
        "account-enable": _("Account enabled"),
        "account-unlock": _("Account unlocked"),
        "password-change": _("Password changed"),
        "password-reset": _("Password reset"),
        "token-issue": _("Token made"),
        "token-revoke": _("Token revoked"),
        "totp-add": _("Authenticator set up"),
        "totp-drop": _("Authenticator dropped"),
        "issue-report": _("Issue reported"),
        "issue-file": _("Issue filed"),
        "issue-refuse": _("Issue not filed"),
        "issue-dispatch": _("Issue dispatched"),
        "issue-accept": _("Issue taken on"),
        "issue-return": _("Issue returned"),
        "issue-rule": _("Ruling on who answers"),
        "issue-rectify": _("Issue set right"),
        "issue-reinspect": _("Reinspection passed"),
        "issue-reject": _("Reinspection failed"),
        "issue-close_out": _("Issue closed out"),
        "issue-reopen": _("Issue reopened"),
        "issue-ask_extension": _("More time asked for"),
        "issue-grant_extension": _("More time granted"),
        "issue-deny_extension": _("More time denied"),
        "issue-suspend": _("Issue suspended"),
        "issue-resume": _("Issue resumed"),
        "issue-appeal": _("Appeal made"),
        "issue-uphold_appeal": _("Appeal upheld"),
        "issue-deny_appeal": _("Appeal denied"),
        "issue-escalate": _("Issue escalated"),
        "issue-transfer": _("Issue given to another unit"),
        "issue-merge": _("Issue merged"),
        "issue-unmerge": _("Merger undone"),
        "issue-move": _("Place of an issue corrected"),
        "issue-note": _("Note added to an issue"),
        "issue-publish": _("Issue shown to the public"),
        "issue-unpublish": _("Issue withdrawn from the public"),
        "photo": _("Photo added"),
        "photo-redact": _("Photo blurred for the public"),
        "visit": _("Inspection point visited"),
        "patrol": _("Patrol sent"),
        "track-read": _("Track read"),
        "tidy": _("Old records forgotten"),
        "checklist": _("Checklists published"),
        "standard": _("Filing conditions published"),
        "road-rules": _("Rules along roads published"),
        "round-open": _("Round of cross inspection opened"),
        "bulletin-freeze": _("Bulletin frozen"),
        "bulletin-amend": _("Bulletin amended"),
        "formula-publish": _("Formula of the ranking published"),
        "appeal": _("Rank appealed against"),
        "appeal-rule": _("Appeal ruled on"),
        "appeal-withdraw": _("Appeal withdrawn"),
        "board-plan": _("Year's plan of the board brought in"),
        "board-report": _("Task of the board told of"),
        "board-freeze": _("Month of the board frozen"),
        "board-group": _("Group of the board added"),
        "board-rename": _("Group of the board changed"),
        "board-withdraw": _("Task of the board withdrawn"),
        "cadence": _("Cadence set"),
        "calendar": _("Days of the city announced, deadlines reckoned anew"),
        "run-save": _("Analysis saved"),
        "material-ask": _("Material asked for"),
        "material": _("Step taken with material"),
    },
}


class Words:
    """
    The words and number forms of one language.

    Parameters
    ----------
    language
        One of `api.i18n.LANGUAGES`.
    zone
        The city's time zone, for moments.
    """

    def __init__(self, language: str, zone: str = "Asia/Shanghai") -> None:
        self.language = language
        self.tag = language.replace("_", "-")
        self.locale = Locale.parse(language)  # parsed once: it is slow
        self.zone = ZoneInfo(zone)
        self.catalogue = translator(language)

    def say(self, sentence: str, /, **values: object) -> str:
        """Return a sentence in this language, with its values filled in."""
        return self.catalogue.gettext(sentence).format(**values)

    def text(self, sentences: Iterable[tuple[str, Mapping[str, object]]]) -> str:
        """Return several sentences, each with its values, as one text."""
        between = "" if self.language.startswith("zh") else " "
        return between.join(self.say(sentence, **values) for sentence, values in sentences)

    def word(self, table: str, code: object) -> str:
        """Return what a code is called; a code that the table lacks is shown as it is."""
        if absent(code):
            return NONE
        known = WORDS[table].get(str(code))
        return self.catalogue.gettext(known) if known else str(code)

    def number(self, value: object, decimals: int = 0) -> str:
        """Return a number with its thousands grouped."""
        if absent(value):
            return NONE
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return str(format_decimal(float(str(value)), format=pattern, locale=self.locale))

    def area(self, m2: object) -> str:
        """Return an area in m², hectares or km², whichever reads best."""
        if absent(m2):
            return NONE
        size = float(str(m2))
        if round(abs(size)) < HECTARE:
            return self.say(_("{n} m²"), n=self.number(size))
        if round(abs(size) / HECTARE, 2) < KM2 / HECTARE:
            return self.say(_("{n} ha"), n=self.number(size / HECTARE, 2))
        return self.say(_("{n} km²"), n=self.number(size / KM2, 2))

    def metres(self, length: object) -> str:
        """Return a length in metres or kilometres."""
        if absent(length):
            return NONE
        size = float(str(length))
        if round(abs(size)) < KILOMETRE:
            return self.say(_("{n} m"), n=self.number(size))
        return self.say(_("{n} km"), n=self.number(size / KILOMETRE, 2))

    def share(self, value: object) -> str:
        """Return a share in per cent; only a whole is shown as 100 %."""
        if absent(value):
            return NONE
        part = float(str(value))
        if part < 1:
            part = min(part, 0.9999)
        shown = "#,##0%" if part in {0.0, 1.0} else "#,##0.00%"
        return str(format_percent(part, format=shown, locale=self.locale))

    def day(self, at: object) -> str:
        """Return a day as offices write it."""
        if absent(at):
            return NONE
        return str(format_date(pd.Timestamp(str(at)).date(), "long", locale=self.locale))

    def month(self, at: object) -> str:
        """Return a month, short and in order when sorted."""
        return NONE if absent(at) else pd.Timestamp(str(at)).strftime("%Y-%m")

    def moment(self, at: object) -> str:
        """Return a moment on the city's clock."""
        if absent(at) or not isinstance(at, datetime):
            return NONE
        local = at.astimezone(self.zone) if at.tzinfo else at
        return local.strftime("%Y-%m-%d %H:%M")

    def period(self, since: date, until: date) -> str:
        """Return a period, both days included."""
        return self.say(_("{since} to {until}"), since=since.isoformat(), until=until.isoformat())

    def together(self, names: Iterable[object]) -> str:
        """Return names as one list."""
        between = "、" if self.language.startswith("zh") else ", "
        return between.join(str(name) for name in names if not absent(name)) or NONE


def absent(value: object) -> bool:
    """Return whether there is no value: None, NaN, NaT or NA."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


@lru_cache(maxsize=8)
def words(language: str, zone: str = "Asia/Shanghai") -> Words:
    """Return the words of a language; made once."""
    return Words(language, zone)
