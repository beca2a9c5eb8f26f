"""Reports of Boston and Washington run through routing and clocks, against what others say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.database import connect, migrate
from geodata.freezing import freeze
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap import clocks, layers
from gridmap.clocks import Calendar, Hours, Limit
from gridmap.issues.routing import route

pytestmark = pytest.mark.scenario
SINCE = date(2015, 1, 1)
EASTERN = ZoneInfo("America/New_York")
WHOLE_DAYS = (Hours(SINCE, ((time(0), time(23, 59, 59)),)),)
MANY, SOME = 4_000, 60
AGENCIES = 24
DEFAULT = (-71.0587, 42.3594)  # where Boston puts what it cannot place


@dataclass(frozen=True)
class City:
    """A register of areas with who answers for each, and the reports of their citizens."""

    workspace: Workspace
    areas: gpd.GeoDataFrame
    answering: pd.Series
    reports: gpd.GeoDataFrame
    zone: ZoneInfo

    def frozen(self) -> gpd.GeoDataFrame:
        return freeze(self.reports, self.workspace, self.zone)


def opened(
    folder: Path, areas: gpd.GeoDataFrame, reports: gpd.GeoDataFrame, zone: ZoneInfo
) -> City:
    """Keep areas as grids, each answered for by one of a few agencies."""
    database = connect(f"gpkg:///{folder / 'city.gpkg'}")
    migrate(database, crs="EPSG:4326", codes="free")
    store = Store(database)
    codes = areas.index.to_list()
    units = [f"agency {n % AGENCIES}" for n in range(len(codes))]
    assigned = {
        "assignment_id": [f"a{n}" for n in range(len(codes))],
        "target_kind": "grid",
        "target": codes,
        "unit_id": units,
        "tier": "responsible",
        "scheme": "main",
        "since": pd.Timestamp(SINCE),
    }
    names = pd.DataFrame({"unit_id": sorted(set(units)), "name": sorted(set(units))})
    whole = shapely.box(*areas.total_bounds)
    frames = {
        "districts": gpd.GeoDataFrame(
            {"code": ["all"], "name": ["all"]}, geometry=[whole], crs=areas.crs
        ),
        "grids": areas.reset_index().assign(parent="all"),
        "units": gpd.GeoDataFrame(names, geometry=[None] * len(names), crs="EPSG:4326"),
        "assignments": pd.DataFrame(assigned),
    }
    with store.write(who="a test", action="import") as writer:
        for name, frame in frames.items():
            writer.add(name, layers.conform(frame, layers.LAYERS[name]), SINCE)
    conformed = layers.conform(reports, layers.LAYERS["issues"])
    return City(Workspace(store), areas, pd.Series(units, index=codes), conformed, zone)


@pytest.fixture(scope="module")
def boston(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[City]:
    folder = shared_data / "boston_311"
    told = some(boston_reports(folder))
    drawn = gpd.read_file(folder / "neighborhoods.geojson")
    drawn.geometry = shapely.make_valid(drawn.geometry.to_numpy(), method="structure")
    areas = drawn.rename(columns={"name": "code"})[["code", "geometry"]].set_index("code")
    reports = gpd.GeoDataFrame(
        {
            "issue_id": told["CASE_ENQUIRY_ID"].to_numpy(),
            "reported_at": told["opened"].dt.tz_localize("UTC").to_numpy(),
            "category": told["TYPE"].to_numpy(),
        },
        geometry=gpd.points_from_xy(told["LONGITUDE"], told["LATITUDE"]),
        crs="EPSG:4326",
    )
    made = tmp_path_factory.mktemp("boston")
    city = opened(made, areas.assign(name=areas.index), reports, ZoneInfo("UTC"))
    yield city
    city.workspace.store.close()


@pytest.fixture(scope="module")
def washington(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[City]:
    told = some(washington_reports(shared_data))
    smd = gpd.read_parquet(shared_data / "dc_311" / "smd.parquet")
    areas = smd.rename(columns={"SMD_ID": "code"}).set_index("code")[["geometry"]]
    reports = gpd.GeoDataFrame(
        {
            "issue_id": told["SERVICEREQUESTID"].to_numpy(),
            "reported_at": told["ADDDATE"].to_numpy(),
            "category": told["SERVICECODEDESCRIPTION"].to_numpy(),
        },
        geometry=told.geometry.to_numpy(),
        crs=told.crs,
    )
    made = tmp_path_factory.mktemp("washington")
    city = opened(made, areas.assign(name=areas.index), reports, EASTERN)
    yield city
    city.workspace.store.close()


def some(reports: pd.DataFrame) -> pd.DataFrame:
    return reports.sample(MANY, random_state=311).reset_index(drop=True)


def boston_reports(folder: Path) -> pd.DataFrame:
    """Return the reports of 2015; their clocks tell local time, which is compared with itself."""
    told = pd.read_parquet(folder / "service_requests_2015.parquet")
    names = {"OPEN_DT": "opened", "TARGET_DT": "target", "CLOSED_DT": "closed"}
    moments = {
        name: pd.to_datetime(told[column], format="%m/%d/%Y %I:%M:%S %p")
        for column, name in names.items()
    }
    return told.assign(**moments)


def washington_reports(data: Path) -> gpd.GeoDataFrame:
    told = gpd.read_parquet(data / "dc_311" / "service_requests.parquet")
    told = told[told["SERVICEREQUESTID"].notna() & told.geometry.notna()]
    return told.drop_duplicates("SERVICEREQUESTID", keep="last")


@pytest.fixture(params=["boston", "washington"])
def city(request: pytest.FixtureRequest) -> City:
    found: City = request.getfixturevalue(request.param)
    return found


def test_every_report_finds_the_grid_that_geopandas_finds_and_its_unit(city: City) -> None:
    frozen = city.frozen()
    areas = city.areas.reset_index()[["code", "geometry"]]
    joined = gpd.sjoin(city.reports, areas, how="left", predicate="intersects")
    expected = joined.groupby(level=0)["code"].min().reindex(frozen.index)  # the lowest on a border
    pd.testing.assert_series_equal(frozen["grid"], expected.astype("str"), check_names=False)
    units = frozen["grid"].map(city.answering)
    pd.testing.assert_series_equal(frozen["unit_id"], units.astype("str"), check_names=False)
    assert frozen["grid"].notna().mean() > 0.95


def test_a_report_alone_finds_what_all_of_them_found_together(city: City) -> None:
    frozen = city.frozen().iloc[:SOME]
    for key, row in frozen.iterrows():
        day = row["reported_at"].tz_convert(city.zone).date()
        alone = route(row.geometry, city.workspace.place(day), day, city.reports.crs)
        told = [alone.grid, alone.unit_id, alone.rule]
        held = row[["grid", "unit_id", "rule"]]
        assert told == held.astype(object).where(held.notna(), None).to_list(), key


def test_bostons_neighbourhoods_are_those_on_its_own_labels(
    boston: City, shared_data: Path
) -> None:
    label = some(boston_reports(shared_data / "boston_311"))["neighborhood"]
    found = boston.frozen()["grid"]
    placed = ~(boston.reports.geometry.geom_equals(shapely.Point(DEFAULT)).to_numpy())
    known = placed & found.notna().to_numpy() & label.notna().to_numpy()
    agrees = [a in b or b in a for a, b in zip(found[known], label[known], strict=True)]
    assert np.mean(agrees) > 0.7  # its labels are those of planning districts: some are wider


def test_what_boston_calls_overdue_shows_red_and_all_else_does_not(shared_data: Path) -> None:
    told = boston_reports(shared_data / "boston_311")
    labelled = told["closed"].notna() & told["OnTime_Status"].notna()
    told = told[labelled & (told["target"] > told["opened"])]
    opened_at, target, closed = (
        told[name].dt.tz_localize("UTC") for name in ("opened", "target", "closed")
    )
    days = (target - opened_at) / pd.Timedelta(days=1)
    kind = pd.Series("calendar_days", index=told.index)
    calendar = Calendar(ZoneInfo("UTC"))
    due = clocks.due_many(opened_at, days, kind, calendar)
    pd.testing.assert_series_equal(due, target.astype(due.dtype), check_names=False)
    shares = clocks.spent_many(due, closed, days, kind, calendar)
    red = shares.map(clocks.light) == "red"
    assert len(told) > 79_000
    assert (red == (told["OnTime_Status"] == "OVERDUE")).all()
    assert 1 - red.mean() == pytest.approx(0.759, abs=0.002)  # of what had a target, on time


@pytest.fixture(scope="module")
def served(shared_data: Path) -> pd.DataFrame:
    """Return Washington's reports of services that it promises within a few working days."""
    told = washington_reports(shared_data)
    told = told[told["SERVICEDUEDATE"] > told["ADDDATE"]]
    begun, due = (told[name].dt.tz_convert(EASTERN) for name in ("ADDDATE", "SERVICEDUEDATE"))
    days = np.busday_count(*(as_days(moments) for moments in (begun, due)))
    promised = (
        pd.Series(days, index=told.index)
        .groupby(told["SERVICECODE"])
        .agg(lambda counted: counted.mode().iloc[0])
    )
    amount = told["SERVICECODE"].map(promised).astype("float64")
    return told.assign(days=days, amount=amount)[(amount > 0) & (amount <= 15)]


def as_days(moments: pd.Series) -> np.ndarray:
    return moments.dt.tz_localize(None).to_numpy().astype("M8[D]")


def dues(served: pd.DataFrame) -> pd.Series:
    kind = pd.Series("working_days", index=served.index)
    return clocks.due_many(served["ADDDATE"], served["amount"], kind, week())


def week() -> Calendar:
    """Return Monday to Friday in Washington, the whole day long."""
    return Calendar(EASTERN, hours=WHOLE_DAYS)


def test_working_days_are_those_that_numpy_counts(served: pd.DataFrame) -> None:
    begun = as_days(served["ADDDATE"].dt.tz_convert(EASTERN))
    on_workday = np.is_busday(begun)
    expected = np.busday_offset(begun, served["amount"].to_numpy().astype(int), roll="backward")
    found = as_days(dues(served).dt.tz_convert(EASTERN))
    late = served["ADDDATE"].dt.tz_convert(EASTERN).dt.strftime("%H:%M:%S") > "00:00:01"
    alike = on_workday & late.to_numpy()
    assert alike.mean() > 0.85
    np.testing.assert_array_equal(found[alike], expected[alike])


def walked(begun: datetime, days: int) -> datetime:
    """Go from midnight to midnight until so many days of 24 hours are worked; the scalar oracle."""
    left, at = timedelta(days=days), begun.astimezone(EASTERN).replace(tzinfo=None)
    while left > timedelta(0):
        midnight = datetime.combine(at.date() + timedelta(days=1), time(0))
        if at.weekday() < 5:
            step = min(left, midnight - at)
            at, left = at + step, left - step
        else:
            at = midnight
    return at


def test_many_deadlines_at_once_are_those_worked_out_one_by_one(served: pd.DataFrame) -> None:
    sample = served.sample(SOME * 5, random_state=311)
    many = dues(sample)
    for key, row in sample.iterrows():
        limit = Limit(row["amount"], "working_days")
        begun = row["ADDDATE"].to_pydatetime()
        one = clocks.due(begun, limit, week())
        assert one == many[key].to_pydatetime()
        there = one.astimezone(EASTERN).replace(tzinfo=None)
        # a day of the calendar ends a second before midnight: shares of it are that much off
        assert abs(there - walked(begun, int(row["amount"]))) <= timedelta(seconds=1)


def test_so_many_are_done_in_time_as_washington_says(served: pd.DataFrame) -> None:
    done = served[served["RESOLUTIONDATE"] >= served["ADDDATE"]]
    theirs = (done["RESOLUTIONDATE"] <= done["SERVICEDUEDATE"]).mean()
    ours = (done["RESOLUTIONDATE"] <= dues(done)).mean()
    assert len(done) > 8_000
    assert ours == pytest.approx(theirs, abs=0.05)
    assert 0.7 < ours < 0.99
