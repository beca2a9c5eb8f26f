"""Paper printed of the town, and what is read from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pypdfium2 as pdfium
from pypdfium2 import raw

from geodata.paper import unit_cards
from geodata.paper.wording import Wording
from geodata.reports import Reports
from gridmap import layers
from tests.geodata.towns import TODAY, opened
from tests.registers import CRS, SINCE, keep
from tests.town import SQUARES, town

GRIDS = list(SQUARES)
BASE = "http://grid.example:8000/"
ZH, EN = Wording("zh_CN"), Wording("en")
PHONE = re.compile(r"0457-\d{7}")


def kept(folder: Path, frames: dict[str, pd.DataFrame]) -> Reports:
    """Keep layers, valid from the first day of 2026, and return what can be asked of them."""
    keep(folder / "town.gpkg", frames)
    return opened(folder / "town.gpkg").reports


def cards(
    reports: Reports, *unit_ids: str, contacts: bool = True, language: str = "zh_CN"
) -> bytes:
    return unit_cards(
        reports,
        list(unit_ids) or None,
        TODAY,
        base_url=BASE,
        language=language,
        contacts=contacts,
    )


def texts(pdf: bytes) -> list[str]:
    """Return what can be found on each page, without line breaks and spaces."""
    with pdfium.PdfDocument(pdf) as document:
        return [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in document]


def written(pdf: bytes) -> Iterator[tuple[pdfium.PdfPage, pdfium.PdfObject]]:
    """Go through all pieces of text."""
    with pdfium.PdfDocument(pdf) as document:
        for page in document:
            for piece in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=1):
                yield page, piece


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def with_rows(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Return the town's assignments and more: target kind, target, unit, tier."""
    new = pd.DataFrame(rows, columns=["target_kind", "target", "unit_id", "tier"])
    new = new.assign(
        assignment_id=[f"b{n}" for n in range(len(new))], scheme="main", since=pd.Timestamp(SINCE)
    )
    frame = layers.conform(new, layers.LAYERS["assignments"])
    return pd.concat([town(CRS)["assignments"], frame])
