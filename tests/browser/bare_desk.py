"""A page with nothing on it but the desk's map, over any register."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from api.frames import dump, features
from api.service import Service
from api.settings import Settings
from geodata.photos.store import PhotoFiles
from geodata.scoped import Workspaces
from geodata.workspace import Workspace
from tests.web import fakes
from web.main import STATIC
from web.pages import ground
from web.security import SecurityHeaders

PAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>desk</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/static/img/mark.svg">
<link rel="stylesheet" href="/static/vendor/leaflet/leaflet.css">
<link rel="stylesheet" href="/static/css/tokens.css">
<link rel="stylesheet" href="/static/css/base.css">
<link rel="stylesheet" href="/static/css/desk-map.css">
<link rel="stylesheet" href="/bare.css">
<script src="/static/vendor/leaflet/leaflet.js" defer></script>
<script type="module" src="/bare.js"></script>
</head><body><div id="map" class="desk-map map live" tabindex="0"></div></body></html>
"""
STYLE = "html, body { height: 100%; overflow: hidden; } #map { height: 100vh; flex: 1; }"
SCRIPT = """
import { loadGround } from "/static/js/desk/ground.js";
import { DeskMap } from "/static/js/desk/map.js";
const names = "pick hover place drawn moved pickpoint pickroad focus failed".split(" ");
window.heard = [];
const began = performance.now();
const ground = await loadGround("/desk/ground");
window.decoded = performance.now() - began;
const desk = new DeskMap(document.querySelector("#map"), ground, { words: { map: "Grids" } });
const palette = "#8ecae6 #f4a261 #90be6d #d9a5d3 #e9c46a #6fa8dc #c3a995 #83c5be".split(" ");
const classOf = (_, i) => (ground.parent[i] * 7 + i) % palette.length;
const classes = Uint16Array.from({ length: ground.n }, classOf);
desk.setFill({ classes, palette, hatch: palette.map((_, k) => k === 1) });
for (const name of names) {
  desk.addEventListener(name, ({ detail }) => window.heard.push({ name, ...detail }));
}
Object.assign(window, { ground, desk, loadGround, DeskMap });
"""


def bare_site(workspace: Workspace, as_of: date) -> FastAPI:
    """
    Return a service of the map alone.

    Parameters
    ----------
    workspace, as_of
        The register and the day that is drawn.
    """
    settings = Settings(public_register=True)
    app = FastAPI()
    app.state.settings = settings
    app.state.service = Service(
        settings=settings,
        workspaces=Workspaces(workspace),
        accounts=fakes.NOBODY_SIGNS_IN,
        today=lambda: as_of,
        zone=ZoneInfo(settings.time_zone),
        hours=settings.working_hours,
        photos=PhotoFiles("memory://photos"),
    )

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(PAGE)

    @app.get("/bare.js")
    def script() -> Response:
        return Response(SCRIPT, media_type="text/javascript")

    @app.get("/bare.css")
    def style() -> Response:
        return Response(STYLE, media_type="text/css")

    @app.get("/api/v1/grids/{code}")
    def grid(code: str) -> Response:
        row = workspace.frame("grids", as_of).loc[[code]]
        return Response(dump(features(row[["geometry"]])[0]), media_type="application/geo+json")

    app.include_router(ground.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(SecurityHeaders)
    return app
