"""Commands that make, fill and serve a register."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from sqlalchemy import make_url

from api.commands.reminding import remind_always
from api.commands.session import Session
from api.commands.tidying import tidy_daily
from api.sentences import QueryError
from api.service import Service
from api.settings import LOOPBACK
from geodata import demo_files
from geodata.accounts import Accounts
from geodata.accounts.demo import (
    DEMO_PASSWORD,
    DEMO_SIGN_INS,
    add_demo_people,
    has_demo_people,
)
from geodata.database import connect, migrate
from geodata.demo_boards import add_demo_boards
from geodata.demo_books import add_demo_books
from geodata.demo_bulletins import add_demo_bulletin
from geodata.demo_materials import add_demo_materials
from geodata.demo_patrols import add_demo_patrols
from geodata.reports import Selection, doubts
from geodata.reports.emerging import find, last_day_over, usual_period
from geodata.reports.spots import Measure
from gridmap.access import CITY
from gridmap.demo import SIZES, city, ended_on
from gridmap.errors import TooLittleDataError

GEOPACKAGE = "gpkg:///"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("demo", epilog="Example: gridmap demo --city 1k --folder demo/1k")(demo)
    app.command("serve", epilog="Example: gridmap serve --port 8080")(serve)
    app.command("migrate", epilog="Example: gridmap migrate --crs EPSG:4490 --name 云杉市")(
        migrate_register
    )


def demo(
    context: typer.Context,
    size: Annotated[str, typer.Option("--city", help="mohe, 1k, 10k or 100k grids.")] = "mohe",
    seed: Annotated[int, typer.Option(help="Another seed, another city.")] = 20230701,
    folder: Annotated[Path | None, typer.Option(help="Where its files go.")] = None,
    load: Annotated[
        bool, typer.Option("--import/--no-import", help="Read the files into the register.")
    ] = True,
    until: Annotated[
        str | None, typer.Option(help="The last day on which anything happens; else yesterday.")
    ] = None,
) -> None:
    """
    Invent a city, write its files, and import them as a user would.

    What was planted (hot spots, blind areas, recurrences) is written beside it in truth.json.
    """
    session: Session = context.obj
    if size not in SIZES:
        msg = "There is no city {size}; there are {sizes}."
        raise QueryError(msg, size=size, sizes=", ".join(SIZES))
    folder = folder or session.settings.demo_folder / size
    last = session.day(until) if until else session.today() - timedelta(days=1)
    with session.working("Inventing a city"):
        invented = ended_on(city(size, seed), last)
        files = demo_files.write(invented, folder)
    session.say("{n} files in {folder}", n=len(files), folder=folder)
    if load:
        _load(session, files, invented.name)
        session.say(
            "The register is {url}.", url=make_url(session.settings.database_url).render_as_string()
        )
        session.say(
            "Sign in as {names}, each with the password: {password}",
            names=", ".join(sorted(DEMO_SIGN_INS)),
            password=DEMO_PASSWORD,
        )
    session.answer({"folder": str(folder), "files": [str(path) for _, path, _ in files]})


def _load(session: Session, files: demo_files.Files, name: str) -> None:
    url = session.settings.database_url
    if not url.startswith(GEOPACKAGE):
        _fill(session, url, files, name)
        return
    path = Path(url.removeprefix(GEOPACKAGE))
    if path.exists():
        msg = "{path} is there already; remove it first, or name another with --database."
        raise QueryError(msg, path=path)
    # filled beside its place and moved there whole, so that a broken run leaves no half register
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.gpkg")
    for left in part.parent.glob(f"{part.name}*"):
        left.unlink()
    _fill(session, f"{GEOPACKAGE}{part}", files, name)
    part.replace(path)


def _fill(session: Session, url: str, files: demo_files.Files, name: str) -> None:
    database = connect(url)
    migrate(database, name=name)
    database.close()
    filling = session.on(url)
    for layer, file, options in files:
        start = time.perf_counter()
        with session.working(layer):
            counts = filling.register.import_file(layer, file, options)
        session.say(
            "{layer}: {n} added in {seconds:.1f} s",
            layer=layer,
            n=counts["added"],
            seconds=time.perf_counter() - start,
        )
    add_demo_books(filling.store)
    add_demo_patrols(filling.store)
    add_demo_boards(filling.store)
    add_demo_materials(filling.store, filling.zone)
    add_demo_bulletin(filling.store, filling.zone)
    add_demo_people(Accounts(filling.store), filling.store)
    filling.store.close()


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(help="Beyond loopback only with accounts and https.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
) -> None:
    """Serve the pages, the maps and the API."""
    session: Session = context.obj
    if host not in LOOPBACK:
        _require_ready_for_all(session, host)
    app = session.faces.create_app(session.settings)
    service: Service = app.state.service
    stop = threading.Event()
    always: tuple[tuple[Callable[..., None], tuple[object, ...]], ...] = (
        (_warm, (service,)),
        (tidy_daily, (service, stop)),
        (remind_always, (service, session.settings, stop)),
    )
    for work, given in always:
        threading.Thread(target=work, args=given, daemon=True).start()
    session.say("Open http://{host}:{port} in a browser; Ctrl+C stops.", host=host, port=port)
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)
    stop.set()
    if service.worker is not None:
        service.worker.close()


def _require_ready_for_all(session: Session, host: str) -> None:
    """Refuse to listen where others are, unless they have to sign in, and do it unseen."""
    if has_demo_people(session.store):
        msg = "The demo's accounts have a password that everybody knows; {host} is not loopback."
        raise QueryError(msg, host=host)
    if not Accounts(session.store).any_active():
        msg = "Nobody can sign in yet: make an account with `gridmap user add`, then use {host}."
        raise QueryError(msg, host=host)
    if not session.settings.https:
        msg = "Passwords would cross the network in clear: set GRIDMAP_HTTPS behind a TLS proxy."
        raise QueryError(msg)


def _warm(service: Service) -> None:
    """Work out what the first pages ask for, and compile the kernels of a new installation."""
    reports = service.reports((CITY,))
    today, known = reports.today(), reports.issue_days()
    if service.worker is not None and service.takes_long(reports.workspace):
        service.worker.warm(today)
    reports.overview(today)
    if known is None:
        return
    since, until = reports.usual_period()
    wanted = Selection(max(known[0], since), until)  # as the page asks if nobody says
    asked = (reports.workspace, wanted, reports.zone, Measure(), today)
    with suppress(TooLittleDataError):
        reports.hotspots(since=wanted.since, until=until, as_of=today)
        doubts.partitions(*asked)
        doubts.channels(*asked)
        reports.heat(since=wanted.since, until=until)
    over = last_day_over(today, today)
    steps = usual_period(reports.workspace, "month", reports.zone, over=over)
    with suppress(TooLittleDataError):
        find(reports.workspace, Selection(*steps), "month", reports.zone, today)


def migrate_register(
    context: typer.Context,
    crs: Annotated[str, typer.Option(help="The register's geographic CRS.")] = "EPSG:4490",
    codes: Annotated[str, typer.Option(help="cn: 6/9/12/15 digits; free: any text.")] = "cn",
    name: Annotated[str, typer.Option(help="The city's name.")] = "",
    metric_crs: Annotated[
        str, typer.Option(help="Plane in which figures are measured, instead of the local one.")
    ] = "",
) -> None:
    """Make a register, or bring its tables up to date."""
    session: Session = context.obj
    database = connect(session.settings.database_url)
    migrate(database, crs=crs, codes=codes, name=name, metric_crs=metric_crs)
    session.say("The register {url} is up to date.", url=database.shown)
    session.answer({"database": database.shown})
