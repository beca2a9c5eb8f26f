"""
The demo city as ordinary files, such as an office would send.

Borders come as GeoJSON and GeoPackage, lists as Excel with Chinese headings, issues as CSV; a list
too long for a spreadsheet comes as GeoParquet. What was planted stands beside them in
``truth.json``.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import orjson
import pandas as pd

from geodata import writers
from geodata.register import ImportOptions
from gridmap.layers import Frame

if TYPE_CHECKING:
    from gridmap.demo import DemoCity

Files: TypeAlias = list[tuple[str, Path, ImportOptions]]

# In the order in which they can be imported: what is referred to comes first.
ENDINGS: dict[str, str] = {
    "districts": ".geojson",
    "subdistricts": ".geojson",
    "communities": ".geojson",
    "grids": ".gpkg",
    "roads": ".gpkg",
    "inspection_points": ".xlsx",
    "compounds": ".geojson",
    "units": ".xlsx",
    "assignments": ".xlsx",
    "issues": ".csv",
}
LISTS = {".xlsx", ".csv"}
LONG_LIST = 50_000


def write(city: DemoCity, folder: Path) -> Files:
    """
    Write a city to files.

    Parameters
    ----------
    city
        From `gridmap.demo.city`.
    folder
        Made if it is not there; files of the same names are replaced.

    Returns
    -------
    list of (layer, path, options)
        In the order of import; the options hold from the day of the city's first assignment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first: date = pd.Timestamp(city.assignments["since"].min()).date()
    files: Files = []
    for layer, ending in ENDINGS.items():
        frame: Frame = getattr(city, layer)
        long = ending in LISTS and len(frame) > LONG_LIST
        path = folder / f"{layer}{'.parquet' if long else ending}"
        writers.write(frame, path, layer=layer, headings="chinese")
        files.append((layer, path, ImportOptions(since=first)))
    truth = orjson.dumps(city.truth, default=str, option=orjson.OPT_INDENT_2)
    (folder / "truth.json").write_bytes(truth)
    return files
