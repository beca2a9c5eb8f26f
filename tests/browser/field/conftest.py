"""The phone's page over a served town: who has it, where it is, whether there is a network."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from api.settings import Settings
from geodata.accounts import Accounts
from geodata.database import connect, migrate
from geodata.store import Store
from gridmap import access, layers
from gridmap.access import Grant
from gridmap.demo.checklists import checklists
from gridmap.demo.standard import demo_conditions
from tests.browser.conftest import PICTURES, WIDTHS, served
from tests.browser.field.lab import laboratory
from tests.browser.field.network import Network
from tests.people import CHEAP, PASSWORD, client_of
from tests.town import METRIC, place, town
from web.main import create_app
from web.pages.field_words import SENTENCES
from web.words import Words

CRS = "EPSG:4490"
SINCE = date(2026, 1, 1)
CATEGORY = "街道办"  # of the market m1: it has a checklist
SAVED = Words("zh_CN").say(SENTENCES["saved"])
KEPT = """async () => {
  const told = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const base = await told(indexedDB.open("gridmap-field"));
  const kept = {};
  for (const name of base.objectStoreNames) {
    kept[name] = await told(base.transaction(name).objectStore(name).getAll());
  }
  base.close();
  return JSON.stringify(kept);
}"""
ASK = "() => navigator.serviceWorker.ready.then(() => true)"


def spot(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of the place x metres east and y metres north in the town."""
    at = gpd.GeoSeries([place(x, y)], crs=METRIC).to_crs("EPSG:4326").iloc[0]
    return at.x, at.y


def photo(*, at: tuple[float, float] | None = None, size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a photo, with the place at which it says that it was taken."""
    picture = Image.effect_noise(size, 60).convert("RGB")
    exif = Image.Exif()
    if at is not None:
        lon, lat = at
        exif[0x8825] = {1: "N", 2: _degrees(lat), 3: "E", 4: _degrees(lon)}
        exif[0x8769] = {0x9003: "2026:06:01 09:30:00", 0x9011: "+08:00"}
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=80, exif=exif)
    return kept.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    whole, minutes = int(value), (value - int(value)) * 60
    return float(whole), float(int(minutes)), (minutes - int(minutes)) * 60


def frames() -> dict[str, Any]:
    """Return the town; its market is u1's and has a checklist."""
    made: dict[str, Any] = town(CRS)
    held = made["assignments"]
    held.loc[held["target"] == "m1", "unit_id"] = "u1"
    made["inspection_points"]["category"] = CATEGORY
    made["issues"] = made["issues"].iloc[:0]
    raw = checklists()
    made["checklists"] = layers.conform(raw, layers.BOOKS["checklists"])
    made["conditions"] = demo_conditions()
    return made


@dataclass
class Phone:
    """
    A browser with the phone's page.

    Parameters
    ----------
    site
        What it talks to.
    context, page
        The browser's.
    errors
        What went wrong in scripts.
    """

    site: Site
    context: BrowserContext
    page: Page
    errors: list[str] = field(default_factory=list)

    def open(self, tab: str = "map") -> Page:
        """Open the page and wait until it can do without the network."""
        self.page.goto(f"{self.site.address}/field#{tab}")
        self.page.wait_for_selector("body:not([aria-busy])")
        self.page.evaluate(ASK)
        return self.page

    def go(self, tab: str) -> None:
        self.page.locator(f"#tabs [data-tab={tab}]").click()

    def stand(self, x: float, y: float, accuracy: float = 8.0) -> None:
        """Be at a place of the town."""
        lon, lat = spot(x, y)
        self.at(lon, lat, accuracy)

    def at(self, lon: float, lat: float, accuracy: float = 8.0) -> None:
        told = {"longitude": lon, "latitude": lat, "accuracy": accuracy}
        self.context.set_geolocation(told)  # type: ignore[arg-type]

    def offline(self) -> None:
        self.context.set_offline(True)

    def online(self) -> None:
        self.context.set_offline(False)

    def shoot(self, content: bytes, kind: str = "before") -> None:
        """Take a photo."""
        chooser = self.page.locator(f".field-photo-box[data-kind={kind}] input").first
        before = self.page.locator(f".field-photo-box[data-kind={kind}] li").count()
        chooser.set_input_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content})
        self.page.locator(f".field-photo-box[data-kind={kind}] li").nth(before).wait_for()

    def report(self, category: str = "暴露垃圾", *, content: bytes | None = None) -> None:
        """Report an issue in three taps."""
        self.go("report")
        self.page.locator("#save").wait_for()
        # the form of the last report may still be there
        expect(self.page.locator("#screen-report [aria-checked=true]")).to_have_count(0)
        if content is not None:
            self.shoot(content)
        self.page.locator("#category-search").fill(category)
        self.page.locator(f"[role=radio][data-value='{category}']").click()
        self.save()

    def save(self) -> None:
        """Press save and wait until the phone has said so; what it said before does not count."""
        self.page.locator(".field-toast").evaluate_all(
            "(said) => said.forEach((one) => one.remove())"
        )
        self.page.locator("#save").click()
        self.page.locator(".field-toast.done", has_text=SAVED).wait_for()

    def queue(self) -> Locator:
        """Return what waits, on the screen of the outbox."""
        self.go("outbox")
        return self.page.locator("#outbox > li")

    def kept(self) -> dict[str, list[Any]]:
        """Return what lies on the phone's disk, store by store."""
        told: dict[str, list[Any]] = json.loads(self.page.evaluate(KEPT))
        return told

    def unsent(self) -> str:
        """Return how many the head of the page says are not yet sent."""
        return self.page.locator("#unsent").inner_text()

    def emptied(self) -> None:
        """Wait until everything has been sent."""
        self.page.wait_for_selector("body:not([aria-busy])")
        self.page.locator("#unsent").wait_for(state="hidden", timeout=60_000)

    def send(self) -> None:
        """Press the button, if it can be pressed: it may be sending by itself already."""
        self.go("outbox")
        self.page.locator("#send-all").evaluate("(button) => button.click()")

    def picture(self, name: str) -> Path:
        PICTURES.mkdir(exist_ok=True)
        path = PICTURES / f"field-{name}.png"
        self.page.wait_for_timeout(250)
        self.page.screenshot(path=path)
        return path


@dataclass
class Site:
    """
    A served town.

    Parameters
    ----------
    app, network, address
        The service, what lies before it, and where it is.
    browser
        What phones are made of.
    """

    app: FastAPI
    network: Network
    address: str
    browser: Browser | None = None
    phones: list[Phone] = field(default_factory=list)

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.app.state.service.workspaces.whole.store, hasher=CHEAP)

    def session(self, name: str = "worker", unit: str = "u1", role: str = "field_staff") -> str:
        """Sign somebody in, an account of theirs made if there is none; return the session."""
        accounts = self.accounts
        if name not in {account.sign_in for account in accounts.people()}:
            scope = access.Scope("unit", unit) if unit else access.CITY
            grants = [Grant(role, scope)]
            accounts.add(name, f"{name} 的姓名", grants, password=PASSWORD, by="tests")
        signed = accounts.sign_in(name, PASSWORD, code=None, source="127.0.0.1", agent="tests")
        return signed.token

    def sign_in(self, phone: Phone, name: str = "worker", unit: str = "u1") -> None:
        cookie = {"name": "gridmap_session", "value": self.session(name, unit)}
        phone.context.add_cookies([{**cookie, "url": self.address}])  # type: ignore[list-item]

    def phone(self, *, width: str = "narrow", signed_in: bool = True, **more: Any) -> Phone:
        """Return a phone at (50, 150), in grid 001, which is u1's."""
        assert self.browser is not None
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        touch = {"has_touch": True, "is_mobile": True} if width == "narrow" else {}
        context = self.browser.new_context(
            viewport=size, permissions=["geolocation"], locale="zh-CN", **touch, **more
        )
        context.set_default_timeout(45_000)
        phone = Phone(self, context, context.new_page())
        phone.page.on("pageerror", lambda error: phone.errors.append(str(error)))
        phone.stand(50, 150)
        if signed_in:
            self.sign_in(phone)
        self.phones.append(phone)
        return phone

    def office(self) -> Any:
        """Return a client that asks in the name of the city's office."""
        return client_of(self.app, "city_office")

    def issues(self) -> list[dict[str, Any]]:
        """Return every issue that the service has."""
        answer = self.office().get("/api/v1/issues")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["issues"]
        return found

    def photos(self, issue: str) -> list[dict[str, Any]]:
        """Return the photos of an issue."""
        found: list[dict[str, Any]] = self.office().get(f"/api/v1/issues/{issue}").json()["photos"]
        return found

    def dispatched(self, x: float = 60, y: float = 160) -> str:
        """Return an issue in grid 001 that is dispatched to u1."""
        office = self.office()
        lon, lat = spot(x, y)
        place = {"lon": lon, "lat": lat, "source": "pin"}
        body = {"category": "路灯不亮", "description": "第三杆", "place": place}
        told = office.post("/api/v1/issues", json={**body, "channel": "hotline"}).json()
        condition = next(
            row
            for row in demo_conditions().reset_index().to_dict("records")
            if row["category"] == "路灯不亮"
        )["condition_id"]
        for act in ({"act": "file", "condition": condition}, {"act": "dispatch", "unit_id": "u1"}):
            url = f"/api/v1/issues/{told['issue_id']}/acts"
            done = office.post(url, json=act, headers={"If-Match": "*"})
            assert done.status_code == 200, done.text
        return str(told["issue_id"])


def register(folder: Path) -> str:
    url = f"gpkg:///{folder / 'field.gpkg'}"
    database = connect(url)
    migrate(database, crs=CRS, codes="cn", name="试验镇")
    store = Store(database)
    with store.write(who="a test", action="import") as writer:
        for layer, frame in frames().items():
            writer.add(layer, frame, SINCE)
    store.close()
    return url


@pytest.fixture
def site(tmp_path: Path, browser: Browser) -> Iterator[Site]:
    """Serve the town of `tests.town` to phones."""
    settings = Settings(database_url=register(tmp_path), photos_url=str(tmp_path / "photos"))
    app = create_app(settings)
    network = Network(app)
    with served(network) as address:  # type: ignore[arg-type]
        made = Site(app, network, address, browser)
        yield made
        for phone in made.phones:
            phone.context.close()


@pytest.fixture
def phone(site: Site) -> Phone:
    """Return the phone of somebody of u1."""
    return site.phone()


@pytest.fixture(scope="session")
def lab(browser: Browser) -> Iterator[Page]:
    """Return a page on which modules are run."""
    with served(laboratory()) as address:
        page = browser.new_page()
        page.goto(address)
        yield page
        page.close()


@pytest.fixture
def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
