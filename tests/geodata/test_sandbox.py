"""A hostile file costs one child process, and nothing else."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geodata import readers, sandbox, writers
from geodata.errors import LimitError, UnreadableError
from geodata.limits import MEGABYTE, Limits
from gridmap.errors import InvalidError
from tests.geodata import hostile
from tests.town import raw_town


class Canary:
    """A server that must hear nothing."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.hits = 0
        self.alive = True
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}/secret.geojson"

    def _listen(self) -> None:
        while self.alive:
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            self.hits += 1
            connection.close()

    def stop(self) -> None:
        self.alive = False
        self.thread.join()
        self.socket.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    server = Canary()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def many_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    path.write_text("code,name\n" + "1,x\n" * 1_500_000)
    return path


@pytest.fixture
def geopackage(tmp_path: Path) -> Path:
    path = tmp_path / "grids.gpkg"
    writers.write(raw_town("EPSG:4490")["grids"], path, layer="grids")
    return path


def test_a_file_that_kills_its_parser_is_unreadable_and_the_next_is_read(tmp_path: Path) -> None:
    deadly = tmp_path / "deadly.parquet"
    geo = {"primary_column": "g", "columns": {"g": {"encoding": "WKB", "crs": None}}}
    table = pa.table({"g": [hostile.nested_wkb(60_000)]})
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), deadly)
    with pytest.raises(UnreadableError):
        readers.read(deadly)
    sound = hostile.geojson(tmp_path / "sound.geojson", hostile.feature(code="1"))
    assert len(readers.read(sound).frame) == 1


def test_a_child_that_works_too_long_is_stopped(many_rows: Path) -> None:
    with pytest.raises(LimitError, match="more than 1 s"):
        readers.read(many_rows, limits=Limits(seconds=1))


def test_a_child_that_sleeps_too_long_is_stopped(many_rows: Path) -> None:
    with pytest.raises(LimitError):
        readers.read(many_rows, limits=Limits(wait_seconds=0))


def test_a_file_that_needs_too_much_memory_is_refused(many_rows: Path) -> None:
    with pytest.raises(LimitError, match="memory"):
        readers.read(many_rows, limits=Limits(memory=400 * MEGABYTE))


def test_a_file_that_is_too_large_is_not_even_opened(many_rows: Path) -> None:
    with pytest.raises(LimitError, match="1 MB are allowed"):
        readers.read(many_rows, limits=Limits(file_bytes=MEGABYTE))


def test_a_child_can_reach_no_server_where_the_kernel_lets_it_leave(canary: Canary) -> None:
    port = canary.socket.getsockname()[1]
    script = (
        "import socket; from geodata import sandbox\n"
        "left = sandbox._leave_network()\n"
        f"try: socket.create_connection(('127.0.0.1', {port}), 1); print(left, 'reached')\n"
        "except OSError: print(left, 'cut')\n"
    )
    root = Path(sandbox.__file__).resolve().parents[1]
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    ).stdout.split()
    if said[0] == "False":
        pytest.skip("this kernel gives no network of its own")
    assert said == ["True", "cut"]
    assert canary.hits == 0


def test_no_file_makes_the_parser_fetch_or_tell(
    tmp_path: Path, canary: Canary, geopackage: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("code,name\n1,TOP-SECRET\n")
    curl = f"/vsicurl/{canary.url}"
    url = {"type": "url", "properties": {"url": canary.url}}
    link = {"type": "link", "properties": {"href": canary.url, "type": "proj4"}}
    files = [
        tmp_path / "vrt.geojson",
        tmp_path / "gdalg.geojson",
        tmp_path / "vrt.csv",
        hostile.geojson(tmp_path / "url.geojson", hostile.feature(), crs=url),
        hostile.geojson(tmp_path / "link.geojson", hostile.feature(), crs=link),
        hostile.archive(
            tmp_path / "vrt.zip",
            dict.fromkeys(("a.shp", "a.shx", "a.dbf"), hostile.vrt(str(secret))),
        ),
        hostile.virtual_geopackage(tmp_path / "virtual.gpkg", geopackage, curl),
        tmp_path / "vrt.gpkg",
        tmp_path / "vrt.parquet",
    ]
    command = {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {curl}"}
    for file in files[:3] + files[-2:]:
        file.write_text(hostile.vrt(str(secret)))
    files[1].write_text(json.dumps(command))
    for file in files:
        try:
            shown = readers.read(file).frame.to_csv()
        except InvalidError as error:
            shown = str(error)
        assert "TOP-SECRET" not in shown, file
    assert canary.hits == 0


def test_of_gdal_only_the_shapefile_driver_is_left(tmp_path: Path) -> None:
    raw_town("EPSG:4490")["inspection_points"].to_file(tmp_path / "a.shp", encoding="UTF-8")
    script = (
        "import pathlib; from geodata.parsers import shapefile\n"
        f"shapefile._read(pathlib.Path({str(tmp_path / 'a.shp')!r}))\n"
        "import pyogrio; print(pyogrio.list_drivers())\n"
    )
    root = Path(sandbox.__file__).resolve().parents[1]
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == "{'ESRI Shapefile': 'raw'}"


def test_what_comes_back_is_data(tmp_path: Path) -> None:
    path = hostile.geojson(tmp_path / "a.geojson", hostile.feature(code="1"))
    answer = sandbox.run("geojson", path)
    assert isinstance(answer.table, pa.Table)
    assert answer.header["faults"] == []
    with pytest.raises(UnreadableError):
        sandbox.run("os.system", path)
