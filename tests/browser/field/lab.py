"""A page with nothing on it, on which the phone's modules are run one by one."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Page
from starlette.staticfiles import StaticFiles

from web.main import STATIC

FIELD = "/static/js/field"
BARE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>lab</title>
<script type="application/json" id="words">{"sentences": {}, "tables": {}, "zone": "UTC"}</script>
<script src="/static/vendor/leaflet/leaflet.js"></script>
</head><body></body></html>
"""


def laboratory() -> FastAPI:
    """Return a service of the static files, and of a page beside them."""
    app = FastAPI()
    app.get("/", response_class=HTMLResponse)(lambda: BARE)
    app.mount("/static", StaticFiles(directory=STATIC))
    return app


def run(lab: Page, module: str, call: str, **given: Any) -> Any:
    """Return what a call answers; ``m`` is the module, ``g`` what is given."""
    script = f"async (g) => {{ const m = await import('{FIELD}/{module}.js'); return {call}; }}"
    return lab.evaluate(script, given)
