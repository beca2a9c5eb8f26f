"""What material and its days are called."""

from __future__ import annotations

from api import terms
from web.words import gettext_noop as _

MATERIAL_WORDS: dict[str, dict[str, str]] = {
    "material": terms.MATERIAL_STATES,
    "material_done": {
        "submit": _("Handed in"),
        "return": _("Sent back"),
        "accept": _("Accepted"),
        "withdraw": _("Withdrawn"),
    },
    "material_sort": {"report": _("report"), "pictures": _("pictures")},
    "beat": {"daily": _("every workday"), "weekly": _("weekly"), "monthly": _("monthly")},
    "cadence_kind": {
        "inspect": _("daily inspection"),
        "rectify": _("weekly rectification"),
        "prompt": _("monthly prompt"),
        "collect": _("collection of material"),
        "review": _("review of material"),
        "bulletin": _("monthly bulletin"),
    },
    "weekday": {
        str(n): name
        for n, name in enumerate(
            (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
        )
    },
}
