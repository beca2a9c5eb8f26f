"""The phone's page over a served town: who has it, where it is, whether there is a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page
from shapely import Point

from api.settings import Settings
from geodata.accounts import Accounts
from geodata.checklists import Checklists
from geodata.database import connect, migrate
from geodata.store import Store
from gridmap import layers
from gridmap.access import OPERATOR, Grant, Scope
from gridmap.conditions import numbered
from gridmap.demo.scheme import demo_conditions
from tests.browser.conftest import PICTURES, WIDTHS, served
from tests.people import CHEAP, PASSWORD
from tests.town import METRIC, place, town
from web.main import create_app

CRS = "EPSG:4490"
SINCE = date(2026, 1, 1)
ITEMS = [("门前无垃圾积存", "yes_no", None), ("公益广告(处)", "count", 2.0)]
PHOTO = Path(__file__).with_name("photo.jpg")


def wgs(x: float, y: float) -> dict[str, float]:
    """Return the place x metres east and y metres north in the town, as a phone has it."""
    at = gpd.GeoSeries([place(x, y)], crs=METRIC).to_crs("EPSG:4326")[0]
    assert isinstance(at, Point)
    return {"longitude": at.x, "latitude": at.y}
