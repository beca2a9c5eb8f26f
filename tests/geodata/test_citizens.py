"""Citizens: a receipt nobody can guess, reports accepted once, a flood refused, little told."""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from geodata.errors import ReusedKeyError, ThrottledError
from geodata.issues import citizens as module
from geodata.issues import records
from geodata.issues.citizens import BASE32, Allowance, Receipt, cleaned
from geodata.issues.evidence import photos
from geodata.photos.store import PhotoFiles
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from tests.citizens import GARBAGE, LAMP, NOON, OFFICE, ONE, Town, garbage, spot, town_in
from tests.geodata.photos import pictures

HOME, OTHER = "203.0.113.7", "203.0.113.8"
FIRST, SECOND = "7f9c2e14-aaaa-4bbb-8ccc-000000000001", "7f9c2e14-aaaa-4bbb-8ccc-000000000002"
AT_HOME = pictures.encoded(pictures.quarters(), exif=pictures.exif(gps=pictures.place()))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with town_in(tmp_path) as made:
        yield made


def report(town: Town, key: str = FIRST, source: str = HOME, **more: object) -> Receipt:
    return town.citizens().report(key, garbage(**more), source)


def test_a_report_waits_for_the_office_with_its_grid_and_unit_found(town: Town) -> None:
    receipt = report(town)
    (issue,) = town.issues()
    assert receipt.state == "received"
    assert (issue["state"], issue["channel"], issue["reporter"]) == (
        "reported",
        "citizen_app",
        "public",
    )
    assert issue["grid"].endswith("001")
    assert issue["unit_id"] == "u1"


def test_who_is_signed_in_reports_as_anybody_does(town: Town) -> None:
    town.citizens(who=OFFICE).report(FIRST, garbage(condition=ONE, channel="hotline"), HOME)
    (issue,) = town.issues()
    assert (issue["state"], issue["reporter"], issue["channel"]) == (
        "reported",
        "public",
        "citizen_app",
    )


def test_a_receipt_has_sixteen_letters_that_are_not_misread(town: Town) -> None:
    assert re.fullmatch(f"[{BASE32}]{{4}}(-[{BASE32}]{{4}}){{3}}", report(town).code)


def test_a_receipt_has_eighty_bits() -> None:
    codes = [module._code(secrets.token_hex(16), FIRST).replace("-", "") for _ in range(2000)]
    assert len(set(codes)) == 2000
    # each letter of each place is due 62.5 times; five deviations of that are 39
    for place in range(16):
        counted = Counter(code[place] for code in codes)
        assert set(counted) == set(BASE32)
        assert all(abs(n - 62.5) < 50 for n in counted.values())


def test_the_same_identifier_gives_another_receipt_in_another_register(
    town: Town, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    with town_in(tmp_path / "other") as other:
        assert report(other).code != report(town).code


def test_neither_receipt_nor_identifier_nor_source_is_kept(town: Town, tmp_path: Path) -> None:
    receipt = report(town)
    files = sorted(tmp_path.glob("town.gpkg*"))  # the register, and what is not yet written into it
    kept = "".join(file.read_bytes().decode("latin-1") for file in files)
    assert "citizen_app" in kept
    for told in (receipt.code, receipt.code.replace("-", ""), FIRST, HOME):
        assert told not in kept


def test_what_is_sent_again_has_the_same_receipt_and_is_one_issue(town: Town) -> None:
    first, again = report(town), report(town)
    assert (first.code, first.replayed) == (again.code, False)
    assert again.replayed
    assert len(town.issues()) == 1


def test_something_else_under_the_same_identifier_is_refused(town: Town) -> None:
    report(town)
    with pytest.raises(ReusedKeyError):
        report(town, description="另一件事")
    assert len(town.issues()) == 1


def test_of_eight_at_once_one_becomes_an_issue(town: Town) -> None:
    barrier, found = Barrier(8), []

    def send() -> None:
        barrier.wait()
        found.append(report(town).code)

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 8
    assert len(town.issues()) == 1


def test_a_report_that_was_promised_and_not_written_is_written_when_it_comes_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module.Intake, "report", stopped)
        with pytest.raises(KeyboardInterrupt):
            report(town)
    assert town.issues() == []
    receipt = report(town)
    assert town.citizens().status(receipt.code).state == "received"
    assert len(town.issues()) == 1


def test_the_sixth_report_of_a_minute_waits(town: Town) -> None:
    for n in range(5):
        report(town, f"{FIRST}-{n}")
    with pytest.raises(ThrottledError) as refused:
        report(town, SECOND)
    assert 0 < refused.value.retry_after <= 60
    assert len(town.issues()) == 5
    report(town, SECOND, OTHER)
    town.now += timedelta(seconds=61)
    report(town, f"{FIRST}-later")
    assert len(town.issues()) == 7


def test_who_sends_the_same_again_does_not_wait(town: Town) -> None:
    for n in range(5):
        report(town, f"{FIRST}-{n}")
    assert report(town, f"{FIRST}-0").replayed


def test_an_hour_has_its_own_limit(town: Town) -> None:
    citizens = town.citizens(Allowance(per_hour=3, per_minute=2))
    for n in range(3):
        citizens.report(f"{FIRST}-{n}", garbage(), HOME)
        town.now += timedelta(minutes=2)
    with pytest.raises(ThrottledError) as refused:
        citizens.report(SECOND, garbage(), HOME)
    # the first was sent six minutes ago
    assert refused.value.retry_after == 54 * 60


def test_a_household_counts_as_one_however_many_addresses_it_has(town: Town) -> None:
    citizens = town.citizens(Allowance(per_minute=1))
    citizens.report(FIRST, garbage(), "2001:db8:1:2::1")
    with pytest.raises(ThrottledError):
        citizens.report(SECOND, garbage(), "2001:db8:1:2:ffff::9")
    citizens.report(SECOND, garbage(), "2001:db8:1:3::1")


def test_an_address_of_four_numbers_is_the_same_in_the_longer_form(town: Town) -> None:
    citizens = town.citizens(Allowance(per_minute=1))
    citizens.report(FIRST, garbage(), HOME)
    with pytest.raises(ThrottledError):
        citizens.report(SECOND, garbage(), f"::ffff:{HOME}")


def test_networks_that_many_share_are_not_counted(town: Town) -> None:
    shared = (ip_network("203.0.113.0/24"), ip_network("2001:db8::/32"))
    citizens = town.citizens(Allowance(per_minute=1, shared=shared))
    for n in range(4):
        citizens.report(f"{FIRST}-{n}", garbage(), HOME)
    citizens.report(SECOND, garbage(), "198.51.100.1")
    with pytest.raises(ThrottledError):
        citizens.report(f"{SECOND}-2", garbage(), "198.51.100.1")


def test_where_a_report_came_from_is_forgotten_after_a_day(town: Town) -> None:
    table = town.store.tables.loop.public_reports

    def sources() -> list[str]:
        with town.store.database.reading() as connection:
            return list(connection.execute(select(table.c.source).order_by(table.c.at)).scalars())

    report(town)
    assert len(sources()[0]) == 64
    town.now += timedelta(days=1, seconds=1)
    report(town, SECOND, OTHER)
    assert sources()[0] == ""
    assert len(sources()[1]) == 64


@pytest.mark.parametrize(
    "wrong", [{"category": "没有这一类"}, {"place": None, "description": " \u200b\x00 "}]
)
def test_what_cannot_be_an_issue_is_refused_and_not_counted(
    town: Town, wrong: dict[str, object]
) -> None:
    for _ in range(7):
        with pytest.raises(InvalidError):
            report(town, **wrong)
    report(town)
    assert len(town.issues()) == 1


def test_the_state_is_told_in_four_words_and_nothing_of_who_acts(town: Town) -> None:
    receipt, citizens = report(town), town.citizens()
    (issue,) = town.issues()
    told = [citizens.status(receipt.code)]
    for name, more in (
        ("file", {"condition": ONE}),
        ("dispatch", {}),
        ("return", {"reason": "不是我们的"}),
    ):
        town.now += timedelta(hours=1)
        town.act(issue["issue_id"], name, **more)
        told.append(citizens.status(receipt.code))
    assert [found.state for found in told] == ["received", "in_hand", "in_hand", "in_hand"]
    # that it was sent back and forth shows neither in the state nor in its moment
    assert [found.updated_at for found in told[1:]] == [NOON + timedelta(hours=1)] * 3
    assert told[-1].reported_at == NOON
    assert told[-1].note is None


def test_a_refusal_says_why(town: Town) -> None:
    receipt = report(town)
    (issue,) = town.issues()
    town.act(issue["issue_id"], "refuse", reason="属于施工围挡内，已告知施工方")
    found = town.citizens().status(receipt.code)
    assert (found.state, found.note) == ("refused", "属于施工围挡内，已告知施工方")


def test_a_merged_report_follows_the_one_it_was_merged_with(town: Town) -> None:
    receipt = report(town)
    report(town, SECOND, OTHER)
    first, second = town.issues()
    town.act(first["issue_id"], "merge", into=second["issue_id"])
    assert town.citizens().status(receipt.code).state == "received"
    town.act(second["issue_id"], "refuse", reason="重复")
    assert town.citizens().status(receipt.code).state == "refused"


@pytest.mark.parametrize("typed", ["", "7K3M-9QXT-2WHB-4DVR", "%", "0" * 5000, "７Ｋ３Ｍ"])
def test_a_code_that_was_never_given_tells_nothing(town: Town, typed: str) -> None:
    report(town)
    with pytest.raises(NotFoundError):
        town.citizens().status(typed)


def test_a_code_is_read_however_it_was_typed(town: Town) -> None:
    code = report(town).code
    for typed in (code.lower(), code.replace("-", ""), code.replace("-", " "), f" {code} "):
        assert town.citizens().status(typed).category == GARBAGE
    misread = code.replace("0", "O").replace("1", "l")
    assert town.citizens().status(misread).category == GARBAGE


@given(st.integers(0, 2**80 - 1))
def test_a_code_in_other_letters_is_the_same_code(number: int) -> None:
    letters = [BASE32[number >> 5 * at & 31] for at in range(16)]
    code = "".join(letters)
    grouped = "-".join(code[at : at + 4] for at in range(0, 16, 4))
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in grouped)  # as a Chinese keyboard types
    assert module._bare(grouped) == module._bare(wide) == code
    assert module._bare(grouped.lower().replace("0", "o").replace("1", "i")) == code


def test_a_photo_is_kept_once_without_the_place_where_it_was_taken(
    town: Town, tmp_path: Path
) -> None:
    files, receipt, citizens = PhotoFiles(str(tmp_path / "photos")), report(town), town.citizens()
    first = citizens.add_photo(receipt.code, "photo-0001", AT_HOME, files)
    again = citizens.add_photo(receipt.code, "photo-0001", AT_HOME, files)
    assert (first.is_new, again.is_new) == (True, False)
    (issue,) = town.issues()
    with town.store.database.reading() as connection:
        (kept,) = photos(connection, town.store.tables, issue["issue_id"])
    assert kept["by"] == "public"
    assert kept["geometry"] is None
    assert kept["position_source"] is None


def test_a_report_takes_three_photos_and_none_once_it_is_handled(
    town: Town, tmp_path: Path
) -> None:
    files, receipt, citizens = PhotoFiles(str(tmp_path / "photos")), report(town), town.citizens()
    for n in range(3):
        citizens.add_photo(receipt.code, f"photo-000{n}", AT_HOME, files)
    with pytest.raises(InvalidError):
        citizens.add_photo(receipt.code, "photo-0003", AT_HOME, files)
    (issue,) = town.issues()
    town.act(issue["issue_id"], "file", condition=ONE)
    with pytest.raises(ConflictError):
        citizens.add_photo(receipt.code, "photo-0004", AT_HOME, files)
    assert not citizens.add_photo(receipt.code, "photo-0002", AT_HOME, files).is_new


def test_the_same_photo_of_the_same_thing_is_one_issue(town: Town, tmp_path: Path) -> None:
    files, citizens = PhotoFiles(str(tmp_path / "photos")), town.citizens()
    codes = []
    for n in range(4):  # as somebody who sends it again and again
        codes.append(report(town, f"{FIRST}-{n}", f"198.51.100.{n}").code)
        citizens.add_photo(codes[-1], f"photo-000{n}", AT_HOME, files)
        town.now += timedelta(minutes=1)
    first, *others = town.issues()
    assert first["state"] == "reported"
    assert {(other["state"], other["merged_into"]) for other in others} == {
        ("merged", first["issue_id"])
    }
    town.act(first["issue_id"], "refuse", reason="不属实")
    assert {citizens.status(code).state for code in codes} == {"refused"}


@pytest.mark.parametrize(
    "other",
    [
        {"category": LAMP},
        {"place": spot(180, 190)},  # a hundred metres east
        {"place": None},
    ],
)
def test_the_same_photo_of_something_else_is_another_issue(
    town: Town, tmp_path: Path, other: dict[str, object]
) -> None:
    files, citizens = PhotoFiles(str(tmp_path / "photos")), town.citizens()
    for n, more in enumerate(({}, other)):
        code = report(town, f"{FIRST}-{n}", **more).code
        citizens.add_photo(code, f"photo-000{n}", AT_HOME, files)
        town.now += timedelta(minutes=1)
    assert [issue["state"] for issue in town.issues()] == ["reported", "reported"]


def test_the_journal_tells_of_a_report_and_not_of_its_receipt(town: Town) -> None:
    receipt = report(town)
    (issue,) = town.issues()
    entry = town.store.journal.last()
    assert entry is not None
    assert (entry.who, entry.action) == ("public", "issue-report")
    assert entry.what["issue"] == issue["issue_id"]
    assert receipt.code not in json.dumps(entry.what)


@given(st.text())
def test_what_is_cleaned_is_clean_and_stays_so(text: str) -> None:
    kept = cleaned(text)
    assert cleaned(kept) == kept
    assert kept is None or not set(kept) & {"\x00", "\u202e", "\u200b", "\x1b"}


def test_a_report_outside_the_city_is_taken_without_a_grid(town: Town) -> None:
    report(town, place=spot(5000, 5000))
    with town.store.database.reading() as connection:
        (issue,) = records.plain_rows(
            records.read(
                connection,
                town.store.tables,
                town.store.tables.loop.heads.c.channel == "citizen_app",
                town.store.tables.loop.heads.c.reporter == "public",
            )[0]
        )
    assert (issue["state"], issue["grid"], issue["unit_id"]) == ("reported", None, None)
