"""What material and its days are called."""

from __future__ import annotations

from web.words import gettext_noop as _

MATERIAL_WORDS: dict[str, dict[str, str]] = {
    "material": {
        "waiting": _("not handed in"),
        "submitted": _("handed in"),
        "returned": _("sent back"),
        "accepted": _("accepted"),
        "late": _("late"),
    },
    "material_done": {
        "submit": _("Handed in"),
        "return": _("Sent back"),
        "accept": _("Accepted"),
        "withdraw": _("Withdrawn"),
    },
    "material_sort": {"report": _("report"), "pictures": _("pictures")},
    "weekday": {
        str(n): name
        for n, name in enumerate(
            (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
        )
    },
}
