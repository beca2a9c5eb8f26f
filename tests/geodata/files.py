"""Rows as a file would give them, and what is refused of them."""

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from geodata import importing
from geodata.readers import Raw
from tests.town import raw_town, town

TOWN = town("EPSG:4490")
GRIDS = list(TOWN["grids"].index)


def raw(columns: dict[str, list[object]], *, crs: str | None = None, first: int = 2) -> Raw:
    """Return a table as a reader gives it: texts, numbered as a spreadsheet does."""
    table = pd.DataFrame(columns)
    table.index = pd.RangeIndex(first, first + len(table), name="row").astype("int64")
    shapes = table.pop("geometry") if "geometry" in table else None
    table = table.astype("str")
    if shapes is None:
        return Raw(table, CRS.from_user_input(crs) if crs else None)
    geometry = gpd.GeoSeries(shapes.to_numpy(dtype=object), index=table.index, crs=crs)
    return Raw(gpd.GeoDataFrame(table, geometry=geometry), CRS(crs) if crs else None)


def as_read(name: str, crs: str = "EPSG:4490") -> Raw:
    """Return a layer of the town as a reader gives it."""
    frame = raw_town(crs)[name]
    texts = {
        column: [None if pd.isna(value) else str(value) for value in frame[column]]
        for column in frame.columns
        if column != "geometry"
    }
    if "geometry" in frame:
        return raw({**texts, "geometry": list(frame.geometry)}, crs=crs)
    return raw(texts)


def faults(preview: importing.Preview) -> list[tuple[int, str, str]]:
    """Return row, column and code of each fault."""
    return list(preview.faults[["row", "column", "code"]].itertuples(index=False, name=None))
