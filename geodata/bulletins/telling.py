"""
The telling of a bulletin: an edition as a document, in a language.

Word, PDF, workbook and page are all set from what is told here; nothing is worked out in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from geodata.bulletins.blocks import Block, Document, Drawn, Heading, Paragraph, Signature
from geodata.bulletins.kept import Edition
from geodata.bulletins.tables import Tables
from geodata.bulletins.wording import Say
from gridmap.bulletins import Figures


def tell(edition: Edition, language: str, zone: ZoneInfo) -> Document:
    """
    Tell an edition as a document.

    Parameters
    ----------
    edition
        Which.
    language
        One of `geodata.bulletins.words.LABELS`.
    zone
        The city's time zone, for the day on which it was frozen.

    Raises
    ------
    NotFoundError
        If nothing is said in that language.
    """
    say = Say(language)
    city, first = str(edition.figures["city"]), edition.month.first
    told = {"city": city, "year": first.year, "n": first.month}
    return Document(
        head=say("head", **told),
        number=say("number", **told),
        title=say("title", **told),
        blocks=tuple(_blocks(edition, say, zone)),
        annex=tuple(Tables(edition.figures, say).indicators()),
    )


def _blocks(edition: Edition, say: Say, zone: ZoneInfo) -> Iterator[Block]:
    figures, tables = edition.figures, Tables(edition.figures, say)
    yield from _opening(edition, say)
    yield from _of_issues(figures, tables, say)
    yield Heading(say("places"))
    yield from _places(figures, say)
    yield from tables.spots()
    ground = figures["map"]
    if ground["areas"]:
        counts = {"n": len(ground["areas"]), "spots": len(ground["spots"])}
        kind = ground["level"]
        yield Drawn("map", say(f"chart {kind}"), say("alt map", what=say(kind), **counts))
    yield from tables.places()
    yield Heading(say("patrols"))
    yield Paragraph(_patrols(figures, say))
    yield Heading(say("parties"))
    yield from tables.subdistricts()
    yield from tables.units()
    yield from tables.evaluation()
    yield from _ending(edition, say, zone)


def _of_issues(figures: Figures, tables: Tables, say: Say) -> Iterator[Block]:
    yield Heading(say("overview"))
    yield from _overview(figures, say)
    yield from tables.shares()
    yield _drawn("trend", say("alt trend", n=figures["issues"]["received"]), say)
    yield Heading(say("coverage"))
    yield from _coverage(figures, say)
    yield from tables.coverage()
    yield from tables.gaps()
    yield Heading(say("issues"))
    yield from tables.categories()
    if figures["issues"]["received"]:
        yield _drawn("categories", _most(figures, say), say)
    yield Heading(say("deadlines"))
    yield from _deadlines(figures, say)
    yield from tables.overdue()
    if rows := compared_rows(figures):
        yield _drawn("on_time", say("alt on_time", n=len(rows)), say)


def _ending(edition: Edition, say: Say, zone: ZoneInfo) -> Iterator[Block]:
    if edition.frozen_at is not None:
        day = edition.frozen_at.astimezone(zone).date()
        yield Signature(say("office", city=edition.figures["city"]), say.day(day))
    yield Heading(say("notes"))
    yield Paragraph(say("note"), quiet=True)
    if edition.hash:
        yield Paragraph(say("seal", hash=edition.hash), quiet=True)


def compared_rows(figures: Figures) -> list[dict[str, Any]]:
    """
    Return the rows that the chart of what was in time compares, each with something due.

    Parameters
    ----------
    figures
        Of a month: subdistricts where there are several, categories otherwise.
    """
    for name in ("by_subdistrict", "by_category"):
        rows = [row for row in figures[name] if row["on_time"]["whole"] and row["name"]]
        if len(rows) > 1:
            break
    return sorted(rows, key=lambda row: (-row["on_time"]["whole"], row["key"]))[:12]


def _drawn(name: Any, alt: str, say: Say) -> Drawn:  # noqa: ANN401 - one of four names
    return Drawn(name, say(f"chart {name}"), alt)


def _opening(edition: Edition, say: Say) -> Iterator[Block]:
    month = edition.month
    if edition.amendment is None:
        yield Paragraph(say("draft"), quiet=True)
    elif edition.amendment:
        reason = (edition.reason or "").rstrip("。.")
        yield Paragraph(say("amended", n=edition.amendment, reason=reason), quiet=True)
    days = {"since": say.day(month.first), "until": say.day(month.last)}
    yield Paragraph(say("opening", year=month.first.year, n=month.first.month, **days))


def _overview(figures: Figures, say: Say) -> Iterator[Block]:
    counts, flow = figures["issues"], figures["flow"]
    told = {name: say.number(value) for name, value in counts.items()}
    told |= {
        "carried": say.number(flow["carried"]),
        "ended": say.number(flow["closed"]),
        "left": say.number(flow["open"]),
    }
    yield Paragraph(say("received text", **told))
    now = {"received": counts["received"], "open": flow["open"], "overdue": figures["overdue"]["n"]}
    before = figures["before"]["counts"]
    moved = {name: say.moved(now[name] - before[name]) for name in now}
    yield Paragraph(say("compared", **moved))


def _coverage(figures: Figures, say: Say) -> Iterator[Block]:
    city, units, gaps = figures["coverage"]["city"], figures["units"], figures["gaps"]
    shares = {name: say.share(city[name]["share"]) for name in ("ground", "roads", "points")}
    told = {"grids": city["grids"], "units": units["in_use"], "holding": units["holding"]}
    yield Paragraph(say("coverage text", **shares, **told))
    if gaps["n"]:
        yield Paragraph(say("gaps text", n=gaps["n"], area=say.area(gaps["area_m2"])))
    else:
        yield Paragraph(say("no gaps"))


def _most(figures: Figures, say: Say) -> str:
    most = figures["by_category"][0]
    return say("alt categories", name=most["name"], n=most["received"])


def _deadlines(figures: Figures, say: Say) -> Iterator[Block]:
    on_time, overdue = figures["on_time"], figures["overdue"]
    yield Paragraph(
        say("on time text", **say.parts(on_time)) if on_time["whole"] else say("nothing due")
    )
    if overdue["n"]:
        yield Paragraph(say("overdue text", n=overdue["n"], shown=len(overdue["top"])))
    else:
        yield Paragraph(say("no overdue"))


def _places(figures: Figures, say: Say) -> Iterator[Block]:
    yield Paragraph(_hotspots(figures["hotspots"], say))
    if "method" in figures["hotspots"]:
        yield Paragraph(_method(figures["hotspots"]["method"], say), quiet=True)
    found = figures["recurrence"]
    if not found["rate"]["whole"]:
        yield Paragraph(say("recurrence bare", n=found["n"]))
        return
    days = {name: say.day(date.fromisoformat(found[name])) for name in ("since", "until")}
    yield Paragraph(say("recurrence text", n=found["n"], **days, **say.parts(found["rate"])))


def _hotspots(found: dict[str, Any], say: Say) -> str:
    if "refused" in found:
        values = found["refused"]["values"]
        if "n_nonzero" not in values:
            return say("same text")
        return say("refused text", areas=values["n_areas"], nonzero=values["n_nonzero"])
    classes = [row["class"] for row in found["spots"]]
    hot, cold = sum(one > 0 for one in classes), sum(one < 0 for one in classes)
    return say("hot text", hot=hot, cold=cold) if classes else say("no hot")


def _method(method: dict[str, Any], say: Say) -> str:
    return say(
        "method",
        name=method["name"],
        points=say.number(method["n_points"]),
        areas=say.number(method["n_areas"]),
        alpha=f"{method['alpha']:g}",
        fdr=say("fdr" if method["fdr"] else "no fdr"),
        hash=method["input_hash"][:16],
    )


def _patrols(figures: Figures, say: Say) -> str:
    found = figures["patrols"]
    walked, seen = found["walked"], found["seen"]
    if not walked["whole"] and not seen["whole"]:
        return say("no patrols")
    return say(
        "patrol text",
        days=found["days"],
        patrols=say.number(found["patrols"]),
        roads_whole=say.metres(walked["whole"]),
        roads_part=say.metres(walked["part"]),
        walked=say.share(walked["share"]),
        points_whole=say.number(seen["whole"]),
        points_part=say.number(seen["part"]),
        seen=say.share(seen["share"]),
    )
