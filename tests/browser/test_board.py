"""The board in a browser: told, frozen, on the wall without scrolling, and on the map."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import expect

from geodata.accounts import Accounts
from gridmap import boards, layers
from gridmap.access import Grant
from gridmap.boards import Task
from tests.browser.conftest import Visit, Visitor
from tests.browser.desks import Site, desk_of, register, town_frames
from tests.people import CHEAP, PASSWORD
from tests.town import COMMUNITIES

WEST = COMMUNITIES[0]
MAY = date(2026, 5, 1)
LONG = "整治背街小巷及周边环境卫生并完善长效管护机制"
TASKS = [
    Task("市容环境组", "整治", MAY, f"{LONG}{n}处", "reported", 5.0 + n, "u1", None, n)
    for n in range(6)
] + [Task("网格组", "覆盖", MAY, "西片责任覆盖", "coverage", 0.7, "u2", WEST)]
SWEEP, GROUP = TASKS[0], boards.group_id("市容环境组")
SCROLLS = """() => {
  const inside = (e) => { const r = e.getBoundingClientRect();
    return r.left >= 0 && r.top >= 0 && r.right <= innerWidth + 1 && r.bottom <= innerHeight + 1; };
  const cut = [...document.querySelectorAll('.wall li, .wall-word, .wall-head, .wall-foot')];
  return document.documentElement.scrollHeight > innerHeight
    || document.documentElement.scrollWidth > innerWidth || !cut.every(inside);
}"""


@pytest.fixture(scope="module")
def served_board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with desk_of(register(tmp_path_factory.mktemp("board"), town_frames())) as served:
        store = served.app.state.service.workspaces.whole.store
        groups = boards.new_groups(layers.empty(boards.GROUPS), [t.group for t in TASKS])
        with store.write(who="a test", action="board-plan") as writer:
            writer.add("board_groups", groups, date(2026, 1, 1))
            rows = boards.planned(writer.read("board_tasks"), TASKS)
            writer.add("board_tasks", rows, date(2026, 1, 1))
        accounts = Accounts(store, hasher=CHEAP)
        accounts.add("office", "office", [Grant("city_office")], password=PASSWORD, by="tests")
        yield served


def opened(site: Site, visit: Visit, path: str, width: str = "wide") -> Visitor:
    accounts = Accounts(site.app.state.service.workspaces.whole.store, hasher=CHEAP)
    signed = accounts.sign_in("office", PASSWORD, code=None, source="127.0.0.1", agent="tests")
    visitor = visit(site.address, width)
    cookie = {"name": "gridmap_session", "value": signed.token, "url": site.address}
    visitor.page.context.add_cookies([cookie])
    visitor.open(path)
    return visitor


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1440, 900)])
@pytest.mark.parametrize("group", [GROUP, ""])
def test_a_wall_needs_no_scrolling_and_is_read_from_across_a_room(
    served_board: Site, visit: Visit, group: str, width: int, height: int
) -> None:
    visitor = opened(served_board, visit, "/board")
    visitor.page.set_viewport_size({"width": width, "height": height})
    page = visitor.open(f"/board/wall?month=2026-05&group={group}")
    assert page.evaluate(SCROLLS) is False
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    # a fortieth of the height is the least that is read at five metres on a screen of 55 inches
    for text in page.locator(".wall li h2, .wall li p").all():
        assert text.evaluate(size) >= height / 40
    visitor.assert_clean()


def test_a_task_is_told_and_its_flag_follows(served_board: Site, visit: Visit) -> None:
    visitor = opened(served_board, visit, "/board")
    page = visitor.page
    page.click("tr:has-text('市容环境组') td a")
    task = page.locator(f"#{SWEEP.task_id}")
    expect(task.locator(".flag-word")).to_have_text("Not done")
    expect(page.get_by_role("button", name="Freeze the month")).to_be_disabled()
    task.locator("[name=amount]").fill("5")
    task.get_by_role("button", name="Send").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is on the board")
    expect(task.locator(".flag-word")).to_have_text("Done")
    expect(task.locator(".task-line svg path.mark")).to_have_count(1)
    visitor.assert_clean()


def test_a_file_shows_a_task_and_a_task_leaves_the_board_by_keyboard(
    served_board: Site, visit: Visit
) -> None:
    visitor = opened(served_board, visit, f"/board/month?group={GROUP}&month=2026-05", "narrow")
    page, task = visitor.page, TASKS[1]
    mine = page.locator(f"#{task.task_id}")
    form = mine.locator("details").first
    if form.get_attribute("open") is None:
        form.locator("summary").press("Enter")
    form.get_by_label("Photos and papers").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    )
    form.get_by_role("button", name="Send").press("Enter")
    expect(mine.locator("a.file")).to_have_count(1)
    away = mine.locator("details", has_text="Why it is taken off")
    away.locator("summary").press("Enter")
    away.get_by_label("Why it is taken off").fill("并入网格组")
    away.get_by_role("button").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("off the board")
    expect(mine).to_have_count(0)
    visitor.assert_clean()


def test_the_map_shows_the_flag_of_a_division(served_board: Site, visit: Visit) -> None:
    visitor = opened(served_board, visit, "/board/map?month=2026-05")
    frame = visitor.page.frame_locator("iframe[name=map]")
    expect(frame.locator(".label span").first).to_have_text("✓ 向阳社区")
    expect(frame.locator(".legend")).to_contain_text("Not done")
    visitor.assert_clean()


PATHS = (
    *("/board", f"/board/month?group={GROUP}&month=2026-05", "/board/map?month=2026-05"),
    *("/board/plan", "/board/groups", "/cadence", "/cadence/ask", "/cadence/beats"),
    *("/cadence/inspection", "/cadence/rectification", "/ranking/formula"),
)


def test_nothing_is_too_wide_for_a_phone(served_board: Site, visit: Visit) -> None:
    visitor = opened(served_board, visit, "/board", width="narrow")
    wide = [
        path
        for path in PATHS
        if visitor.open(path).evaluate("document.documentElement.scrollWidth > innerWidth")
    ]
    assert wide == []
    visitor.assert_clean()
