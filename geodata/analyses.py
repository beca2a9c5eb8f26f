"""
Analyses in the background: hot spots and what a page sets beside them, one part after the other.

What comes of a part is kept on disk, where the service finds it. Between two parts a reader is told
how far it has come, and may stop it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from geodata.questions import Question, spots_of
from geodata.reports import doubts, exposures, quadrants, road_spots, spots
from geodata.reports.issue_points import issue_points
from geodata.reports.outliving import is_kept
from geodata.workspace import Workspace
from gridmap.errors import GridMapError, TooLittleDataError


def parts(question: Question) -> list[Question]:
    """
    Return what a page of hot spots shows: what is asked, then what is set beside it.

    Parameters
    ----------
    question
        Of one of `geodata.questions.OF_SPOTS`.
    """
    if question.kind != "hotspots" or question.statistic != "gi_star":
        return [question]
    partitions = doubts.other_partitions(question.measure)
    groups = doubts.of_groups(question.wanted).values()
    return [
        question,
        *(replace(question, measure=measure) for measure in partitions),
        *(replace(question, wanted=wanted) for wanted in groups),
    ]


def is_ready(own: Workspace, question: Question, zone: ZoneInfo) -> bool:
    """
    Say whether what is asked, and what is set beside it, lies on disk.

    Parameters
    ----------
    own
        What is seen of the register.
    question
        Of one of `geodata.questions.OF_SPOTS`.
    zone
        The city's time zone.
    """
    return all(is_kept(own, *_kept_under(part, zone)) for part in parts(question))


def _kept_under(question: Question, zone: ZoneInfo) -> tuple[object, ...]:
    wanted, as_of = question.wanted, question.as_of
    if question.kind == "network":
        cut = (question.lixel_m, question.reach_m)
        return road_spots.kept_under(wanted, zone, as_of, cut)
    found = quadrants if question.statistic == "local_moran" else spots
    return found.kept_under(wanted, zone, question.measure, as_of)


def prepare(
    whole: Workspace,
    own: Workspace,
    question: Question,
    zone: ZoneInfo,
    tell: Callable[[int, int], bool],
) -> bool:
    """
    Work out what is asked and what is set beside it.

    Parameters
    ----------
    whole, own, question, zone
        As `geodata.questions.answer`, of one of `geodata.questions.OF_SPOTS`.
    tell
        How many parts are done, and of how many → whether to go on.

    Returns
    -------
    bool
        False if it was stopped.

    Raises
    ------
    GridMapError
        If what is asked has no answer, unless that is that there is too little; what is set beside
        it may have none.
    """
    wanted = parts(question)
    if not tell(0, len(wanted)):
        return False
    issue_points(own)
    for done, part in enumerate(wanted, 1):
        with suppress(TooLittleDataError if part is question else GridMapError):
            spots_of(whole, own, part, zone)
        if not tell(done, len(wanted)):
            return False
    return True


def warm_areas(whole: Workspace, as_of: date) -> None:
    """
    Read the issues, and look up where each lies on grids, squares and hexagons.

    Parameters
    ----------
    whole, as_of
        The register of the whole city, and the day whose ground they are counted on.
    """
    for by in spots.BY:
        spots.located(whole, spots.Measure(by), as_of)


def warm_roads(whole: Workspace, as_of: date) -> None:
    """
    Look up how much road each area has, and where along the roads each issue lies.

    Parameters
    ----------
    whole, as_of
        As `warm_areas`.
    """
    day = (as_of, as_of)
    for by in spots.BY:
        ground = spots.areas(whole, by, None, as_of)[0]
        exposures.denominator(whole, ground, by, "roads", day, as_of)
    road_spots.located(whole, as_of)
