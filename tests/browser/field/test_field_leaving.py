"""Who leaves a phone takes the map along, on any page and without a script; never the unsent."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.field.conftest import Phone, Site, photo
from tests.browser.waiting import waited

KEPT = """() => new Promise((done) => {
  indexedDB.open("gridmap-field").onsuccess = ({ target: { result } }) => {
    const read = result.transaction(["records", "bytes", "pack"]);
    const told = {};
    read.oncomplete = () => done(told);
    for (const name of ["records", "bytes", "pack"]) {
      const keys = read.objectStore(name).getAllKeys();
      keys.onsuccess = () => { told[name] = keys.result; };
    }
  };
})"""


def kept(page: Page) -> tuple[int, int, list[str]]:
    """Return how many records and photos are on the phone, and what of people's besides drafts."""
    told = page.evaluate(KEPT)
    own = [key.partition("|") for key in told["pack"] if not key.startswith("phone")]
    names = sorted(name for _, _, name in own if not name.startswith(("draft", "recent")))
    return len(told["records"]), len(told["bytes"]), names


def leave(phone: Phone, path: str = "/tasks") -> Page:
    """Sign out on a page of the office."""
    page = phone.page
    page.goto(phone.site.address + path)
    page.locator("details.me summary").click()
    page.locator("form[action='/sign-out'] button").click()
    return page


def left(phone: Phone) -> tuple[int, int, list[str]]:
    phone.page.wait_for_url("**/sign-in*")
    return kept(phone.page)


def test_signing_out_on_any_page_takes_the_map_off_the_phone(site: Site, phone: Phone) -> None:
    beside = phone.open()
    assert kept(beside)[2] == ["pack"]
    other = Phone(site, phone.context, phone.context.new_page())
    leave(other)
    assert left(other) == (0, 0, [])
    beside.locator("#screen-gate a").wait_for()  # the phone's page in the window beside, too
    assert phone.errors == other.errors == []


def test_signing_out_on_any_page_warns_of_what_is_not_sent(site: Site, phone: Phone) -> None:
    phone.open()
    site.network.away = True
    phone.report(content=photo())
    page = leave(phone)
    warned = page.locator("dialog.leaving")
    expect(warned).to_contain_text("1")
    expect(warned.locator("[data-patrol]")).to_be_hidden()
    phone.picture("leaving-narrow")
    warned.locator("button[value='']").click()
    assert kept(page)[:2] == (1, 1)  # and still signed in
    page.locator("form[action='/sign-out'] button").click()
    warned.locator("button[value=out]").click()
    assert left(phone) == (0, 0, [])
    site.network.away = False
    site.sign_in(phone)
    phone.open()
    assert site.issues() == []
    assert phone.errors == []


def test_without_a_script_the_map_goes_when_the_phone_is_opened_next(
    site: Site, phone: Phone
) -> None:
    page = phone.open()
    phone.context.clear_cookies()  # as after the plain form
    page.reload()
    page.locator("#screen-gate a").wait_for()
    assert kept(page) == (0, 0, [])
    site.sign_in(phone)
    page.reload()
    waited(lambda: kept(page)[2] == ["pack"], "the map is fetched again")
    assert phone.errors == []


def test_who_has_something_to_send_keeps_the_map_until_another_has_the_phone(
    site: Site, phone: Phone
) -> None:
    page = phone.open()
    site.network.away = True
    phone.report(content=photo())
    phone.context.clear_cookies()
    site.network.away = False
    page.reload()
    page.locator("#notices a").wait_for()  # sign in again
    assert kept(page) == (1, 1, ["pack"])
    site.sign_in(phone, "other", "u2")
    page.reload()
    page.wait_for_selector("body:not([aria-busy])")
    assert kept(page) == (1, 1, ["pack"])  # the other's own; the record waits for its maker
    site.sign_in(phone)
    page.reload()
    phone.emptied()
    assert len(site.issues()) == 1
    assert phone.errors == []
