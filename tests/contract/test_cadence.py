"""Cadence, material, inboxes and the outbox on both stores."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pandas as pd
import pytest

from geodata.accounts import Accounts
from geodata.cadence import Cadence, usual
from geodata.calendars import calendar
from geodata.database import Database
from geodata.notices import Notices, Told
from geodata.outbox import AGAIN, Outbox, Routes, robot_body, senders
from geodata.reminders import remind
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import CITY, Grant, Person, Scope
from gridmap.errors import ForbiddenError, InvalidError, NotFoundError
from gridmap.materials import Act
from tests.people import CHEAP, PASSWORD

DAY = date(2026, 6, 30)  # the last workday of the month
ZONE = calendar("Asia/Shanghai")
OFFICE = Person("office", "创城办", frozenset({Grant("city_office")}))
U1 = Person("p-u1", "张三", frozenset({Grant("unit_coordinator", Scope("unit", "u1"))}))
U2 = Person("p-u2", "李四", frozenset({Grant("unit_coordinator", Scope("unit", "u2"))}))
SLOTS = pd.DataFrame(
    {
        "slot_id": ["s1", "s2"],
        "edition": "2026",
        "month": "2026-06-01",
        "name": ["工作说明", "实景图片"],
        "sort": ["report", "pictures"],
        "wanted": [1, 4],
        "unit_id": ["u1", "u2"],
        "due": ["2026-06-20", "2026-07-02"],
    }
)


@dataclass
class Clock:
    """A clock that is set by hand."""

    at: datetime = datetime(2026, 6, 30, 4, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Robot:
    """A group robot on loopback: what it answers next, and what it was sent."""

    answers: list[tuple[int, str]] = field(default_factory=list)
    heard: list[Any] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def robot() -> Iterator[Robot]:
    made = Robot()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, text = made.answers.pop(0) if made.answers else (200, '{"errcode": 0}')
            made.heard.append(json.loads(body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_given: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}/robot"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def city(town_store: Store) -> Workspaces:
    return Workspaces(Workspace(town_store))


def book(city: Workspaces, person: Person = OFFICE, today: date = DAY) -> Cadence:
    return Cadence(city, person, ZONE, today)


def account(store: Store, role: str, scope: Scope = CITY) -> str:
    accounts = Accounts(store, hasher=CHEAP)
    name = f"{role}-{scope.key}"
    return accounts.add(name, name, [Grant(role, scope)], password=PASSWORD, by="tests")


# Cadence


def test_a_city_that_has_set_none_goes_by_the_usual_beats(city: Workspaces) -> None:
    due = book(city).due(DAY, DAY)
    assert sorted(due["name"]) == ["日督查", "月通报"]
    assert list(book(city).listed()["name"]) == list(usual()["name"])


def test_cadences_that_are_set_replace_all_others(city: Workspaces) -> None:
    rows = usual().reset_index()
    book(city).set(rows[rows["kind"].isin(["inspect", "bulletin"])])
    book(city).set(rows[rows["kind"] == "bulletin"].assign(workday=2))
    due = book(city).due(date(2026, 6, 1), DAY)
    assert list(due["name"]) == ["月通报"]
    assert list(due["day"]) == [date(2026, 6, 2)]


@pytest.mark.parametrize("wrong", [{"workday": 0}, {"roles": "emperor"}, {"beat": "hourly"}])
def test_a_cadence_that_cannot_be_is_refused(city: Workspaces, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        book(city).set(usual().reset_index().assign(**wrong))
    assert len(city.whole.store.read("cadences")) == 0


# Material


def test_units_see_and_hand_in_their_own_and_the_office_reviews(city: Workspaces) -> None:
    book(city).ask(SLOTS)
    assert list(book(city, U1).materials().index) == ["s1"]
    assert set(book(city).materials().index) == {"s1", "s2"}
    with pytest.raises(NotFoundError):
        book(city, U1).step(Act("s2", "submit", given=4))
    handed = book(city, U1).step(Act("s1", "submit", given=1, documents=("a" * 64,)))
    assert handed.slot["state"] == "submitted"
    assert book(city).step(Act("s1", "return", reason="请补充")).slot["state"] == "returned"
    book(city, U1).step(Act("s1", "submit", given=1))
    accepted = book(city).step(Act("s1", "accept"))
    assert (accepted.slot["state"], accepted.slot["returns"]) == ("accepted", 1)
    assert list(book(city, U1).history("s1")["act"]) == ["submit", "return", "submit", "accept"]
    assert book(city, U2).history("s1").empty
    assert city.whole.store.verify() is None


def test_a_unit_that_is_not_there_is_asked_for_nothing(city: Workspaces) -> None:
    with pytest.raises(InvalidError):
        book(city).ask(SLOTS.assign(unit_id=["u1", "nobody"]))
    assert book(city).materials().empty


def test_a_unit_may_review_nothing(city: Workspaces) -> None:
    book(city).ask(SLOTS)
    book(city).step(Act("s1", "submit", given=1))
    with pytest.raises(ForbiddenError):
        book(city, U1).step(Act("s1", "accept"))


def test_an_office_sees_and_reviews_the_material_of_its_own_part_alone(city: Workspaces) -> None:
    """In the east u3 answers for a grid, and u1 for a road; u2 for nothing."""
    book(city).ask(SLOTS.assign(unit_id=["u2", "u3"]))
    east = Scope("division", "232701100002")
    office = Person("east", "东片区", frozenset({Grant("subdistrict_office", east)}))
    assert list(book(city, office).materials().index) == ["s2"]
    book(city).step(Act("s1", "submit", given=1))
    with pytest.raises(NotFoundError):
        book(city, office).step(Act("s1", "accept"))
    book(city).step(Act("s2", "submit", given=4))
    assert book(city, office).step(Act("s2", "accept")).slot["state"] == "accepted"


# Inboxes


def test_people_are_reminded_once_of_what_concerns_them(
    city: Workspaces, town_store: Store
) -> None:
    book(city).ask(SLOTS)
    unit = account(town_store, "unit_coordinator", Scope("unit", "u1"))
    office, leader = account(town_store, "city_office"), account(town_store, "leader")
    accounts, notices = Accounts(town_store), Notices(town_store)
    first = remind(city, accounts, ZONE, DAY, ())
    again = remind(city, accounts, ZONE, DAY, ())
    assert (first.notices > 0, again.notices) == (True, 0)
    (material,) = [one for one in notices.inbox(unit) if one.kind == "material"]
    assert dict(material.values) == {"name": "工作说明", "due": "2026-06-20"}
    assert {one.kind for one in notices.inbox(office)} == {"inspect", "bulletin"}
    assert notices.inbox(leader) == []
    assert notices.unread(office) == 2
    notices.read(office, notices.inbox(office)[0].notice_id)
    assert notices.unread(office) == 1
    notices.read(office)
    assert notices.unread(office) == 0


def test_what_has_been_handed_in_is_not_reminded_of(city: Workspaces, town_store: Store) -> None:
    book(city).ask(SLOTS)
    unit = account(town_store, "unit_coordinator", Scope("unit", "u1"))
    book(city, U1).step(Act("s1", "submit", given=1))
    remind(city, Accounts(town_store), ZONE, DAY, ())
    assert [one for one in Notices(town_store).inbox(unit) if one.kind == "material"] == []


def test_each_return_is_told_to_the_unit_and_each_day_what_waits_to_who_reviews(
    city: Workspaces, town_store: Store
) -> None:
    unit = account(town_store, "unit_coordinator", Scope("unit", "u2"))
    office = account(town_store, "city_office")
    accounts, notices = Accounts(town_store), Notices(town_store)

    def told(person: str) -> list[str]:
        remind(city, accounts, ZONE, DAY, ())
        found = [one for one in notices.inbox(person) if one.kind == "material"]
        notices.read(person)
        return [one.template.format(**one.values) for one in found if one.read_at is None]

    book(city).ask(SLOTS)
    assert "1 pieces of material are asked of your unit for 2026-06." in told(unit)
    book(city, U2).step(Act("s2", "submit", given=4))
    assert (told(unit), told(office)) == ([], ["1 pieces of material wait to be looked at."])
    for reason in ("看不清", "缺一张"):
        book(city).step(Act("s2", "return", reason=reason))
        assert told(unit) == [f"实景图片 was sent back: {reason}"]
        book(city, U2).step(Act("s2", "submit", given=4))
    assert told(office) == []  # once a day


def test_one_beat_is_set_and_the_usual_ones_become_the_citys(city: Workspaces) -> None:
    (prompt,) = usual().loc[["prompt"]].to_dict("records")
    book(city).set_one(prompt | {"workday": 3, "active": False}, "prompt")
    kept = book(city).listed()
    assert len(kept) == len(usual())
    assert "prompt" not in set(book(city).due(date(2026, 6, 1), DAY)["cadence_id"])
    with pytest.raises(InvalidError, match="no role"):
        book(city).set_one(prompt | {"roles": "mayor"}, "prompt")


def test_nobody_reads_the_notices_of_another(town_store: Store) -> None:
    notices = Notices(town_store)
    notices.put(Told("inspect", "Today: {name}.", {"name": "日督查"}, "/", "x"), ["a"])
    (one,) = notices.inbox("a")
    with pytest.raises(NotFoundError):
        notices.read("b", one.notice_id)
    assert notices.inbox("b") == []
    assert notices.unread("a") == 1


# The outbox


def outbox(database: Database) -> tuple[Outbox, Clock]:
    clock = Clock()
    return Outbox(Store(database, clock)), clock


def test_what_is_due_is_told_to_a_robot_once_a_day(
    city: Workspaces, town_store: Store, robot: Robot
) -> None:
    accounts, outside = Accounts(town_store), [("wecom", "")]
    assert remind(city, accounts, ZONE, DAY, outside).messages == 1
    assert remind(city, accounts, ZONE, DAY, outside).messages == 0
    made = Outbox(town_store)
    ways = senders(Routes(robots={"wecom": robot.url}))
    assert made.send(ways) == {"sent": 1, "again": 0, "failed": 0}
    assert made.send(ways) == {"sent": 0, "again": 0, "failed": 0}
    (said,) = robot.heard
    assert said["msgtype"] == "text"
    assert "2026-06-30" in said["text"]["content"]
    assert "日督查" in said["text"]["content"]


def test_a_robot_is_told_which_material_is_late_and_which_is_due_soon(
    city: Workspaces, town_store: Store, robot: Robot
) -> None:
    """One slot was due on 20 June, the other is due on the second of July."""
    book(city).ask(SLOTS)
    told = {"Material overdue ({n}): {which}.": "逾期材料 {n} 项：{which}。"}
    outside = [("wecom", "")]
    remind(city, Accounts(town_store), ZONE, DAY, outside, lambda said: told.get(said, said))
    Outbox(town_store).send(senders(Routes(robots={"wecom": robot.url})))
    (said,) = robot.heard
    lines = said["text"]["content"].splitlines()
    assert lines[2:] == [
        "逾期材料 1 项：市林业局 工作说明。",
        "Material due by 2026-07-03 (1): 市教育局 实景图片.",
    ]


@pytest.mark.parametrize("answer", [(500, ""), (200, '{"errcode": 93000, "errmsg": "invalid"}')])
def test_what_a_robot_refuses_is_sent_again_later(
    database: Database, robot: Robot, answer: tuple[int, str]
) -> None:
    made, clock = outbox(database)
    robot.answers = [answer]
    ways = senders(Routes(robots={"dingtalk": robot.url}))
    assert made.put("dingtalk", "", robot_body("dingtalk", "月通报"), "2026-06-30")
    assert made.send(ways)["again"] == 1
    assert made.send(ways) == {"sent": 0, "again": 0, "failed": 0}  # not before its time
    clock.at += AGAIN[0]
    assert made.send(ways)["sent"] == 1
    assert len(robot.heard) == 2


def test_what_is_refused_for_ever_fails_and_is_left(database: Database, robot: Robot) -> None:
    made, clock = outbox(database)
    robot.answers = [(503, "")] * (len(AGAIN) + 1)
    ways = senders(Routes(robots={"wecom": robot.url}))
    made.put("wecom", "", robot_body("wecom", "x"), "once")
    told = []
    for wait in (*AGAIN, timedelta(days=9)):
        told.append(made.send(ways))
        clock.at += wait
    assert [one["again"] for one in told] == [1] * len(AGAIN) + [0]
    assert told[-1]["failed"] == 1
    assert made.send(ways) == {"sent": 0, "again": 0, "failed": 0}


def test_a_robot_that_is_away_loses_nothing(database: Database) -> None:
    made, _clock = outbox(database)
    made.put("wecom", "", robot_body("wecom", "x"), "once")
    assert made.send(senders(Routes(robots={"wecom": "http://127.0.0.1:9/"})))["again"] == 1
    assert made.send({}) == {"sent": 0, "again": 0, "failed": 0}


def test_mail_is_handed_to_a_server(database: Database) -> None:
    """A server that speaks just enough SMTP (RFC 5321) to take one message."""
    heard: list[str] = []
    ready, done = threading.Event(), threading.Event()
    where: dict[str, int] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        inside = False
        while line := (await reader.readline()).decode():
            heard.append(line.rstrip())
            if inside and line == ".\r\n":
                inside = False
            elif inside:
                continue
            elif line.upper().startswith("DATA"):
                inside = True
                writer.write(b"354 go on\r\n")
                continue
            writer.write(b"221 bye\r\n" if line.startswith("QUIT") else b"250 ok\r\n")
        writer.close()
        done.set()

    async def serve() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        where["port"] = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            while not done.is_set():  # noqa: ASYNC110 - set by another loop's thread
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    made, _clock = outbox(database)
    made.put("mail", "office@example.com", "试验镇 2026-06-30\n日督查", "2026-06-30")
    routes = Routes(f"smtp://127.0.0.1:{where['port']}", "gridmap@example.com")
    assert made.send(senders(routes))["sent"] == 1
    thread.join(10)
    assert "rcpt TO:<office@example.com>" in heard
    assert any(line.startswith("Subject: =?utf-8?") for line in heard)
