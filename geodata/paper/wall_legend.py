"""The legend of a wall map: its signs, how its hot spots were found, and the boards' flags."""

from __future__ import annotations

from datetime import date

import numpy as np
import shapely

from geodata.paper.page import Pen, Sheet
from geodata.paper.wall_drawing import Canvas, letters_of
from geodata.paper.wall_flags import ACROSS, DOWN, Flagging
from geodata.paper.wall_index import DrawSign, Panel
from geodata.paper.wall_pens import HATCH_MM, SIGNS, TINTS, Pens, draw_sign, hatched
from geodata.paper.wall_words import say
from geodata.reports.wall import Spots, Wall
from geodata.reports.wall_flags import Flags
from gridmap.method import Method

HASH = 16  # characters of it that are printed


def write_legend(
    panel: Panel, wall: Wall, layers: frozenset[str], times: float, canvas: Canvas | None
) -> None:
    """
    Set the legend.

    Parameters
    ----------
    panel
        Where.
    wall
        What the map shows.
    layers
        Some of `geodata.paper.wall_map.LAYERS`.
    times
        By how much the sheet is larger than A3.
    canvas
        The map, if it is drawn already.
    """
    words, pens, sheet = panel.sheet.words, Pens(times), panel.sheet
    panel.heading(say(words, "legend"))
    panel.sign(_label_sign(sheet, times), say(words, "grid label"))
    panel.sign(_tints(sheet, pens), say(words, "tints"))
    lines: list[tuple[str, tuple[Pen, ...]]] = [("unit border", (pens.unit,))]
    if len(wall.divisions):
        lines += [("community", (pens.community,)), ("subdistrict", (pens.subdistrict,))]
    if "roads" in layers:
        lines.append(("road", pens.road))
    if "compounds" in layers:
        lines.append(("compound", (pens.compound,)))
    for name, own in lines:
        panel.sign(_stroke(sheet, own), say(words, name))
    if "gaps" in layers:
        panel.sign(_hatch(sheet, pens, times), say(words, "gap"))
    if "points" in layers and len(wall.points):
        _points(panel, wall, times, dense=canvas is not None and canvas.dense)
    _labelled(panel, wall, canvas)


def write_spots(panel: Panel, spots: Spots | None, times: float) -> None:
    """
    Set the classes of hot spots and the line that says how they were found.

    Parameters
    ----------
    panel
        Where.
    spots
        None, or without a method, where there is too little to find any.
    times
        By how much the sheet is larger than A3.
    """
    words = panel.sheet.words
    panel.heading(say(words, "spots"))
    if spots is None or spots.method is None:
        panel.note(say(words, "no spots"))
        return
    for kind in sorted({int(kind) for kind in spots.classes}, reverse=True):
        said = say(words, "hot" if kind > 0 else "cold", sign=SIGNS[kind])
        panel.sign(_stroke(panel.sheet, (Pens(times).spot(kind),)), said)
    panel.note(_method_line(panel, spots.method, len(spots.classes)))


def write_flags(
    panel: Panel, flags: Flags, as_of: date, flagging: Flagging, canvas: Canvas | None
) -> None:
    """
    Set the flags of the boards, each group with the number that it has on the map.

    Parameters
    ----------
    panel
        Where.
    flags
        Of the month; there may be none.
    as_of
        A day of that month.
    flagging
        How they are drawn.
    canvas
        The map, if it is drawn already.
    """
    words = panel.sheet.words
    panel.heading(say(words, "flags", month=f"{as_of:%Y-%m}"))
    if not flags.groups:
        panel.note(say(words, "no flags"))
        return
    for number, (group, flag) in enumerate(flags.groups.items(), start=1):
        sign = _flag(panel.sheet, flagging, flag, str(number))
        panel.sign(sign, f"{group}　{say(words, f'flag {flag}')}")
    whole = sum(len(place.flags) for place in flags.places)
    rest = canvas.flags_left if canvas else 0
    told = {"n": words.number(whole - rest), "whole": words.number(whole)}
    panel.note(say(words, "flags drawn", **told))


def _method_line(panel: Panel, method: Method, found: int) -> str:
    words = panel.sheet.words
    first, last = (date.fromisoformat(day) for day in method.period or ("1970-01-01",) * 2)
    permuted = say(words, "permuted", n=words.number(method.permutations))
    return say(
        words,
        "spots method",
        name=method.name,
        since=first.isoformat(),
        until=date.fromordinal(last.toordinal() - 1).isoformat(),
        points=words.number(method.n_points),
        areas=words.number(method.n_areas),
        alpha=f"{method.alpha:g}",
        fdr=say(words, "fdr" if method.fdr else "no fdr"),
        ways=permuted if method.permutations else say(words, "normal"),
        n=words.number(found),
        hash=method.input_hash[:HASH],
    )


def _points(panel: Panel, wall: Wall, times: float, *, dense: bool) -> None:
    sheet, words = panel.sheet, panel.sheet.words
    if dense:
        panel.sign(_disc(sheet, 0.5 * times, ""), say(words, "dense"))
        return
    by_letter: dict[str, list[str]] = {}
    for category, letter in letters_of(wall.points["category"]).items():
        by_letter.setdefault(letter, []).append(category)
    for letter, names in by_letter.items():
        said = names[0] if len(names) == 1 else say(words, "other category")
        panel.sign(_disc(sheet, 1.15 * times, letter), said or say(words, "points"))


def _labelled(panel: Panel, wall: Wall, canvas: Canvas | None) -> None:
    """Say how many grids have a label, and how the others are found."""
    words = panel.sheet.words
    n, rest = int(wall.grids["inside"].sum()), len(canvas.unlabelled) if canvas else 0
    labels = canvas.placer.labels if canvas else []
    own = [label for label in labels if label.kind == "grid"]
    outer = sum(label.line is not None for label in own)
    counts = {"n": n, "inner": n - outer - rest, "outer": outer, "rest": rest}
    told = {name: words.number(count) for name, count in counts.items()}
    panel.note(say(words, "labelled", **told, share=words.share((n - rest) / n)))


def _label_sign(sheet: Sheet, times: float) -> DrawSign:
    def draw(x: float, y: float, across: float) -> None:
        size = 5.0 * times
        sheet.put(x + across / 2, y + 0.7 * times, "001·12", size, align="centre", bold=True)

    return draw


def _tints(sheet: Sheet, pens: Pens) -> DrawSign:
    def draw(x: float, y: float, across: float) -> None:
        half = across * 0.2
        for number in range(len(TINTS)):
            left = x + across * number / len(TINTS)
            box = shapely.box(left, y - half, left + across / len(TINTS), y + half)
            sheet.draw(np.array([box]), pens.grid(number))

    return draw


def _stroke(sheet: Sheet, pens: tuple[Pen, ...]) -> DrawSign:
    def draw(x: float, y: float, across: float) -> None:
        for pen in pens:
            sheet.draw(np.array([shapely.linestrings([[x, y], [x + across, y]])]), pen)

    return draw


def _hatch(sheet: Sheet, pens: Pens, times: float) -> DrawSign:
    def draw(x: float, y: float, across: float) -> None:
        box = np.array([shapely.box(x, y - across * 0.2, x + across, y + across * 0.2)])
        sheet.draw(hatched(box, HATCH_MM * times / 2), pens.hatch)
        sheet.draw(box, pens.gap)

    return draw


def _disc(sheet: Sheet, radius: float, letter: str) -> DrawSign:
    def draw(x: float, y: float, across: float) -> None:
        draw_sign(sheet, (x + across / 2, y), radius, letter)

    return draw


def _flag(sheet: Sheet, flagging: Flagging, flag: str, number: str) -> DrawSign:
    def draw(x: float, y: float, across: float) -> None:
        corner = (x + across / 2 - ACROSS * flagging.size / 2, y - DOWN * flagging.size / 2)
        flagging.draw(sheet, corner, flag, number)

    return draw
