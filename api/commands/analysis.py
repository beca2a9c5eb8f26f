"""Commands that answer: is the map sound, whose ground is it, what is bare, where is it bad."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import geopandas as gpd
import pandas as pd
import typer

from api.commands.session import Session
from api.frames import dump, records
from api.sentences import QueryError
from geodata import writers
from geodata.reports import Slivers
from gridmap import layers
from gridmap.channels import GROUPS
from gridmap.errors import NotFoundError
from gridmap.exposure import MEASURES
from gridmap.hotspots import HotSpots

AsOf = Annotated[str | None, typer.Option("--as-of", help="The day; today if left out.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="The ending says the format.")]
Level = Annotated[str, typer.Option(help=f"One of {', '.join(layers.LEVELS)}.")]

COVERAGE_SHOWN = ["name", "ground_m2", "covered_m2", "share", "roads_m", "roads_covered_m"]
LOCATED_SHOWN = ("code", "name", "outside", "distance_m", "ambiguous", "unit_id")
SPOTS_SHOWN = ("name", "count", "exposure", "rate", "smoothed", "z", "class")


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("check", epilog="Example: gridmap check --level grid -o faults.gpkg")(check)
    app.command("locate", epilog="Example: gridmap locate points.csv -o out.csv")(locate)
    app.command("coverage", epilog="Example: gridmap coverage --level community -o gaps.html")(
        coverage
    )
    app.command(
        "hotspots", epilog="Example: gridmap hotspots --since 2026-06-01 --by hex -o spots.html"
    )(hotspots)


def check(
    context: typer.Context, level: Level = "grid", as_of: AsOf = None, output: Output = None
) -> None:
    """
    Audit a level: gaps, overlaps, slivers, holes, ground outside the parent, duplicates.

    Leaves with 1 where a fault was found.
    """
    session: Session = context.obj
    with session.working("Looking at every border"):
        audit = session.reports.audit(level, session.day(as_of))
    found = audit.faults
    session.say(
        "{n} areas, {area:,.3f} km², {faults} faults",
        n=audit.areas,
        area=audit.area_m2 / 1e6,
        faults=len(found),
    )
    shown = pd.DataFrame(found.drop(columns="geometry"))
    shown["codes"] = shown["codes"].map(" ".join)
    session.table(shown[["fault", "codes", "area_m2", "width_m"]])
    session.answer({"areas": audit.areas, "area_m2": audit.area_m2, "faults": records(shown)})
    if output is not None:
        writers.write(found.assign(codes=shown["codes"]), session.may_write(output))
    if len(found):
        raise typer.Exit(1)


def locate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    output: Output = None,
    as_of: AsOf = None,
    crs: Annotated[str | None, typer.Option(help="CRS of the file: EPSG:…, gcj02, bd09.")] = None,
    accuracy: Annotated[float | None, typer.Option(help="Metres.", min=0)] = None,
    level: Level = "grid",
) -> None:
    """Find the grid, the community and who answers for each place of a file."""
    session: Session = context.obj
    with session.working("Locating"):
        located = session.reports.locate_file(
            file, session.day(as_of), crs=crs, accuracy_m=accuracy, level=level
        )
    outside = int(located["outside"].sum())
    near = int(located["ambiguous"].sum())
    session.say(
        "{n} places: {inside} inside, {outside} outside every grid, {near} too near a border to "
        "be sure",
        n=len(located),
        inside=len(located) - outside,
        outside=outside,
        near=near,
    )
    if output is None:
        session.table(located[[name for name in LOCATED_SHOWN if name in located]])
    else:
        writers.write(located, session.may_write(output))
    session.answer({"places": len(located), "outside": outside, "ambiguous": near})


def coverage(
    context: typer.Context, level: Level = "community", as_of: AsOf = None, output: Output = None
) -> None:
    """Prove what is covered, and name every uncovered piece of ground with its reason."""
    session: Session = context.obj
    day = session.day(as_of)
    with session.working("Working out the coverage"):
        table = session.reports.coverage(level, day)
        gaps = session.reports.gaps(day)
        slivers = session.reports.slivers(day)
    city = session.reports.coverage("city", day)
    ground, covered = float(city["ground_m2"].sum()), float(city["covered_m2"].sum())
    if not ground:
        msg = "The register has no ground on {day}; were grids imported with a later --since?"
        raise NotFoundError(msg, day=day.isoformat())
    overlaps = session.reports.overlaps(day)
    session.table(pd.DataFrame(table[COVERAGE_SHOWN]).reset_index())
    session.say(
        "{share:.4%} of {ground:,.0f} m² covered; {n} gaps, {gap:,.0f} m²",
        share=covered / ground,
        ground=ground,
        n=len(gaps),
        gap=gaps["area_m2"].sum(),
    )
    _tell_rest(session, slivers, overlaps)
    session.answer(
        {
            "as_of": day.isoformat(),
            "overlaps": records(overlaps),
            "slivers": asdict(slivers),
            "ground_m2": ground,
            "covered_m2": covered,
            "share": covered / ground,
            "gaps": records(pd.DataFrame(gaps.drop(columns="geometry"))),
        }
    )
    if output is not None:
        _write(session, output, gaps, "coverage", level=level, as_of=day)


def hotspots(
    context: typer.Context,
    since: Annotated[str | None, typer.Option(help="First day.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day.")] = None,
    category: Annotated[str | None, typer.Option(help="Only issues of this category.")] = None,
    by: Annotated[str, typer.Option(help="grid, square or hex.")] = "grid",
    size: Annotated[float | None, typer.Option(help="Metres across a cell.", min=10)] = None,
    per: Annotated[
        str | None, typer.Option(help=f"Divide counts by one of {', '.join(MEASURES)}.")
    ] = None,
    group: Annotated[str | None, typer.Option(help=f"Only one of {', '.join(GROUPS)}.")] = None,
    smooth: Annotated[bool, typer.Option("--smooth", help="Tell smoothed rates too.")] = False,
    reporter_days: Annotated[
        bool, typer.Option("--reporter-days", help="One reporter counts once an area and day.")
    ] = False,
    keep_piles: Annotated[
        bool, typer.Option("--keep-piles", help="Count piles of identical coordinates too.")
    ] = False,
    output: Output = None,
) -> None:
    """Find where issues concentrate more than chance allows (Getis-Ord Gi*, corrected)."""
    session: Session = context.obj
    last = session.reports.usual_period()[1] if until is None else session.day(until)
    first = last - timedelta(days=364) if since is None else session.day(since)
    period: dict[str, Any] = {"since": first, "until": last, "category": category}
    with session.working("Looking for hot spots"):
        found = session.reports.hotspots(
            **period,
            by=by,
            size_m=size,
            per=per,
            keep_piles=keep_piles,
            group=group,
            smooth=smooth,
            counting="reporter_days" if reporter_days else "reports",
            as_of=last,
        )
    _tell_spots(session, found, keep_piles=keep_piles)
    if output is not None:
        _write(session, output, found.table, "hotspots", **period, found=found)


def _tell_spots(session: Session, found: HotSpots, *, keep_piles: bool) -> None:
    """Tell the significant areas, the method, and what was left out or rests on one reporter."""
    table = found.table[found.table["significant"]].sort_values("z", ascending=False)
    shown = [name for name in SPOTS_SHOWN if name in table]
    session.table(pd.DataFrame(table[shown]).reset_index())
    for template, values in found.method.sentences():
        session.say(template, **values)
    left = "{n} issues lie on one and the same point and were left out."
    kept = "{n} issues lie on one and the same point and were counted, as asked."
    for n in found.piles["n"]:
        session.say(kept if keep_piles else left, n=n)
    if rests := int(found.table["rests_on_one"].sum()):
        session.say(
            "{n} hot areas rest on one reporter: without that one they are not hot.", n=rests
        )
    session.answer(
        {
            "method": asdict(found.method),
            "significant": records(pd.DataFrame(table.drop(columns="geometry")).reset_index()),
        }
    )


def _tell_rest(session: Session, slivers: Slivers, overlaps: pd.DataFrame) -> None:
    if slivers.n:
        session.say(
            "{n} slivers thinner than {thin} m, {area:,.1f} m² in all, are not listed.",
            n=slivers.n,
            thin=slivers.thinner_than_m,
            area=slivers.area_m2,
        )
    if len(overlaps):
        session.say("{n} targets have two primary units in one scheme:", n=len(overlaps))
        session.table(overlaps[["scheme", "target_kind", "target", "unit_id", "other_unit"]])


def _write(
    session: Session, output: Path, frame: gpd.GeoDataFrame, name: str, **values: object
) -> None:
    session.may_write(output)
    if output.suffix.lower() not in {".html", ".json"}:
        writers.write(frame, output)
    elif output.suffix.lower() == ".html":
        render = session.faces.renderers.get(name)
        if render is None:
            msg = "{name} cannot be drawn as a page here."
            raise QueryError(msg, name=name)
        output.write_bytes(render(session.reports, session.settings, **values))
    else:
        output.write_bytes(dump(records(pd.DataFrame(frame.drop(columns="geometry")))))
    session.say("Written: {file}", file=output)
