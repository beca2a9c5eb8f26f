"""GeoParquet, and Parquet without geometry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geodata.errors import LimitError, UnreadableError, UnsupportedFormatError
from geodata.limits import MEGABYTE, Limits
from geodata.parsers.parsed import Parsed
from geodata.parsers.values import number_text
from geodata.parsers.wkb import from_wkb

INDEX = "__index_level_"
MAGIC = b"PAR1"


def parse(path: Path, options: dict[str, Any], limits: Limits) -> Parsed:  # noqa: ARG001
    """
    Read one GeoParquet file.

    Parameters
    ----------
    path
        The file.
    options
        None are used.
    limits
        Rows, and bytes when unpacked.

    Raises
    ------
    UnsupportedFormatError
        If it is no Parquet, or its geometry is not well-known binary.
    UnreadableError
        If it is broken.
    LimitError
        If it unpacks to too much.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            msg = "This is no Parquet file."
            raise UnsupportedFormatError(msg)
    try:
        with pq.ParquetFile(path) as file:
            _check_size(file.metadata, limits)
            table = file.read(use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        msg = "The Parquet file cannot be read: {reason}"
        raise UnreadableError(msg, reason=str(error)[:200]) from None
    return _parsed(table, _geo(table.schema.metadata or {}))


def _check_size(metadata: Any, limits: Limits) -> None:  # noqa: ANN401 -- pyarrow has no types
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    if unpacked > limits.unpacked_bytes or metadata.num_rows > limits.rows:
        msg = "The file unpacks to {rows} rows and {size} MB; that is too much."
        raise LimitError(msg, rows=metadata.num_rows, size=unpacked // MEGABYTE)


def _geo(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    if b"geo" not in metadata:
        return {}
    try:
        geo = json.loads(metadata[b"geo"])
        column = geo["columns"][geo["primary_column"]]
        encoding = column["encoding"]
    except (ValueError, KeyError, TypeError):
        msg = "The file's note on its geometry cannot be read."
        raise UnreadableError(msg) from None
    if encoding != "WKB":
        msg = "The geometry is encoded as {encoding}; WKB is read."
        raise UnsupportedFormatError(msg, encoding=str(encoding)[:40])
    return {"name": geo["primary_column"], "all": set(geo["columns"]), "crs": _crs(column)}


def _crs(column: dict[str, Any]) -> str | None:
    if "crs" not in column:
        return "EPSG:4326"  # OGC:CRS84, by the specification
    given = column["crs"]
    if given is None:
        return None
    from pyproj import CRS  # noqa: PLC0415 -- most files need no PROJ
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    try:
        crs = CRS.from_json_dict(given)
    except (CRSError, TypeError):
        msg = "The CRS of the file cannot be read: {crs}"
        raise UnreadableError(msg, crs=json.dumps(given)[:80]) from None
    authority = given.get("id") or {}
    if authority.get("authority") == "OGC" and authority.get("code") == "CRS84":
        return "EPSG:4326"
    number = crs.to_epsg()
    return f"EPSG:{number}" if number else str(crs.to_wkt())


def _parsed(table: pa.Table, geo: dict[str, Any]) -> Parsed:
    rows = list(range(1, table.num_rows + 1))
    parsed = Parsed(rows, {}, crs=geo.get("crs"))
    for name in table.column_names:
        if name == geo.get("name"):
            blobs = table[name].cast(pa.large_binary()).to_pylist()
            parsed.geometry = from_wkb(blobs, rows, parsed.faults)
        elif name not in geo.get("all", ()) and not name.startswith(INDEX):
            parsed.columns[name] = _texts(table[name])
    return parsed


def _texts(values: pa.ChunkedArray) -> list[str | None]:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_floating(values.type):
        numbers = values.to_pylist()
        return [None if n is None or n != n else number_text(n) for n in numbers]  # noqa: PLR0124
    if pa.types.is_timestamp(values.type) and values.type.unit == "ns":
        values = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        return [None if value is None else str(value) for value in values.to_pylist()]
    texts: list[str | None] = pc.cast(values, pa.large_string()).to_pylist()
    return texts
