"""
Shapefiles, zipped or with their parts beside them.

The parts are copied under names of our own into an empty folder, so that GDAL sees these and
nothing else, and of its drivers only the one for shapefiles is left. Texts are taken as bytes and
decoded here.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZipInfo

import pyarrow as pa
import pyarrow.compute as pc

from geodata import archives
from geodata.errors import ChoiceError, UnreadableError
from geodata.limits import Limits
from geodata.notes import Note, note
from geodata.parsers.parsed import Fault, Parsed
from geodata.parsers.values import number_text
from geodata.parsers.wkb import from_wkb

DRIVER = "ESRI Shapefile"
NEEDED, WANTED = ("shp", "shx", "dbf"), ("prj", "cpg")
MAGIC, HEADER_BYTES = 9994, 100
SHORT = 65_536  # a .prj is a line
LOSSLESS = "ISO-8859-1"  # each byte is one character, and back


@dataclass
class Texts:
    """How the texts of a .dbf are decoded, and what was remarked about it."""

    encoding: str
    notes: list[Note] = field(default_factory=list)


def parse(path: Path, options: dict[str, Any], limits: Limits) -> Parsed:
    """
    Read one shapefile.

    Parameters
    ----------
    path
        A zip archive, or a ``.shp`` with its other parts beside it.
    options
        ``folder``, an empty one; ``layer``, where the archive has several; ``encoding``.
    limits
        For the archive.

    Raises
    ------
    UnreadableError
        If a part is missing, cut short, or contradicts another.
    ChoiceError
        If the archive has several shapefiles and none was named.
    """
    given = _zipped(path, options.get("layer"), limits) if path.suffix.lower() == ".zip" else None
    parts = given if given is not None else _beside(path)
    if missing := [f".{part}" for part in NEEDED if part not in parts]:
        msg = "The shapefile lacks {parts}."
        raise UnreadableError(msg, parts=", ".join(missing))
    rows = _check_sizes(parts)
    folder = Path(options["folder"])
    for part in NEEDED:
        (folder / f"layer.{part}").write_bytes(parts[part])
    table = _read(folder / "layer.shp")
    if table.num_rows != rows:
        msg = "The shapefile's header promises {rows} records; {found} are there."
        raise UnreadableError(msg, rows=rows, found=table.num_rows)
    return _parsed(table, parts, options.get("encoding"))


def _zipped(path: Path, layer: str | None, limits: Limits) -> dict[str, bytes]:
    archive, members = archives.open_checked(path, limits)
    with archive:
        chosen = _chosen(_shapefiles(members), layer)
        return {part: archives.read_member(archive, member) for part, member in chosen.items()}


def _shapefiles(members: dict[str, ZipInfo]) -> dict[str, dict[str, ZipInfo]]:
    found: dict[str, dict[str, ZipInfo]] = {}
    for name, member in members.items():
        at = PurePosixPath(name)
        part = at.suffix[1:].lower()
        if part in (*NEEDED, *WANTED) and "__MACOSX" not in at.parts and at.name[0] != ".":
            found.setdefault(str(at.with_suffix("")), {})[part] = member
    return {stem: parts for stem, parts in found.items() if "shp" in parts}


def _chosen(found: dict[str, dict[str, ZipInfo]], layer: str | None) -> dict[str, ZipInfo]:
    if not found:
        msg = "The archive holds no shapefile."
        raise UnreadableError(msg)
    named = {PurePosixPath(stem).name: parts for stem, parts in found.items()}
    if layer in named:
        return named[str(layer)]
    if len(found) == 1:
        return next(iter(found.values()))
    msg = "The archive has the shapefiles {choices}; name one of them."
    raise ChoiceError(msg, choices=sorted(named))


def _beside(path: Path) -> dict[str, bytes]:
    siblings = (
        other
        for other in path.parent.iterdir()
        if other.stem == path.stem and other.is_file() and not other.is_symlink()
    )
    found = {other.suffix[1:].lower(): other for other in siblings}
    return {part: found[part].read_bytes() for part in (*NEEDED, *WANTED) if part in found}


def _check_sizes(parts: dict[str, bytes]) -> int:
    for part in ("shp", "shx"):
        data = parts[part]
        if len(data) < HEADER_BYTES or int.from_bytes(data[:4], "big") != MAGIC:
            msg = "The .{part} is no part of a shapefile."
            raise UnreadableError(msg, part=part)
        if 2 * int.from_bytes(data[24:28], "big") > len(data):
            msg = "The .{part} is cut short."
            raise UnreadableError(msg, part=part)
    shapes = (len(parts["shx"]) - HEADER_BYTES) // 8
    records = int.from_bytes(parts["dbf"][4:8], "little")
    if shapes != records:
        msg = "The shapefile has {shapes} shapes and {records} records."
        raise UnreadableError(msg, shapes=shapes, records=records)
    return shapes


def _read(path: Path) -> pa.Table:
    import pyogrio  # noqa: PLC0415 -- a file that is refused before does without
    from pyogrio import _ogr  # noqa: PLC0415

    others = sorted(set(pyogrio.list_drivers()) - {DRIVER})
    pyogrio.set_gdal_config_options({"GDAL_SKIP": ",".join(others)})
    _ogr._register_drivers()  # noqa: SLF001 -- GDAL skips drivers only while registering
    if set(pyogrio.list_drivers()) != {DRIVER}:
        msg = "GDAL keeps drivers that are not needed; nothing is read with it."
        raise UnreadableError(msg)
    try:
        _, table = pyogrio.raw.read_arrow(path, encoding=LOSSLESS)
    except (pyogrio.errors.DataSourceError, pa.ArrowInvalid, ValueError) as error:
        msg = "The shapefile cannot be read: {reason}"
        raise UnreadableError(msg, reason=str(error)[:200]) from None
    return table


def _parsed(table: pa.Table, parts: dict[str, bytes], encoding: str | None) -> Parsed:
    rows = list(range(1, table.num_rows + 1))
    texts = _encoding(parts, encoding, _bytes_of(table))
    parsed = Parsed(rows, {}, crs=_crs(parts.get("prj")), notes=texts.notes)
    for number, field_ in enumerate(table.schema):
        values = table.column(number)
        if pa.types.is_binary(field_.type) or pa.types.is_large_binary(field_.type):
            parsed.geometry = from_wkb(values.to_pylist(), rows, parsed.faults)
            continue
        name = field_.name.encode(LOSSLESS, "replace").decode(texts.encoding, "replace")
        parsed.columns[name] = _column(values, name, texts.encoding, parsed)
    if parsed.crs is None:
        parsed.notes.append(note("There is no .prj, so the CRS is not known."))
    return parsed


def _column(values: pa.ChunkedArray, name: str, encoding: str, parsed: Parsed) -> list[str | None]:
    if pa.types.is_floating(values.type):
        return [None if value is None else number_text(value) for value in values.to_pylist()]
    texts: list[str | None] = pc.cast(values, pa.large_string()).to_pylist()
    if not pa.types.is_string(values.type):
        return texts
    for place, text in enumerate(texts):
        try:
            texts[place] = None if text is None else text.encode(LOSSLESS).decode(encoding)
        except UnicodeError:
            message = f"This is no {encoding} text; name the file's encoding."
            parsed.faults.append(
                Fault(parsed.rows[place], name, "encoding", ascii(text)[:80], message)
            )
            texts[place] = None
    return texts


def _bytes_of(table: pa.Table) -> list[bytes]:
    columns = [table[n] for n, at in enumerate(table.schema) if pa.types.is_string(at.type)]
    return [
        text.encode(LOSSLESS, "replace")
        for column in columns
        for text in column.to_pylist()
        if text is not None and not text.isascii()
    ]


def _encoding(parts: dict[str, bytes], given: str | None, values: list[bytes]) -> Texts:
    if given is not None:
        return Texts(given)
    label = parts.get("cpg", b"")[:SHORT].decode("ascii", "replace").strip()
    if named := _codec(label):
        return Texts(named)
    notes = [note("The .cpg names no encoding: {label}", label=label[:40])] if label else []
    if all(_is_utf8(value) for value in values):
        return Texts("utf-8", notes)
    notes.append(note("No .cpg says how the texts are encoded; they were read as GB18030."))
    return Texts("gb18030", notes)


def _codec(label: str) -> str | None:
    plain = re.sub(r"^(ansi|oem|cp|windows-?)[ _-]*(?=\d)", "cp", label.lower())
    plain = f"cp{plain}" if re.fullmatch(r"\d{3,4}", plain) else plain
    plain = {"cp936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "88591": LOSSLESS}.get(
        plain, plain
    )
    try:
        return codecs.lookup(plain).name if re.fullmatch(r"[\w-]{3,20}", plain) else None
    except LookupError:
        return None


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _crs(projection: bytes | None) -> str | None:
    if projection is None or not projection.strip():
        return None
    if len(projection) > SHORT:
        msg = "The .prj is {size} bytes long; it should be a line."
        raise UnreadableError(msg, size=len(projection))
    from geodata.crs import parse_crs  # noqa: PLC0415 -- most files need no PROJ

    known = parse_crs(projection.decode("utf-8", "replace").strip("\ufeff\0 \r\n\t"))
    return known.name if known.name.startswith("EPSG:") else str(known.crs.to_wkt())
