"""
Files in: GeoJSON, GeoPackage, shapefile, GeoParquet, CSV and Excel.

A reader says what a file holds and takes no decision about it: every value is text, each row knows
where it came from, and what was remarked on the way is in the notes. All parsing happens in a
child process (`geodata.sandbox`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geodata import sandbox
from geodata.crs import parse_crs
from geodata.errors import UnreadableError, UnsupportedFormatError
from geodata.limits import DEFAULT, Limits
from geodata.notes import Note
from gridmap.layers import FAULT_COLUMNS, Frame

PARSERS = {
    ".geojson": "geojson",
    ".json": "geojson",
    ".gpkg": "geopackage",
    ".zip": "shapefile",
    ".shp": "shapefile",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
}
INSTEAD = {
    ".xls": "open it in Excel or WPS and save it as .xlsx",
    ".et": "save it as .xlsx",
    ".xlsm": "save it as .xlsx, without macros",
    ".ods": "save it as .xlsx",
    ".kml": "convert it to GeoJSON or GeoPackage in QGIS",
    ".kmz": "convert it to GeoJSON or GeoPackage in QGIS",
    ".gml": "convert it to GeoJSON or GeoPackage in QGIS",
    ".dxf": "convert it to GeoPackage in QGIS",
    ".dwg": "convert it to GeoPackage in QGIS",
    ".tab": "convert it to GeoPackage in QGIS",
    ".rar": "pack it as .zip",
    ".7z": "pack it as .zip",
    ".gz": "pack it as .zip",
}
ROW = "row"


@dataclass(frozen=True)
class Raw:
    """
    A file as it stands.

    Parameters
    ----------
    frame
        One row a row of the file, every column text; indexed by ``row``: the number that the
        spreadsheet shows, or the feature's number from 1. With geometries if the file has them.
    crs
        What the file says of its coordinates; none if it does not say.
    notes
        What was remarked while reading.
    faults
        What is wrong with single cells and geometries; as from `gridmap.layers.check`.
    parts
        The sheets or layers that the file has.
    """

    frame: Frame
    crs: CRS | None = None
    notes: Sequence[Note] = ()
    faults: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=FAULT_COLUMNS))
    parts: Sequence[str] = ()

    @property
    def headings(self) -> list[str]:
        """Names of the columns, without the geometry."""
        if isinstance(self.frame, gpd.GeoDataFrame):
            return [str(name) for name in self.frame.columns if name != self.frame.geometry.name]
        return [str(name) for name in self.frame.columns]


def read(
    path: Path,
    *,
    layer: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    header: int | None = None,
    limits: Limits = DEFAULT,
) -> Raw:
    """
    Read a file.

    Parameters
    ----------
    path
        The file; its ending says the format, and its content must agree.
    layer
        Which layer of a GeoPackage, or shapefile of an archive, where there are several.
    sheet
        Which sheet of a workbook, where there are several.
    encoding
        Of CSV, GeoJSON and shapefiles, where it cannot be known.
    header
        Number of the row of headings in a spreadsheet, where it cannot be seen.
    limits
        What the child that parses is held to.

    Returns
    -------
    Raw
        The rows, and what was remarked.

    Raises
    ------
    UnsupportedFormatError
        If the format is not read here; the message says what to do instead.
    UnreadableError
        If the file is broken, or not what its ending says.
    ChoiceError
        If it has several sheets or layers, and none was named.
    LimitError
        If it asks for too much.
    CrsError
        If it names a CRS that cannot be used.
    """
    parser = PARSERS.get(path.suffix.lower())
    if parser is None:
        msg = "Files ending in {ending} are not read; {instead}."
        instead = INSTEAD.get(path.suffix.lower(), f"there are {', '.join(PARSERS)}")
        raise UnsupportedFormatError(msg, ending=path.suffix or "nothing", instead=instead)
    if not path.is_file():
        msg = "There is no file {path}."
        raise UnreadableError(msg, path=path.name)
    options = {"layer": layer, "sheet": sheet, "encoding": encoding, "header": header}
    answer = sandbox.run(parser, path, options, limits)
    return _raw(answer)


def _raw(answer: sandbox.Answer) -> Raw:
    header, table = answer
    said = header["crs"]
    crs = parse_crs(said).crs if said else None
    columns = table.columns[1:-1] if header["geometry"] else table.columns[1:]
    index = pd.Index(table.column(0).to_numpy(), name=ROW)
    texts = {
        name: pd.Series(values.to_pandas(), dtype="str").to_numpy(dtype=object)
        for name, values in zip(table.column_names[1:], columns, strict=False)
    }
    frame: Frame = pd.DataFrame(texts, index=index, dtype="str")
    if header["geometry"]:
        blobs = np.array(table.columns[-1].to_pylist(), dtype=object)
        frame = _with_geometry(frame, shapely.from_wkb(blobs), crs)
    return Raw(
        frame,
        crs,
        [Note(template, values) for template, values in header["notes"]],
        pd.DataFrame(header["faults"], columns=FAULT_COLUMNS),
        header["parts"],
    )


def _with_geometry(frame: pd.DataFrame, shapes: object, crs: CRS | None) -> gpd.GeoDataFrame:
    """Put the geometry last, under a name that no heading has."""
    name = "geometry"
    while name in frame:
        name = f"_{name}"
    geometry = gpd.GeoSeries(shapes, index=frame.index, crs=crs)
    return gpd.GeoDataFrame(frame.assign(**{name: geometry}), geometry=name, crs=crs)
