"""From a report without a network to the close-out: five people, two screens, one issue."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDTHS
from tests.browser.field.conftest import Phone, Site, photo, spot


def desk_of(site: Site, name: str, role: str, unit: str = "", width: str = "wide") -> Page:
    """Return a browser in which somebody has signed in."""
    assert site.browser is not None
    size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
    context = site.browser.new_context(viewport=size, locale="zh-CN")  # type: ignore[arg-type]
    context.set_default_timeout(45_000)
    token = site.session(name, unit, role)
    cookie = {"name": "gridmap_session", "value": token, "url": site.address}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    site.phones.append(Phone(site, context, page))
    return page


def do(page: Page, act: str, **given: str) -> None:
    """Do an act on the page of an issue, with the fields that it needs."""
    form = page.locator(f"details.act-fold.{act}")
    others = page.locator("details.other-acts:not([open])")
    if others.count() and not form.is_visible():
        others.locator("summary").first.click()
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    for name, value in given.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("(field) => field.tagName") == "SELECT":
            field.select_option(index=int(value))
        else:
            field.fill(value)
    with page.expect_navigation():
        form.locator("button[type=submit]").click()


def report_in_a_dead_zone(site: Site, phone: Phone) -> dict[str, object]:
    """Report while the network goes away in the middle; return the issue that arrives later."""
    page = phone.open("report")
    phone.shoot(photo(at=spot(50, 150)))
    phone.offline()
    page.locator("#category-search").fill("暴露垃圾")
    page.locator("[role=radio][data-value='暴露垃圾']").click()
    page.locator("#save").click()
    page.locator("#unsent", has_text="1").wait_for()
    phone.online()
    phone.emptied()
    (issue,) = site.issues()
    return issue


def rectify_in_a_dead_zone(phone: Phone, issue_id: str) -> None:
    """Set an issue right, with a photo; it is told when there is a network."""
    page = phone.open("today")
    page.reload()  # as when the telephone is taken out of the pocket
    page.wait_for_selector("body:not([aria-busy])")
    page.locator(f"[data-issue='{issue_id}'] .field-go").click()
    phone.offline()
    phone.shoot(photo(at=spot(52, 148)), kind="after")
    page.locator("#save").click()
    page.locator("#unsent").wait_for()
    phone.online()
    phone.emptied()


def test_five_people_bring_an_issue_from_a_dead_zone_to_its_close_out(
    site: Site, phone: Phone
) -> None:
    issue = report_in_a_dead_zone(site, phone)
    issue_id = str(issue["issue_id"])
    assert (issue["grid"], issue["unit_id"]) == ("232701100001001", "u1")
    address = f"{site.address}/issues/{issue_id}"

    # the office files it under a condition, and sends it to the unit that was found
    office = desk_of(site, "office", "city_office")
    office.goto(f"{site.address}/tasks")
    with office.expect_navigation():
        office.locator(f"a[href*='{issue_id}']").first.click()
    do(office, "file", condition="1")
    do(office, "dispatch")
    expect(office.locator(".issue-state")).to_contain_text("派遣")

    # the unit takes it on, and its worker sets it right
    unit = desk_of(site, "coordinator", "unit_coordinator", "u1")
    unit.goto(address)
    do(unit, "accept")
    rectify_in_a_dead_zone(phone, issue_id)
    unit.goto(address)  # whoever speaks for the unit is not offered to check it
    assert unit.locator(".act-fold.reinspect, .act-fold.close_out").count() == 0

    # an inspector looks, and closes it out
    inspector = desk_of(site, "inspector", "inspector")
    inspector.goto(address)
    do(inspector, "reinspect")
    do(inspector, "close_out")
    expect(inspector.locator(".issue-state")).to_contain_text("销号")

    # and a leader reads the whole story on a telephone
    leader = desk_of(site, "leader", "leader", width="narrow")
    leader.goto(address)
    acts = ["report", "file", "dispatch", "accept", "rectify", "reinspect", "close_out"]
    assert leader.locator(".story > li").count() == len(acts)
    assert leader.locator(".before-after-photos img").count() == 2
    assert leader.evaluate("document.documentElement.scrollWidth") <= WIDTHS["narrow"][0]
    leader.screenshot(path=phone.picture("whole-loop"), full_page=True)

    told = site.office().get(f"/api/v1/issues/{issue_id}").json()
    assert told["issue"]["state"] == "closed_out"
    assert [event["act"] for event in told["events"]] == acts
    assert told["events"][-1]["details"]["evidence"] == "near"
    assert phone.errors == []
