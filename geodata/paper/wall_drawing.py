"""The ground of a wall map: what is drawn on it, and what is written there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import shapely

from geodata.paper.fonts import SANS, SERIF
from geodata.paper.page import INK, POINT, QUIET, Pen, Shapes, Sheet
from geodata.paper.view import View
from geodata.paper.wall_flags import Flagging
from geodata.paper.wall_index import leading
from geodata.paper.wall_labels import Form, Label, Placer
from geodata.paper.wall_pens import (
    BUILT,
    HATCH_MM,
    NAMED,
    SIGNS,
    TINTS,
    WHITE,
    Pens,
    draw_sign,
    hatched,
)
from geodata.paper.wording import text
from geodata.reports.wall import Wall

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DENSE = 0.06  # of the map that signs may take before they become dots
NAME_SIZES = (1.5, 1.25, 1.0)  # of a grid's label, times the least
TIGHT = 1.14  # leading within a label
BARE = -3  # which of a grid's forms stands at the end of a line: code and number, in one line
FEW_DIVISIONS = 60  # communities; if there are more, names are small and leaders in the list alone
FEW_LINES, FEW_SHARE = 20, 0.05  # at most so many grids are labelled by a line


@dataclass
class Canvas:
    """
    A wall map while it is drawn.

    Parameters
    ----------
    sheet, view, wall
        On what, which part of the ground, and what it shows.
    layers
        Which of `geodata.paper.wall_map.LAYERS`.
    flagging
        How flags are drawn; by how much lines and type are larger than on A3, and the least type.

    Attributes
    ----------
    placer
        The labels.
    unlabelled
        Grids that have none.
    letters
        Category of points → its letter; empty where there are too many points for letters.
    flags_left
        How many flags found no room.
    """

    sheet: Sheet
    view: View
    wall: Wall
    layers: frozenset[str]
    flagging: Flagging
    placer: Placer = field(init=False)
    unlabelled: list[str] = field(default_factory=list)
    letters: dict[str, str] = field(default_factory=dict)
    flags_left: int = 0
    _hatching: shapely.STRtree | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Take the grids to the page once: drawing, labels and squares all ask for them."""
        self.placer = Placer(self.view.box)
        self.pens = Pens(self.size)
        self._placed = self.view.place(self.wall.grids.geometry.to_numpy())
        self.letters = letters_of(self.wall.points["category"])

    @property
    def size(self) -> float:
        """By how much lines and type are larger than on A3."""
        return self.flagging.size

    @property
    def least(self) -> float:
        """Least size of type, points."""
        return self.flagging.least

    @property
    def radius(self) -> float:
        """Of the sign of a point, mm."""
        return 1.15 * self.size

    @property
    def dense(self) -> bool:
        """Whether points are too many for letters."""
        taken = len(self.wall.points) * (2 * self.radius) ** 2
        return taken > DENSE * self.view.box.width * self.view.box.height

    def draw(self) -> None:
        """Draw the ground and write on it."""
        box = self.view.box
        # a clip alone would leave fpdf2 believing in colours that the end of the clip takes back
        context, clip = self.sheet.local_context(), self.sheet.rect_clip
        with context, clip(box.left, box.top, box.width, box.height):
            self._ground()
            self._borders()
            spots = self._points() if "points" in self.layers else []
            self._place_labels()
            self._signs(spots)
            for label in self.placer.labels:
                self._line_to(label)
            for label in self.placer.labels:
                self._write(label)

    def _lay(self, shapes: Shapes, *pens: Pen) -> None:
        placed = self.view.place(shapes)
        for pen in pens:
            self.sheet.draw(placed, pen)

    def _ground(self) -> None:
        grids, layers = self.wall.grids, self.layers
        inside = grids["inside"].to_numpy(dtype=bool)
        self.sheet.draw(self._placed[~inside], self.pens.away)
        for tint in range(-1, len(TINTS)):
            chosen = inside & (grids["tint"] == tint).to_numpy()
            self.sheet.draw(self._placed[chosen], self.pens.grid(tint))
        if "gaps" in layers:
            self._gaps()
        if "compounds" in layers:
            self._lay(self.wall.compounds.geometry.to_numpy(), self.pens.compound)
        if "roads" in layers:
            self._lay(self.wall.roads.geometry.to_numpy(), *self.pens.road)

    def _gaps(self) -> None:
        shapes = self.view.place(self.wall.gaps.geometry.to_numpy())
        shapes = shapes[~shapely.is_empty(shapes)]
        self.sheet.draw(hatched(shapes, HATCH_MM * self.size), self.pens.hatch)
        self.sheet.draw(shapes, self.pens.gap)

    def _borders(self) -> None:
        wall = self.wall
        inside = wall.grids[wall.grids["inside"] & wall.grids["unit_id"].notna()]
        regions = [
            shapely.union_all(own.geometry.to_numpy(), grid_size=0.001)
            for _, own in inside.groupby("unit_id")
        ]
        self._lay(np.array(regions, dtype=object), self.pens.unit)
        if wall.spots is not None:
            for kind, own in wall.spots.classes.groupby(wall.spots.classes):
                shapes = wall.grids.geometry.reindex(own.index).dropna().to_numpy()
                placed = self.view.place(shapes)
                wide = min(0.8 * self.size, 0.08 * float(np.sqrt(np.median(shapely.area(placed)))))
                inner = shapely.buffer(placed, -0.65 * wide)
                self.sheet.draw(inner, replace(self.pens.spot(int(kind)), width=wide))
        for level, pen in (
            ("community", self.pens.community),
            ("subdistrict", self.pens.subdistrict),
        ):
            self._lay(wall.divisions.geometry[wall.divisions["level"] == level].to_numpy(), pen)

    def _points(self) -> list[tuple[float, float, str]]:
        """Find a place for each sign: its own, or a free one that touches it."""
        points, radius = self.wall.points, self.radius
        found = []
        for shape, category in zip(points.geometry, points["category"], strict=True):
            x, y = self.view.spot(shape.x, shape.y)
            if self.dense:
                found.append((x, y, ""))
                continue
            ring = [(x, y)] + [
                (x + away * radius * np.cos(turn), y + away * radius * np.sin(turn))
                for away in (1.6, 2.4)
                for turn in np.arange(0, 2 * np.pi, np.pi / 4)
            ]
            boxes = [(a - radius, b - radius, a + radius, b + radius) for a, b in ring]
            free = next((n for n, box in enumerate(boxes) if self.placer.free(box)), 0)
            self.placer.take(boxes[free])
            found.append((*ring[free], self.letters.get(text(category), "")))
        return found

    def _signs(self, spots: list[tuple[float, float, str]]) -> None:
        for x, y, letter in spots:
            draw_sign(self.sheet, (x, y), self.radius if letter else 0.5 * self.size, letter)

    def _place_labels(self) -> None:
        self._name_divisions()
        self._place_flags()
        grids = self.wall.grids
        inside = np.flatnonzero(
            grids["inside"].to_numpy(dtype=bool) & ~shapely.is_empty(self._placed)
        )
        areas, rows = self._placed[inside], grids.iloc[inside]
        forms = self._forms(rows)
        left = self.placer.within("grid", areas, forms)
        if len(left) <= FEW_LINES + FEW_SHARE * len(areas):  # more would be a thicket of lines
            left = [n for n in left if not self.placer.beside("grid", n, forms[n][BARE], areas[n])]
        self.unlabelled = [str(code) for code in rows.index[left]]
        if "roads" in self.layers:
            self._name_roads()
        if "compounds" in self.layers:
            self._name_compounds()

    def _place_flags(self) -> None:
        """Stand flags on their ground, or beside it at the end of a line."""
        places = self.wall.flags.places
        grounds = np.array([place.ground for place in places], dtype=object)
        areas = self.view.place(grounds)
        forms = [self.flagging.forms(list(place.flags)) for place in places]
        left = self.placer.within("flags", areas, forms)
        left = [n for n in left if not self.placer.beside("flags", n, forms[n][0], areas[n])]
        self.flags_left = sum(len(places[n].flags) for n in left)

    def _forms(self, rows: pd.DataFrame) -> list[list[Form]]:
        known = self.wall.units
        short = known["short_name"].fillna(known["name"])
        classes = {} if self.wall.spots is None else self.wall.spots.classes.to_dict()
        full = "units" in self.layers
        made = []
        for code, one, number in zip(rows.index, rows["short"], rows["number"], strict=True):
            numbered = "" if pd.isna(number) else str(number)
            head = " ".join(part for part in (one, SIGNS.get(classes.get(code, 0), "")) if part)
            name = text(short[number]) if numbered and full else ""
            made.append(self._forms_of(head, numbered, name))
        return made

    def _forms_of(self, head: str, number: str, name: str) -> list[Form]:
        """Return the forms of a grid's label: with the name large to small, then without it."""
        both = f"{head}·{number}" if number else head
        forms = []
        for times in NAME_SIZES if name else ():
            size = self.least * times
            whole = self.sheet.width(name, size)
            for count in (1, 2, 3):
                lines = self.sheet.lines(name, whole / count + 0.6 * size * POINT, size)
                forms.append(self._form([(both, size)] + [(line, size) for line in lines]))
        sizes = [self.least * times for times in NAME_SIZES]
        bare = [self._form([(both, size)]) for size in sizes]
        stacked = [(head, self.least), *([(number, self.least)] if number else [])]
        return [*forms, *bare, self._form(stacked), self._form(stacked[:1])]

    def _form(self, lines: list[tuple[str, float]], face: str = SANS) -> Form:
        across = max(self.sheet.width(line, size, face) for line, size in lines)
        down = sum(size * POINT * TIGHT for _, size in lines)
        return Form(tuple(lines), across + 0.3 * self.size, down)

    def _name_divisions(self) -> None:
        divisions = self.wall.divisions
        if len(divisions) <= 1:
            return  # the title says it
        few = (divisions["level"] == "community").sum() <= FEW_DIVISIONS
        for level, times in (("subdistrict", 3.0), ("community", 2.1 if few else 1.4)):
            own = divisions[divisions["level"] == level]
            if level == "subdistrict" and len(own) <= 1:
                continue
            led = "leaders" in self.layers and bool(few)
            forms = [
                self._division_forms(code, name, times, led=led)
                for code, name in own["name"].items()
            ]
            areas = self.view.place(own.geometry.to_numpy())
            self.placer.within(level, areas, forms)

    def _division_forms(self, code: object, name: object, times: float, *, led: bool) -> list[Form]:
        size = self.least * times
        leaders = self.wall.leaders
        said = leading(leaders[leaders["target"] == code], self.sheet.words)
        forms = [self._form([(text(name), size)], SERIF)]
        if said and led:
            small = self.least * 1.1
            forms.insert(0, self._form([(text(name), size), (said, small)], SERIF))
        return [*forms, self._form([(text(name), size * 0.75)], SERIF)]

    def _name_roads(self) -> None:
        roads = self.wall.roads
        placed = self.view.place(roads.geometry.to_numpy())
        named: set[str] = set()
        order = np.argsort(-shapely.length(placed), kind="stable")
        for number in order.tolist():
            name, parts = text(roads["name"].iloc[number]), shapely.get_parts(placed[number])
            if not name or name in named or not len(parts):
                continue
            form = self._form([(name, self.least)])
            longest = parts[int(np.argmax(shapely.length(parts)))]
            if self.placer.along("road", number, form, longest):
                named.add(name)

    def _name_compounds(self) -> None:
        own = self.wall.compounds
        placed = self.view.place(own.geometry.to_numpy())
        there = ~shapely.is_empty(placed)
        names = [text(name) for name in own["name"][there]]
        forms = [[self._form([(name or "·", self.least)])] for name in names]
        self.placer.within("compound", placed[there], forms)

    def _line_to(self, label: Label) -> None:
        if label.line is None:
            return
        (x1, y1), (x2, y2) = label.line
        self.sheet.set_draw_color(*INK)
        self.sheet.set_line_width(0.12 * self.size)
        self.sheet.line(x1, y1, x2, y2)
        self.sheet.set_fill_color(*INK)
        dot = 0.3 * self.size
        self.sheet.ellipse(x1 - dot, y1 - dot, 2 * dot, 2 * dot, style="F")

    def _write(self, label: Label) -> None:
        x, y = label.middle
        form = label.form
        if label.kind == "flags":
            flags = self.wall.flags.places[label.number].flags
            self.flagging.draw_all(self.sheet, label.middle, form, flags)
            return
        if label.turn or label.kind == "road":
            with self.sheet.rotation(label.turn, x, y):
                self.sheet.set_fill_color(*WHITE)
                wide, high = form.width / 2, form.height * 0.46
                self.sheet.rect(x - wide, y - high, 2 * wide, 2 * high, "F")
                self._lines(label, x, y)
            return
        if self._on_gap(label):
            left, top, right, bottom = label.box
            self.sheet.set_fill_color(*WHITE)
            self.sheet.rect(left, top, right - left, bottom - top, "F")
        self._lines(label, x, y)

    def _on_gap(self, label: Label) -> bool:
        """Say whether a label stands on hatching, which would cross it out."""
        if "gaps" not in self.layers:
            return False
        if self._hatching is None:
            self._hatching = shapely.STRtree(self.view.place(self.wall.gaps.geometry.to_numpy()))
        found = self._hatching.query(shapely.box(*label.box), predicate="intersects")
        return len(found) > 0

    def _lines(self, label: Label, x: float, y: float) -> None:
        face = SERIF if label.kind in {"community", "subdistrict"} else SANS
        colour = {"road": QUIET, "compound": BUILT}.get(label.kind, INK)
        colour = NAMED if face == SERIF else colour
        at = y - label.form.height / 2
        for number, (line, size) in enumerate(label.form.lines):
            at += size * POINT * TIGHT
            base = at - size * POINT * 0.25
            bold = number == 0 and (face == SERIF or label.kind == "grid")
            self.sheet.put(x, base, line, size, face=face, colour=colour, align="centre", bold=bold)


def letters_of(categories: pd.Series) -> dict[str, str]:
    """Return a letter for each category, the most frequent first; those after Z share it."""
    counts = categories.map(text).value_counts()
    order = sorted(counts.index, key=lambda name: (-counts[name], name))
    last = len(LETTERS) - 1
    return {name: LETTERS[min(number, last)] for number, name in enumerate(order)}
