"""
A child process for each untrusted file.

The child has no network, and limits on processor time, memory and what it may write. What it hands
back is data, never code: a JSON header and an Arrow stream. If it dies, the file is unreadable and
the service lives on.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geodata
from geodata import errors
from geodata.errors import ChoiceError, LimitError, UnreadableError
from geodata.limits import DEFAULT, MEGABYTE, Limits
from gridmap.errors import CrsError, InvalidError

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

# Only these run in the child, whatever a caller asks for.
PARSERS = {
    "csv": "geodata.parsers.delimited",
    "form": "geodata.forms.cells",
    "form-marks": "geodata.forms.marks",
    "geojson": "geodata.parsers.geojson",
    "geopackage": "geodata.parsers.geopackage",
    "parquet": "geodata.parsers.parquet",
    "photo": "geodata.photos.decoding",
    "shapefile": "geodata.parsers.shapefile",
    "xlsx": "geodata.parsers.excel",
}
ERRORS: dict[str, type[InvalidError]] = {
    kind.__name__: kind
    for kind in (
        ChoiceError,
        CrsError,
        LimitError,
        UnreadableError,
        errors.NoPhotoError,
        errors.UnsupportedFormatError,
    )
}
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
OUT_OF_TIME = {-signal.SIGXCPU, -signal.SIGKILL}
LENGTH_BYTES = 8
# GDAL must find no server even where the kernel refuses a network of the child's own.
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "PROJ_NETWORK": "OFF",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
}


class _Without:
    """Hide what pyarrow and pyogrio import only because it is there, at half a second a file."""

    @staticmethod
    def find_spec(name: str, *_where: object) -> None:
        if name in {"pandas", "geopandas"}:
            msg = f"{name} is not needed here"
            raise ModuleNotFoundError(msg, name=name)


class Answer(NamedTuple):
    """What a child handed back: the header, and the table if there is one."""

    header: dict[str, Any]
    table: pa.Table


def run(
    parser: str, path: Path, options: Mapping[str, object] | None = None, limits: Limits = DEFAULT
) -> Answer:
    """
    Parse a file in a child process.

    Parameters
    ----------
    parser
        One of `PARSERS`.
    path
        The file; only read.
    options
        What the parser takes.
    limits
        What the child is held to.

    Returns
    -------
    Answer
        Header (``crs``, ``notes``, ``faults``, ``parts``, ``geometry``, ``isolated``) and table.

    Raises
    ------
    UnreadableError
        If the file is broken, or so broken that the child died of it.
    LimitError
        If it takes more time or memory than allowed.
    InvalidError
        Whatever else of its kind the parser raised.
    """
    if path.stat().st_size > limits.file_bytes:
        msg = "The file has {size} MB; {limit} MB are allowed."
        size, limit = path.stat().st_size // MEGABYTE, limits.file_bytes // MEGABYTE
        raise LimitError(msg, size=size, limit=limit)
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        request: dict[str, object] = {
            "parser": parser,
            "path": str(path.resolve()),
            "options": {**(options or {}), "folder": folder},
            "limits": asdict(limits),
        }
        done, failed = _child(request, folder, limits)
    if failed or not done:
        raise _death(failed, limits)
    return _unpacked(done)


def main() -> None:
    """Be the child: read a request from standard input, answer on standard output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    sys.meta_path.insert(0, _Without())
    request = json.load(sys.stdin)
    limits = Limits(**request["limits"])
    _hold(limits)
    isolated = _leave_network()
    try:
        module = importlib.import_module(PARSERS[request["parser"]])
        parsed = module.parse(Path(request["path"]), request["options"], limits)
        table = parsed.to_arrow(limits)
        header = {
            "crs": parsed.crs,
            "notes": [[remark.template, remark.values] for remark in parsed.notes],
            "faults": parsed.faults,
            "parts": parsed.parts,
            "geometry": parsed.geometry is not None,
        }
        answers.write(_packed({**header, "isolated": isolated}, table))
    except InvalidError as error:
        answers.write(_packed({"error": _told(error)}, None))
    except MemoryError:
        answers.write(_packed({"error": _told(_out_of_memory(limits))}, None))
    answers.flush()


def _child(request: dict[str, object], folder: str, limits: Limits) -> tuple[bytes, int]:
    command = [sys.executable, "-P", "-c", "from geodata.sandbox import main; main()"]
    environment = {**ENVIRONMENT, "TMPDIR": folder, "PYTHONPATH": _root()}
    with subprocess.Popen(  # noqa: S603 -- our own module, and nothing of the file's in it
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment,
    ) as child:
        try:
            answer, said = child.communicate(json.dumps(request).encode(), limits.wait_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            return b"", -signal.SIGKILL
    if child.returncode:
        logger.warning("the parser died (%s): %s", child.returncode, said[-2000:].decode("latin-1"))
    return answer, child.returncode


@cache
def _root() -> str:
    return str(Path(geodata.__file__).resolve().parents[1])


def _death(code: int, limits: Limits) -> InvalidError:
    if code in OUT_OF_TIME:
        msg = "Reading the file took more than {seconds} s."
        return LimitError(msg, seconds=limits.seconds)
    msg = "The file cannot be read; it broke the process that tried."
    return UnreadableError(msg)


def _out_of_memory(limits: Limits) -> LimitError:
    msg = "Reading the file takes more than {limit} MB of memory."
    return LimitError(msg, limit=limits.memory // MEGABYTE)


def _told(error: InvalidError) -> dict[str, object]:
    return {
        "class": type(error).__name__,
        "template": error.template,
        "values": {
            name: _plain(value) for name, value in error.values.items() if name != "choices"
        },
        "choices": list(getattr(error, "choices", ())),
    }


def _plain(value: object) -> object:
    return value if isinstance(value, int | float) else str(value)


def _packed(header: Mapping[str, object], table: pa.Table | None) -> bytes:
    text = json.dumps(header).encode()
    packed = len(text).to_bytes(LENGTH_BYTES, "big") + text
    if table is None:
        return packed
    import pyarrow as pa  # noqa: PLC0415 -- a child that only refuses does without

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return packed + sink.getvalue().to_pybytes()


def _unpacked(answer: bytes) -> Answer:
    import pyarrow as pa  # noqa: PLC0415 -- see _packed

    end = LENGTH_BYTES + int.from_bytes(answer[:LENGTH_BYTES], "big")
    header = json.loads(answer[LENGTH_BYTES:end])
    if (told := header.get("error")) is not None:
        kind = ERRORS.get(told["class"], UnreadableError)
        more = {"choices": told["choices"]} if kind is ChoiceError else {}
        raise kind(told["template"], **more, **told["values"])
    if not header["isolated"]:
        _say_not_isolated()
    table = pa.ipc.open_stream(pa.py_buffer(answer)[end:]).read_all()
    table.validate(full=True)
    return Answer(header, table)


@cache
def _say_not_isolated() -> None:
    logger.warning("parsers cannot be cut off from the network here: the kernel refuses")


def _hold(limits: Limits) -> None:
    import resource  # noqa: PLC0415 -- the parent may be on a system without it

    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, limits.unpacked_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        allowed = resource.getrlimit(what)[1]
        most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)  # noqa: PLW2901
        resource.setrlimit(what, (most, most))


def _leave_network() -> bool:
    try:
        unshare = ctypes.CDLL(None).unshare
    except (OSError, AttributeError):
        return False
    return not unshare(CLONE_NEWNET) or not unshare(CLONE_NEWNET | CLONE_NEWUSER)
