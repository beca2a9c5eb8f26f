"""
Open311: GeoReport v2 as programs speak it that are not ours.

`georeport` is a client from PyPI; it asks and does not report. What it lacks is said in the words
of the specification's own examples, with only the codes and keys exchanged for ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from fastapi import FastAPI
from georeport import GeoReport
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.main import create_app
from api.open311_xml import write
from api.settings import Settings
from geodata.issues.acts import Act, Acts
from geodata.issues.services import code_of
from geodata.store import Store
from gridmap.access import Scope
from tests.browser.conftest import served
from tests.citizens import GARBAGE, LAMP, OFFICE, THREE, TWO, publish_conditions, spot
from tests.people import token_of
from tests.registers import town_register

BASE = "/open311/v2"
AT = spot(80, 190)
TEXT, JSON = "text/xml; charset=utf-8", "application/json; charset=utf-8"
TOLD = (
    "service_request_id status status_notes service_name service_code description "
    "agency_responsible service_notice requested_datetime updated_datetime "
    "expected_datetime address address_id zipcode lat long media_url"
)


def made(folder: Path, **more: Any) -> FastAPI:
    url = town_register(folder)
    app = create_app(Settings(database_url=url, language="en", **more))
    publish_conditions(store_of(app))
    return app


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return made(tmp_path)


@pytest.fixture
def anybody(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Return a service that no test writes to."""
    return made(tmp_path_factory.mktemp("still"))


@pytest.fixture(scope="module")
def reader(still: FastAPI) -> Iterator[TestClient]:
    with TestClient(still, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with served(app) as root:
        yield root + BASE


def store_of(app: FastAPI) -> Store:
    store: Store = app.state.service.workspaces.whole.store
    return store


def hotline(app: FastAPI) -> str:
    """Return the key of the hotline's own system."""
    return token_of(app, "inspector")


def send(client: TestClient, key: str, form: str = "json", **more: Any) -> Any:
    told = {"api_key": key, "service_code": code_of(GARBAGE), "lat": AT.y, "long": AT.x}
    return client.post(f"{BASE}/requests.{form}", data={**told, **more})


def sent(client: TestClient, key: str, **more: Any) -> str:
    answer = send(client, key, **more)
    assert answer.status_code == 200, answer.text
    number: str = answer.json()[0]["service_request_id"]
    return number


def publish(app: FastAPI, number: str, act: str = "publish", **more: Any) -> None:
    rows = store_of(app).read_issues()
    issue_id = str(rows.index[rows["number"] == number][0])
    Acts(app.state.service.setting(OFFICE)).act(issue_id, Act(act, **more))


def errors(answer: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.json()
    assert [set(error) for error in found] == [{"code", "description"}] * len(found)
    assert {error["code"] for error in found} == {answer.status_code}
    assert all(error["description"] for error in found)
    return found


def test_a_client_of_others_reads_services_and_requests(app: FastAPI, address: str) -> None:
    with TestClient(app, base_url="http://127.0.0.1") as client:
        number = sent(client, hotline(app), description="桶外有垃圾 & <更多>")
    publish(app, number)
    for form in ("json", "xml"):
        theirs = GeoReport(address, output_format=form)
        names = [service["service_name"] for service in theirs.get_service_list()]
        assert names == [GARBAGE, LAMP]
        definition = theirs.get_service_definition(code_of(LAMP))
        assert definition["service_code"] == code_of(LAMP)
        found = theirs.get_service_request(number)
        assert found["description"] == "桶外有垃圾 & <更多>"
        assert found["agency_responsible"] == "市林业局"
        listed = theirs.get_service_requests(service_code=code_of(GARBAGE), status="open")
        listed = listed if isinstance(listed, list) else [listed]  # xmltodict's way with one
        assert [one["service_request_id"] for one in listed] == [number]


def test_a_request_is_sent_as_in_the_example_of_the_specification(
    app: FastAPI, anybody: TestClient
) -> None:
    written = (
        f"api_key={hotline(app)}&jurisdiction_id=city.gov&service_code={code_of(LAMP)}"
        f"&lat={AT.y}&long={AT.x}&address_string=1234+5th+street&email=smit333%40sfgov.edu"
        "&device_id=tt222111&account_id=123456&first_name=john&last_name=smith&phone=111111111"
        "&description=A+large+sinkhole+is+destroying+the+road"
        "&media_url=http%3A%2F%2Ffarm3.static.flickr.com%2F2002%2F2212426634_5ed477a060.jpg"
        f"&attribute[condition]={TWO}"
    )
    answer = anybody.post(
        f"{BASE}/requests.xml",
        content=written,
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == TEXT
    assert answer.text.startswith('<?xml version="1.0" encoding="utf-8"?>')
    root = ET.fromstring(answer.content)  # noqa: S314 - our own
    assert [root.tag, root[0].tag] == ["service_requests", "request"]
    assert [part.tag for part in root[0]] == [
        "service_request_id",
        "service_notice",
        "account_id",
    ]
    assert "not fetched" in str(root[0].findtext("service_notice"))
    kept = store_of(app).read_issues()
    issue = kept[kept["number"] == root[0].findtext("service_request_id")].iloc[0]
    assert (issue["channel"], issue["category"], issue["condition"]) == ("open311", LAMP, TWO)
    assert issue["address"] == "1234 5th street"
    for told in ("smit333", "john", "111111111", "123456", "flickr", "tt222111"):
        assert told not in " ".join(str(value) for value in issue)


def test_what_is_sent_in_full_is_filed_and_dispatched_at_once(
    app: FastAPI, anybody: TestClient
) -> None:
    answer = send(anybody, hotline(app))
    kept = store_of(app).read_issues()
    issue = kept[kept["number"] == answer.json()[0]["service_request_id"]].iloc[0]
    assert (issue["state"], issue["unit_id"]) == ("dispatched", "u1")
    assert "has until" in answer.json()[0]["service_notice"]


def test_what_is_sent_again_under_a_key_is_one_request(app: FastAPI, anybody: TestClient) -> None:
    told = {"api_key": hotline(app), "service_code": code_of(GARBAGE), "lat": AT.y, "long": AT.x}
    head = {"Idempotency-Key": "hotline-2026-0001"}
    first, again = (
        anybody.post(f"{BASE}/requests.json", data=told, headers=head) for _ in range(2)
    )
    assert first.json() == again.json()
    assert len(store_of(app).read_issues()) == 4  # the three of the town, and one


def test_xml_and_json_say_the_same(app: FastAPI, anybody: TestClient) -> None:
    number = sent(anybody, hotline(app), description="桶外 <b>", address_string="中华路")
    publish(app, number)
    for path, root in (
        ("services", "services"),
        (f"services/{code_of(LAMP)}", "service_definition"),
        ("requests", "service_requests"),
        (f"requests/{number}", "service_requests"),
        ("discovery", "discovery"),
        ("requests/unknown", "errors"),
    ):
        as_json, as_xml = (anybody.get(f"{BASE}/{path}.{form}") for form in ("json", "xml"))
        assert as_json.status_code == as_xml.status_code
        assert as_json.headers["content-type"] == JSON
        assert as_xml.headers["content-type"] == TEXT
        assert as_xml.content == write(root, as_json.json())


def test_a_service_with_several_conditions_is_described_with_them(reader: TestClient) -> None:
    plain, several = reader.get(f"{BASE}/services.json").json()
    assert (plain["metadata"], several["metadata"]) == (False, True)
    assert {plain["type"], several["type"]} == {"realtime"}
    assert several["group"] == "公用设施"
    told = reader.get(f"{BASE}/services/{several['service_code']}.json").json()
    (attribute,) = told["attributes"]
    assert attribute["datatype"] == "singlevaluelist"
    assert attribute["values"] == [
        {"key": TWO, "name": "灯杆倾斜"},
        {"key": THREE, "name": "灯不亮"},
    ]
    told = reader.get(f"{BASE}/services/{plain['service_code']}.json").json()
    assert told["attributes"] == []


def test_a_request_tells_of_the_unit_and_the_limit_and_not_of_who_reported(
    app: FastAPI, anybody: TestClient
) -> None:
    number = sent(anybody, hotline(app), description="桶外有垃圾")
    publish(app, number)
    (told,) = anybody.get(f"{BASE}/requests/{number}.json").json()
    assert set(told) == set(TOLD.split())
    assert (told["status"], told["agency_responsible"]) == ("open", "市林业局")
    assert (told["lat"], told["long"]) == (round(AT.y, 6), round(AT.x, 6))
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert datetime.fromisoformat(told[name]).utcoffset() == timedelta(hours=8)
    more = anybody.get(f"{BASE}/requests/{number}.json?extensions=true").json()[0]
    assert more["extended_attributes"] == {"state": "dispatched"}


def test_what_is_closed_is_closed_and_a_refusal_says_why(app: FastAPI, anybody: TestClient) -> None:
    number = sent(anybody, hotline(app), service_code=code_of(LAMP))
    publish(app, number)
    publish(app, number, "refuse", reason="已在维修")
    (told,) = anybody.get(f"{BASE}/requests/{number}.json").json()
    assert (told["status"], told["status_notes"]) == ("closed", "已在维修")
    assert anybody.get(f"{BASE}/requests.json?status=open").json() == []
    assert len(anybody.get(f"{BASE}/requests.json?status=open,closed").json()) == 1


def test_what_has_not_been_published_is_shown_to_whose_key_may_see_it(
    app: FastAPI, anybody: TestClient
) -> None:
    number = sent(anybody, hotline(app), description="未公开")
    path = f"{BASE}/requests/{number}.json"
    assert anybody.get(path).status_code == 404
    assert anybody.get(f"{BASE}/requests.json").json() == []
    assert anybody.get(path, params={"api_key": hotline(app)}).json()[0]["description"] == "未公开"
    by_header = anybody.get(path, headers={"Authorization": f"Bearer {hotline(app)}"})
    assert by_header.status_code == 200
    other = token_of(app, "unit_coordinator", Scope("unit", "u3"))
    assert anybody.get(path, params={"api_key": other}).status_code == 404


def test_a_request_is_its_own_token(app: FastAPI, anybody: TestClient) -> None:
    number = sent(anybody, hotline(app))
    publish(app, number)
    told = anybody.get(f"{BASE}/tokens/{number}.json").json()
    assert told == [{"service_request_id": number, "token": number}]
    assert errors(anybody.get(f"{BASE}/tokens/unknown.json"))


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"api_key": ""}, 400),
        ({"api_key": "not-a-key"}, 403),
        ({"service_code": ""}, 400),
        ({"service_code": "unknown"}, 404),
        ({"lat": ""}, 400),
        ({"long": ""}, 400),
        ({"lat": "", "long": ""}, 400),
        ({"lat": "north"}, 400),
        ({"lat": "nan"}, 400),
        ({"lat": "91"}, 400),
        ({"long": "-181"}, 400),
        ({"description": "长" * 4001}, 400),
        ({"attribute[condition]": TWO}, 400),
    ],
)
def test_a_form_that_cannot_be_is_refused_in_the_form_of_the_specification(
    still: FastAPI, reader: TestClient, changed: dict[str, str], status: int
) -> None:
    answer = send(reader, changed.get("api_key", hotline(still)), **changed)
    assert answer.status_code == status
    assert errors(answer)
    assert len(store_of(still).read_issues()) == 3  # those with which the town begins


def test_an_address_is_enough_of_a_place(app: FastAPI, anybody: TestClient) -> None:
    number = sent(anybody, hotline(app), lat="", long="", address_string="中华路 3 号")
    kept = store_of(app).read_issues()
    issue = kept[kept["number"] == number].iloc[0]
    assert (issue["state"], issue["address"]) == ("filed", "中华路 3 号")


def test_who_may_not_report_has_no_good_key(still: FastAPI, reader: TestClient) -> None:
    answer = send(reader, token_of(still, "auditor"))
    assert answer.status_code == 403
    assert errors(answer)


def test_a_body_that_is_no_form_is_refused(still: FastAPI, reader: TestClient) -> None:
    answer = reader.post(f"{BASE}/requests.json?api_key={hotline(still)}", json={"lat": 1})
    assert answer.status_code == 400
    assert errors(answer)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("start_date=2026-01-01&end_date=2026-04-30", 400),
        ("start_date=2026-05-01&end_date=2026-04-01", 400),
        ("start_date=yesterday", 400),
        ("start_date=9999-12-31T23:59:59-14:00", 400),
        ("status=half", 400),
        ("service_code=unknown", 404),
        ("start_date=2026-01-01&end_date=2026-03-31", 200),
        ("start_date=2026-01-01T00:00:00+08:00", 200),  # the plus comes as a blank
    ],
)
def test_questions_that_cannot_be_are_refused(reader: TestClient, query: str, status: int) -> None:
    answer = reader.get(f"{BASE}/requests.json?{query}")
    assert answer.status_code == status
    if status != 200:
        assert errors(answer)


def test_numbers_override_all_other_questions(app: FastAPI, anybody: TestClient) -> None:
    numbers = [sent(anybody, hotline(app)) for _ in range(3)]
    for number in numbers:
        publish(app, number)
    asked = {"service_request_id": ",".join(numbers[:2]), "status": "closed", "start_date": "x"}
    found = anybody.get(f"{BASE}/requests.json", params=asked).json()
    assert {one["service_request_id"] for one in found} == set(numbers[:2])


def test_a_time_is_asked_for_from_its_first_moment_to_its_last(
    app: FastAPI, anybody: TestClient
) -> None:
    number = sent(anybody, hotline(app))
    publish(app, number)
    (told,) = anybody.get(f"{BASE}/requests.json").json()
    at = datetime.fromisoformat(told["requested_datetime"])

    def found(**asked: datetime) -> int:
        query = {name: moment.isoformat() for name, moment in asked.items()}
        return len(anybody.get(f"{BASE}/requests.json", params=query).json())

    assert found(start_date=at, end_date=at) == 1
    assert found(start_date=at + timedelta(seconds=1)) == 0
    assert found(end_date=at.astimezone(UTC) - timedelta(seconds=1)) == 0


@pytest.mark.parametrize("path", ["services.yaml", "requests.html", "requests/1.csv", "services"])
def test_another_format_is_not_found(reader: TestClient, path: str) -> None:
    assert reader.get(f"{BASE}/{path}").status_code == 404


def test_another_city_is_not_found(tmp_path: Path) -> None:
    app = made(tmp_path, jurisdiction="mohe.gov.cn")
    with TestClient(app, base_url="http://127.0.0.1") as client:
        ours = client.get(f"{BASE}/services.json?jurisdiction_id=mohe.gov.cn")
        assert ours.status_code == 200
        assert client.get(f"{BASE}/services.json").status_code == 200
        other = client.get(f"{BASE}/services.json?jurisdiction_id=sfgov.org")
        assert other.status_code == 404
        assert "sfgov.org" in errors(other)[0]["description"]
        answer = send(client, hotline(app), jurisdiction_id="sfgov.org")
        assert answer.status_code == 404


def test_discovery_says_where_and_in_which_formats(reader: TestClient) -> None:
    (endpoint,) = reader.get(f"{BASE}/discovery.json").json()["endpoints"]
    assert endpoint["url"] == "http://127.0.0.1:8000/open311/v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"


@given(st.text(st.characters(exclude_characters="\r")))  # which XML reads as the end of a line
def test_whatever_is_written_can_be_read_as_xml(text: str) -> None:
    written = write("errors", [{"code": 400, "description": text}])
    root = ET.fromstring(written)  # noqa: S314 - our own
    kept = [letter for letter in text if letter in "\t\n" or letter >= " "]
    assert list(root[0].findtext("description") or "") == [
        letter for letter in kept if letter not in "\ufffe\uffff"
    ]
