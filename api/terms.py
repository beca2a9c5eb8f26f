"""What the codes of states, acts and needs are called, in pages and in refusals alike."""

from __future__ import annotations

from api.i18n import translator
from gridmap.errors import Term


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated where it is shown."""
    return sentence


_ = gettext_noop

STATES = {
    "reported": _("Reported"),
    "filed": _("Filed"),
    "refused": _("Not filed"),
    "dispatched": _("Dispatched"),
    "accepted": _("Being set right"),
    "returned": _("Returned"),
    "rectified": _("Set right"),
    "reinspected": _("Reinspected"),
    "closed_out": _("Closed out"),
    "suspended": _("Suspended"),
    "merged": _("Merged"),
}
ACTS = {
    "file": _("File it"),
    "refuse": _("Refuse to file"),
    "dispatch": _("Dispatch"),
    "accept": _("Take on"),
    "return": _("Return"),
    "rule": _("Rule who answers"),
    "rectify": _("Report it set right"),
    "reinspect": _("Reinspection passed"),
    "reject": _("Reinspection failed"),
    "close_out": _("Close out"),
    "reopen": _("Reopen"),
    "ask_extension": _("Ask for more time"),
    "grant_extension": _("Grant more time"),
    "deny_extension": _("Deny more time"),
    "suspend": _("Suspend"),
    "resume": _("Resume"),
    "appeal": _("Appeal"),
    "uphold_appeal": _("Uphold the appeal"),
    "deny_appeal": _("Deny the appeal"),
    "escalate": _("Escalate"),
    "transfer": _("Give to another unit"),
    "merge": _("Merge into another"),
    "unmerge": _("Undo the merger"),
    "move": _("Correct the place"),
    "note": _("Add a note"),
    "publish": _("Show to the public"),
    "unpublish": _("Withdraw from the public"),
}
"""Act → what its button says."""
NEEDS = {
    "reason": _("Reason"),
    "unit": _("Unit"),
    "condition": _("Filing condition"),
    "into": _("Number of the other issue"),
    "more": _("How much more"),
    "place": _("Where it is"),
    "evidence": _("Photo"),
}
PLAN_STATES = {
    "draft": _("Draft"),
    "approved": _("Approved"),
    "published": _("Published"),
    "discarded": _("Discarded"),
}
APPEAL_STATES = {
    "asked": _("waits for its ruling"),
    "upheld": _("upheld"),
    "dismissed": _("dismissed"),
    "withdrawn": _("withdrawn"),
}
MATERIAL_STATES = {
    "waiting": _("not handed in"),
    "submitted": _("handed in"),
    "returned": _("sent back"),
    "accepted": _("accepted"),
    "late": _("late"),
}
TERMS = {
    "issue-state": STATES,
    "issue-act": ACTS,
    "issue-need": NEEDS,
    "plan-state": PLAN_STATES,
    "appeal-state": APPEAL_STATES,
    "material-state": MATERIAL_STATES,
}
"""Vocabulary of a `gridmap.errors.Term` → code → its English word, the key of its translations."""


def spoken(value: object, language: str) -> object:
    """
    Return a value of an error as a reader is told it.

    Parameters
    ----------
    value
        A term, which is said in words; anything else stays as it is.
    language
        One of `api.i18n.LANGUAGES`.

    Examples
    --------
    >>> spoken(Term("issue-need", "reason", "unit"), "en"), spoken("reason", "en")
    ('Reason, Unit', 'reason')
    """
    if not isinstance(value, Term):
        return value
    known, gettext = TERMS[value.vocabulary], translator(language).gettext
    between = "、" if language.startswith("zh") else ", "
    return between.join(gettext(known[code]) if code in known else code for code in value.codes)
