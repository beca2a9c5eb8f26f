"""The planner asked in a browser, what it leaves behind, and how a plan comes to hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDTHS, Visit, Visitor
from tests.browser.desks import Site, desk_of, holders, register, town_frames

FREE, FAR = "232701100001004", "232701100002007"
JULY = "2026-07-01"


@pytest.fixture
def site(visit: Visit, tmp_path: Path) -> Iterator[Site]:
    with desk_of(register(tmp_path, town_frames())) as served:
        yield Site(served.app, served.address, visit)


def opened(site: Site, path: str, role: str = "city_office", width: str = "wide") -> Visitor:
    """Open a page in the name of somebody with a role."""
    assert site.visit is not None
    visitor: Visitor = site.visit(site.address, width)
    cookie = {"name": "gridmap_session", "value": site.session(role, role), "url": site.address}
    visitor.page.context.add_cookies([cookie])
    visitor.open(path)
    return visitor


def asked(visitor: Visitor, **values: str) -> Page:
    """Fill the form for the planner, and send it."""
    page = visitor.page
    page.locator("#ask details").first.evaluate("(element) => { element.open = true; }")
    for name, value in {"name": "七月调整", "effective": JULY, **values}.items():
        page.fill(f"#ask [name={name}]", value)
    page.click("#ask button[type=submit]")
    return page


def drafted(visitor: Visitor, *given: tuple[str, str]) -> str:
    """Make a plan by hand, over HTTP."""
    page = visitor.page
    rows = [
        {"target": {"target_kind": "grid", "target": grid}, "unit_id": unit} for grid, unit in given
    ]
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    answer = page.request.post(
        f"{visitor.address}/api/v1/plans",
        data=json.dumps({"name": "手工方案", "effective": JULY, "given": rows}),
        headers={"Content-Type": "application/json", "X-CSRF-Token": token},
    )
    assert answer.status == 201, answer.text()
    plan_id: str = answer.json()["plan_id"]
    return plan_id


def told(visitor: Visitor, path: str) -> Any:
    answer = visitor.page.request.get(visitor.address + path)
    assert answer.ok, answer.text()
    return answer.json()


def test_the_planner_is_asked_and_its_plan_is_approved_and_published(site: Site) -> None:
    visitor = opened(site, "/plans")
    page = asked(visitor)
    page.wait_for_selector(".job.done", timeout=90_000)
    assert "proved the best" in page.locator(".job-result").inner_text()
    visitor.follow(page.get_by_role("link", name="Look at the plan"))
    rows = page.locator(".cards tbody tr").all_inner_texts()
    assert any("Grid" in row and "nearest" in row for row in rows)
    counted = page.locator(".before-after tbody tr").first.locator("td").all_inner_texts()
    assert counted == ["4", "↓ 0"]  # 004 to 007; u3, whom nobody can call, gets nothing
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**?done=approved")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**?done=published")
    assert page.locator(".head .state").inner_text() == "Published"
    assert page.locator(".decisions").count() == 0
    day = {"as_of": JULY, "target": FREE, "tier": "responsible"}
    held = page.request.get(f"{site.address}/api/v1/assignments", params=day).json()
    assert len(held["assignments"]) == 1
    visitor.settle()
    visitor.assert_clean()


def test_what_stands_in_the_way_is_listed(site: Site) -> None:
    visitor = opened(site, "/plans")
    page = asked(visitor, unit_at_most="1", targets_at_most="1")
    page.wait_for_selector(".conflicts li", timeout=90_000)
    assert "cannot take as many" in page.locator(".conflicts").inner_text()
    visitor.follow(page.locator("#plan-list a").first)
    page.wait_for_selector(".conflicts li")
    assert page.get_by_role("button", name="Approve").count() == 0
    assert page.locator(".plan-columns .empty").is_visible()
    visitor.assert_clean()


def test_a_job_goes_on_while_nobody_looks_and_is_found_again(site: Site) -> None:
    visitor = opened(site, "/plans")
    page = asked(visitor)
    page.wait_for_selector("[data-job]")
    job = page.locator("[data-job]").get_attribute("data-job")
    visitor.open("/tiers")
    visitor.open("/plans")
    assert page.locator(f'[data-job="{job}"]').count() == 1
    page.wait_for_selector(".job.done", timeout=90_000)
    assert len(told(visitor, "/api/v1/plans")["plans"]) == 1
    visitor.assert_clean()


def test_a_job_can_be_told_to_stop(site: Site) -> None:
    visitor = opened(site, "/plans")
    page = visitor.page
    heard: list[str] = []

    def never_done(route: Any) -> None:
        heard.append(route.request.method)
        body = {"state": "running", "progress": {"elapsed_s": 4, "best": 120.5, "bound": 100}}
        route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    page.route("**/api/v1/jobs/*", never_done)
    asked(visitor)
    page.wait_for_selector("[data-running]")
    expect(page.locator(".job-progress")).to_contain_text("gap")
    said = page.locator(".job-progress").inner_text()
    assert said == "4 s · best 121 m · bound 100 m · gap 17.01%"
    page.get_by_role("button", name="Stop, and take the best so far").click()
    expect(page.locator(".cancel")).to_be_disabled()
    assert "DELETE" in heard
    assert page.locator(".job-state").inner_text() in ("stopping", "planning")


def test_a_form_that_is_refused_says_why_and_keeps_what_was_typed(site: Site) -> None:
    visitor = opened(site, "/plans")
    page = visitor.page
    page.evaluate("document.querySelector('#ask [name=goal]').value = 'fame'")
    asked(visitor)
    fault = page.locator("#ask-fault")
    fault.wait_for()
    assert "goal" in fault.inner_text()
    assert page.input_value("#ask [name=name]") == "七月调整"
    assert page.locator("[data-job]").count() == 0


def test_who_was_overtaken_is_told_by_whom(site: Site) -> None:
    visitor = opened(site, "/plans")
    page = visitor.page
    plan_id = drafted(visitor, (FREE, "u1"), (FAR, "u2"))
    visitor.open(f"/plans/{plan_id}")
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**?done=approved")
    other = opened(site, "/tiers")
    other.page.fill("#give [name=target]", FREE)
    other.page.select_option("#give [name=tier]", "responsible")
    other.page.fill("#give [name=unit]", "市教育局")
    other.page.click("#give button[type=submit]")
    other.page.wait_for_url("**?done=given")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_selector(".overtaken li")
    said = page.locator(".overtaken").inner_text()
    assert "city_office 的姓名" in said
    assert "市教育局" in said
    assert holders(visitor, FREE) == ["u2"]
    assert holders(visitor, FAR) == []
    assert f"412 {site.address}/plans/{plan_id}/publish" in visitor.failed


def test_a_leader_looks_and_decides_nothing(site: Site) -> None:
    office = opened(site, "/plans")
    plan_id = drafted(office, (FREE, "u1"))
    leader = opened(site, f"/plans/{plan_id}", "leader")
    assert leader.page.locator(".cards tbody tr").count() == 1
    assert leader.page.locator(".decisions, #ask").count() == 0
    leader.open("/plans")
    assert leader.page.locator("#ask, #jobs").count() == 0
    assert leader.page.locator("#plan-list").get_by_text("手工方案").is_visible()
    leader.assert_clean()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_of_plans_fit_the_window(site: Site, width: str) -> None:
    visitor = opened(site, "/plans", width=width)
    plan_id = drafted(visitor, (FREE, "u1"), (FAR, "u2"))
    for name, path in (("plans", "/plans"), ("plan", f"/plans/{plan_id}")):
        page = visitor.open(path)
        visitor.picture(f"{name}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width][0]
    frame = page.frames[1]
    assert frame.locator(".letter.gains").count() == 3  # two grids, and the legend
    visitor.assert_clean()
