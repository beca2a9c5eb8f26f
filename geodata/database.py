"""
The database that a register lives in: a GeoPackage file, or PostGIS.

Opening a database changes nothing; `migrate` makes the register or brings it up to date, and
`require_current` refuses one whose tables this program does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import geoalchemy2.admin.dialects.geopackage  # registers the scheme gpkg://  # noqa: F401
import geopandas as gpd
from alembic import command
from alembic.config import Config
from pyproj import CRS
from pyproj.exceptions import CRSError
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from geodata import geopackage
from geodata.column_types import GEOPACKAGE
from geodata.errors import BusyError, DatabaseUrlError, SchemaError
from geodata.migrations import HEAD
from geodata.tables import tables
from geodata.turns import Turns
from gridmap.errors import CrsError, InvalidError
from gridmap.metric import require_metric

POSTGRESQL: Final = "postgresql"
Dialect = Literal["geopackage", "postgresql"]
SCHEMES: dict[str, Dialect] = {"gpkg": GEOPACKAGE, "postgresql+psycopg": POSTGRESQL}
SRID = {"EPSG:4490": 4490, "EPSG:4326": 4326}
CODES = ("cn", "free")
BUSY_SECONDS = 10.0
WRITERS_LOCK = 0x67726964  # "grid": the one advisory lock that writers of a register queue for
MIGRATE = "gridmap migrate"


@dataclass(frozen=True)
class Database:
    """
    An open database.

    Parameters
    ----------
    engine
        Its connections, one a thread at a time.
    dialect
        ``geopackage`` or ``postgresql``.
    busy_seconds
        How long a writer waits for the writers before it.
    """

    engine: Engine
    dialect: Dialect
    busy_seconds: float = BUSY_SECONDS
    _turns: Turns = field(default_factory=Turns, repr=False, compare=False)

    @property
    def path(self) -> Path | None:
        """The file of a GeoPackage."""
        name = self.engine.url.database
        return Path(name) if self.dialect == GEOPACKAGE and name else None

    @property
    def shown(self) -> str:
        """The address, without the password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection that sees one state of the register."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """
        Open a transaction that no other writer shares; it is kept whole or not at all.

        Raises
        ------
        BusyError
            If the writers before it take longer than `busy_seconds`.
        """
        with self._turn(), _busy_errors(), self.engine.connect() as connection:
            # DDL in the transaction, and the lock before the first read: BEGIN IMMEDIATE
            connection = connection.execution_options(  # noqa: PLW2901
                writing=True, busy_ms=int(self.busy_seconds * 1000)
            )
            with connection.begin():
                if self.dialect == POSTGRESQL:
                    wait = f"SET LOCAL lock_timeout = {int(self.busy_seconds * 1000)}"
                    connection.execute(text(wait))
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"))
                yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self.busy_seconds):
            _refuse_busy(None)
        try:
            yield
        finally:
            self._turns.release()

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.engine.dispose()


def connect(url: str, *, busy_seconds: float = BUSY_SECONDS) -> Database:
    """
    Open a database; nothing is made, and no connection opened yet.

    Parameters
    ----------
    url
        ``gpkg:///register.gpkg`` (``gpkg:////`` with an absolute path), or
        ``postgresql+psycopg://user:password@host/name``.
    busy_seconds
        How long a writer waits for the writers before it.

    Raises
    ------
    DatabaseUrlError
        If the address names neither.
    """
    address = _parse(url)
    dialect = SCHEMES[address.drivername]
    if dialect == POSTGRESQL:
        engine = create_engine(address, pool_size=10, max_overflow=20, pool_pre_ping=True)
        return Database(engine, dialect, busy_seconds)
    engine = create_engine(
        address,
        pool_size=10,
        max_overflow=40,
        paramstyle="named",  # parameters by name, as psycopg takes them
        connect_args={"check_same_thread": False, "timeout": busy_seconds},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: object, _record: object) -> None:
        geopackage.prepare(connection, busy_seconds)  # type: ignore[arg-type]

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("writing"):  # a writer waits as long as its own database says
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {options['busy_ms']}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")

    return Database(engine, dialect, busy_seconds)


def migrate(
    database: Database,
    *,
    crs: str = "EPSG:4490",
    codes: str = "cn",
    name: str = "",
    metric_crs: str = "",
) -> None:
    """
    Make the register, or bring its tables up to date; all or nothing.

    Parameters
    ----------
    database
        Where.
    crs, codes, name
        The CRS (``EPSG:4490`` or ``EPSG:4326``), the rule of codes (``cn``: 6 to 15 digits, or
        ``free``) and the city's name. Only a new register takes them.
    metric_crs
        A projected CRS in metres in which figures are measured, instead of the local equal-area
        one; for a city that publishes its figures in a plane of its own.

    Raises
    ------
    InvalidError
        If the CRS or the rule is unknown.
    SchemaError
        If the database holds something else, or a register of a later version.
    """
    _check_choices(crs, codes)
    _check_plane(metric_crs)
    if database.path is not None:
        if not database.path.parent.is_dir():
            msg = "There is no folder {folder} to make the register in."
            raise SchemaError(msg, folder=database.path.parent)
        geopackage.create(database.path)
    with database.writing() as connection:
        if database.dialect == POSTGRESQL:
            _require_postgis(connection)
        revision = schema_version(connection)
        if revision is not None and revision > HEAD:
            _refuse_version(revision)
        config = Config()
        config.set_main_option("script_location", "geodata:migrations")
        config.attributes.update(connection=connection, srid=_srid(connection, revision, crs))
        command.upgrade(config, "head")
        if revision is None:
            chosen = {"crs": crs, "codes": codes, "name": name, "metric_crs": metric_crs}
            rows = [{"name": key, "value": value} for key, value in chosen.items()]
            connection.execute(tables(SRID[crs]).register_meta.insert(), rows)


def schema_version(connection: Connection) -> str | None:
    """
    Return the version of the tables, or none where there is no register.

    Parameters
    ----------
    connection
        Any connection to the database.
    """
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if revision is None else str(revision)


def require_current(database: Database) -> None:
    """
    Refuse a database whose tables are not those that this program knows.

    Parameters
    ----------
    database
        Where the register should be.

    Raises
    ------
    SchemaError
        If there is no register, or one of an older or newer version.
    """
    missing = "There is no register at {url}; make one with `{command}`."
    if database.path is not None and not database.path.is_file():
        raise SchemaError(missing, url=database.shown, command=MIGRATE)
    with database.reading() as connection:
        revision = schema_version(connection)
    if revision is None:
        raise SchemaError(missing, url=database.shown, command=MIGRATE)
    if revision != HEAD:
        _refuse_version(revision)


def _parse(url: str) -> URL:
    known = "a database address is gpkg:///FILE or postgresql+psycopg://USER@HOST/NAME"
    try:
        address = make_url(url)
    except ArgumentError as error:
        msg = "This is no database address; {known}."
        raise DatabaseUrlError(msg, known=known) from error
    if address.drivername not in SCHEMES or not address.database:
        msg = "{url} names no database that a register can live in; {known}."
        shown = address.render_as_string(hide_password=True)
        raise DatabaseUrlError(msg, url=shown, known=known)
    return address


def _check_choices(crs: str, codes: str) -> None:
    for value, known in ((crs, tuple(SRID)), (codes, CODES)):
        if value not in known:
            msg = "{value} is none of {known}."
            raise InvalidError(msg, value=value, known=", ".join(known))


def _check_plane(metric_crs: str) -> None:
    if not metric_crs:
        return
    try:
        plane = CRS.from_user_input(metric_crs)
    except CRSError as error:
        msg = "There is no CRS {crs} to measure in."
        raise CrsError(msg, crs=metric_crs) from error
    require_metric(gpd.GeoSeries([], crs=plane), "Measuring")


def _srid(connection: Connection, revision: str | None, crs: str) -> int:
    if revision is None:
        return SRID[crs]
    query = text("SELECT value FROM register_meta WHERE name = 'crs'")
    return SRID[str(connection.execute(query).scalar_one())]


def _require_postgis(connection: Connection) -> None:
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
    except (OperationalError, ProgrammingError) as error:
        msg = "This database has no PostGIS, and it cannot be added: {reason}"
        raise SchemaError(msg, reason=str(error.orig).strip()) from error


def _refuse_version(revision: str) -> None:
    if revision > HEAD:
        msg = "The register has version {found}, this program only knows {known}; update it."
        raise SchemaError(msg, found=revision, known=HEAD)
    msg = "The register has version {found}, this program needs {known}; run `{command}`."
    raise SchemaError(msg, found=revision, known=HEAD, command=MIGRATE)


@contextmanager
def _busy_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        sqlstate = getattr(error.orig, "sqlstate", None)
        if sqlstate == "55P03" or "database is locked" in str(error.orig):  # lock_not_available
            _refuse_busy(error)
        raise


def _refuse_busy(cause: Exception | None) -> None:
    msg = "Other writers hold the register; try again in a moment."
    raise BusyError(msg) from cause
