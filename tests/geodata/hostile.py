"""Files that somebody made to do harm, or that broke on the way."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

SQUARE = [[[122.5, 53.0], [122.6, 53.0], [122.6, 53.1], [122.5, 53.1], [122.5, 53.0]]]
CONTENT_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def feature(
    coordinates: object = SQUARE, kind: str = "Polygon", **properties: object
) -> dict[str, Any]:
    """Return one GeoJSON feature."""
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def geojson(path: Path, *features: dict[str, Any], **more: object) -> Path:
    """Write features as one collection."""
    document = {"type": "FeatureCollection", **more, "features": list(features)}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def vrt(target: str) -> str:
    """Return a GDAL virtual data set that reads another source."""
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{target}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )


def archive(path: Path, members: dict[str, bytes | str]) -> Path:
    """Write a zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def link_archive(path: Path) -> Path:
    """Write a zip archive with a symbolic link in it."""
    member = zipfile.ZipInfo("layer.shp")
    member.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(member, "/etc/passwd")
    return path


def lying_archive(path: Path) -> Path:
    """Write a zip archive whose directory says that a member of 20 MB has 10 bytes."""
    archive(path, {"layer.shp": b"\0" * 20_000_000})
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 20_000_000), struct.pack("<I", 10)))
    return path


def zipped_shapefile(path: Path, folder: Path, stem: str, *, inside: str = "") -> Path:
    """Pack the parts of a shapefile."""
    with zipfile.ZipFile(path, "w") as file:
        for part in sorted(folder.glob(f"{stem}.*")):
            file.write(part, f"{inside}{part.name}")
    return path


def virtual_geopackage(path: Path, sound: Path, target: str) -> Path:
    """Write a GeoPackage whose layer is a virtual table over another source."""
    shutil.copy(sound, path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_master SET sql = ? WHERE name = 'grids'",
        (f"CREATE VIRTUAL TABLE grids USING VirtualOGR('{target}')",),
    )
    connection.commit()
    connection.close()
    return path


def nested_wkb(depth: int) -> bytes:
    """Return a multipolygon whose part is a collection in a collection, and so on down."""
    collection = struct.pack("<BII", 1, 7, 1)
    return struct.pack("<BII", 1, 6, 1) + collection * depth + struct.pack("<BII", 1, 7, 0)


def workbook(path: Path, sheet: str, **more: bytes | str) -> Path:
    """Write a workbook of one sheet from the XML of its rows; members may be added or replaced."""
    relation = (
        f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    )
    members: dict[str, bytes | str] = {
        "[Content_Types].xml": CONTENT_TYPES,
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="表一" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/'
        f'package/2006/relationships">{relation}</Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{sheet}</worksheet>',
    }
    return archive(path, members | more)


def row(number: int, *cells: str | float | None, more: str = "") -> str:
    """Return the XML of one row; strings are inline texts, or cells if they are XML already."""
    written = []
    for place, cell in enumerate(cells):
        at = f"{chr(ord('A') + place)}{number}"
        if cell is None:
            continue
        if isinstance(cell, str) and cell.startswith("<"):
            written.append(f'<c r="{at}"{cell.removeprefix("<c")}')
        elif isinstance(cell, str):
            written.append(f'<c r="{at}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>')
        else:
            written.append(f'<c r="{at}"><v>{cell!r}</v></c>')
    return f'<row r="{number}"{more}>{"".join(written)}</row>'


def sheet(*rows: str, more: str = "") -> str:
    """Return the XML of a sheet's data."""
    return f"<sheetData>{''.join(rows)}</sheetData>{more}"
