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
PERMISSIONS = {
    "page.open": _("open a page"),
    "self.manage": _("manage your own account"),
    "register.read": _("read the register"),
    "contact.read": _("see phone numbers"),
    "hotspot.read": _("look for hot spots"),
    "assignment.write": _("assign grids"),
    "grid.write": _("draw or mend grids"),
    "form.import": _("import Excel forms"),
    "claim.read": _("read claims"),
    "claim.propose": _("claim grids or points"),
    "claim.decide": _("decide on claims"),
    "plan.read": _("read plans"),
    "plan.write": _("write plans"),
    "plan.publish": _("publish plans"),
    "paper.print": _("print cards, rosters and maps"),
    "issue.read": _("read issues"),
    "issue.report": _("report issues"),
    "issue.note": _("add a note or a photo to an issue"),
    "issue.handle": _("deal with issues of your unit"),
    "issue.office": _("file, dispatch and rule on issues"),
    "issue.check": _("reinspect and close out issues"),
    "photo.redact": _("blur photos"),
    "field.read": _("use the pages for the phone"),
    "field.write": _("send from the phone"),
    "patrol.read": _("read patrols"),
    "round.read": _("read rounds of inspection"),
    "round.write": _("arrange rounds of inspection"),
    "leading.read": _("read the leaders’ pages"),
    "run.write": _("run and save an analysis"),
    "board.read": _("read the board"),
    "board.write": _("change groups and tasks of the board"),
    "board.report": _("report on tasks of the board"),
    "board.freeze": _("freeze a month of the board"),
    "ranking.read": _("read the ranking"),
    "ranking.write": _("change the formula of the ranking"),
    "ranking.appeal": _("appeal against a rank"),
    "ranking.rule": _("rule on appeals against a rank"),
    "bulletin.read": _("read bulletins"),
    "bulletin.freeze": _("freeze or amend a bulletin"),
    "material.read": _("read what material is asked for"),
    "material.write": _("ask units for material"),
    "material.submit": _("hand in material"),
    "material.review": _("review material"),
    "cadence.write": _("change the cadence"),
    "standard.read": _("read categories, conditions and limits"),
    "standard.write": _("change categories, conditions and limits"),
    "report.publicly": _("report as a citizen"),
    "journal.read": _("read the journal"),
    "account.manage": _("manage accounts"),
}
"""Action of `gridmap.access.PERMITS` → what somebody may not do, as a refusal says it."""
TERMS = {
    "issue-state": STATES,
    "issue-act": ACTS,
    "issue-need": NEEDS,
    "plan-state": PLAN_STATES,
    "appeal-state": APPEAL_STATES,
    "material-state": MATERIAL_STATES,
    "permission": PERMISSIONS,
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
