"""Phones that send what they have until it is answered, and the service as a process of its own."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx

from geodata.accounts import Accounts
from geodata.database import connect
from geodata.store import Store
from gridmap.access import CITY, Grant, Scope
from tests.closed_loop import jpeg, loop_register, reported, spot
from tests.people import CHEAP, PASSWORD

UNITS = ("u1", "u2", "u3")
STARTS_WITHIN_S = 120
PATIENCE = 400
BUSY_S = 0.5  # a phone waits what Retry-After says; the test has no time for it
KINDS = {"record": "issue_id", "photo": "photo_id"}


class SilenceError(Exception):
    """The service does not answer."""


@dataclass
class City:
    """
    A register on the disk, and who may sign in to it.

    Parameters
    ----------
    folder
        Of the register, its photos and what the service says.
    tokens
        Of field staff, one a phone, of several units in turn.
    office
        Of somebody of the city's office.
    """

    folder: Path
    tokens: list[str]
    office: str

    @property
    def url(self) -> str:
        """Where the register is."""
        return f"gpkg:///{self.folder / 'town.gpkg'}"

    @property
    def photos(self) -> Path:
        """Where the photos are."""
        return self.folder / "photos"

    @property
    def said(self) -> str:
        """What the service has said so far."""
        return (self.folder / "said").read_text()


def city(folder: Path, phones: int) -> City:
    """Make a register with so many field staff."""
    store = Store(connect(loop_register(folder)))
    accounts = Accounts(store, hasher=CHEAP)

    def token(name: str, grant: Grant) -> str:
        person_id = accounts.add(name, name, [grant], password=PASSWORD, by="tests")
        return accounts.issue_token(person_id, "a test", 1)[0]

    staff = [
        token(f"phone{number}", Grant("field_staff", Scope("unit", UNITS[number % len(UNITS)])))
        for number in range(phones)
    ]
    office = token("office", Grant("city_office", CITY))
    store.close()
    return City(folder, staff, office)


@contextmanager
def served(made: City) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Serve a city as an operator does, in a process of its own on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        "GRIDMAP_DATABASE_URL": made.url,
        "GRIDMAP_PHOTOS_URL": str(made.photos),
        "GRIDMAP_LANGUAGE": "en",
    }
    with (made.folder / "said").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "gridmap", "serve", "--port", str(port)],
            cwd=Path(__file__).parents[2],
            env={**os.environ, **own},
            stdout=said,
            stderr=said,
        )
    try:
        _wait(process, port, made)
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, made: City) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    msg = f"the service did not start: {made.said}"
    raise RuntimeError(msg)


@dataclass
class Record:
    """
    A report with its photos, as it waits in a phone.

    Parameters
    ----------
    body
        Of the report.
    photos
        Identifier → bytes.
    answers
        What was answered to each request the first time that an answer came: path → body.
    """

    body: dict[str, Any]
    photos: dict[str, bytes]
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The identifier that the phone made."""
        return str(self.body["issue_id"])


@dataclass
class Phone:
    """
    A phone with what it has to send.

    Parameters
    ----------
    number
        Which.
    token
        Of its owner.
    records
        What it has.
    statuses
        Of every answer of the service that came.
    patience
        How often it sends a thing before it gives up.
    """

    number: int
    token: str
    records: list[Record] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    patience: int = PATIENCE

    def take(self, reports: int, photo_every: int = 1) -> None:
        """Take reports, and a photo of every n-th of them, each another picture."""
        for n in range(reports):
            place = spot(5 + (37 * n + 11 * self.number) % 190, 110 + (23 * self.number + n) % 85)
            words = f"{self.number} 号手机第 {n} 条"
            photos = {}
            if n % photo_every == 0:
                photos[str(uuid.uuid4())] = jpeg(1000 * self.number + n)
            self.records.append(Record(reported(place=place, description=words), photos))

    def client(self, port: int) -> httpx.Client:
        """Return what the phone asks with; each request has a connection of its own."""
        headers = {"Authorization": f"Bearer {self.token}", "Connection": "close"}
        limits = httpx.Limits(max_keepalive_connections=0)
        return httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers=headers, limits=limits, timeout=120
        )

    def send(self, client: httpx.Client) -> None:
        """Send all of it once, each thing until its own answer arrives."""
        for record in self.records:
            self._send(client, record, "POST", "/api/v1/issues", json=record.body)
            for photo_id, content in record.photos.items():
                path = f"/api/v1/issues/{record.key}/photos/{photo_id}"
                self._send(client, record, "PUT", path, content=content)

    def _send(
        self, client: httpx.Client, record: Record, method: str, path: str, **sent: Any
    ) -> None:
        kind = KINDS["photo" if "photos" in path else "record"]
        for _ in range(self.patience):
            try:
                answer = client.request(method, path, **sent)
            except httpx.TransportError:
                continue
            if "json" not in answer.headers.get("content-type", ""):
                continue  # somebody else answered
            self.statuses.append(answer.status_code)
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                time.sleep(BUSY_S)
                continue  # it is kept, and sent again
            told = answer.json()
            expected = record.key if kind == "issue_id" else path.rpartition("/")[2]
            if told.get(kind) == expected:
                before = record.answers.setdefault(path, told)
                assert told == before, path
                return
        msg = f"{path} was never answered"
        raise SilenceError(msg)


def digest(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
