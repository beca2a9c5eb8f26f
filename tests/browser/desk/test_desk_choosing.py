"""What is chosen, found and worked out in the desk's scripts, by answers worked by hand."""

from __future__ import annotations

import pytest

from tests.browser.desks import (
    GRIDS,
    LAST,
    Site,
)
from tests.town import COMMUNITIES


def test_pasted_codes_are_understood_and_what_is_not_is_named(still: Site) -> None:
    page = still.open().page
    page.locator("#paste-codes").click()
    page.locator("#codes").fill(
        f"{GRIDS[0]}-003\n第5网格\t{LAST}，第九网格；{COMMUNITIES[1]}050-060"
    )
    page.locator("[data-answer=replace]").click()
    page.wait_for_selector("dialog.unknowns")
    named = page.locator("dialog.unknowns .unknown").all_inner_texts()
    assert [text.split("\n")[-1] for text in named] == ["第九网格", f"{COMMUNITIES[1]}050-060"]
    page.keyboard.press("Enter")
    chosen = [code[-3:] for code in page.locator("#grid-list .chosen .code").all_inner_texts()]
    assert chosen == ["001", "002", "003", "005", "007"]


@pytest.mark.parametrize(
    ("text", "indices", "unknown"),
    [
        ("A-1", [0], []),
        ("a-1 .. a-3", [0, 1, 2], []),
        ("A-2–A-3、B-9", [1, 2], [{"text": "B-9", "why": "none"}]),
        ("Old  Market", [0], []),
        ("twin", [], [{"text": "twin", "why": "several"}]),
        ("A-1 A-2", [0, 1], []),
        ("Ａ－１", [0], []),
        ("", [], []),
    ],
)
def test_codes_with_dashes_names_with_spaces_and_names_of_two_grids(
    still: Site, text: str, indices: list[int], unknown: list[dict[str, str]]
) -> None:
    page = still.open().page
    script = """async (text) => {
      const { understood } = await import("/static/js/desk/paste.js");
      const codes = ["A-1", "A-2", "A-3", "C-1"];
      const names = ["Old Market", "Twin", "twin", ""];
      const indexOf = new Map(codes.map((code, i) => [code, i]));
      return understood(text, { codes, names, indexOf });
    }"""
    answer = page.evaluate(script, text)
    assert sorted(answer["indices"]) == indices
    assert answer["unknown"] == unknown


def test_a_unit_is_found_by_name_short_name_pinyin_and_initials(still: Site) -> None:
    page = still.open().page
    for typed in ("市教育局", "教育局", "jiaoyuju", "JYJ", "u2"):
        page.locator("#unit-search").fill(typed)
        assert "市教育局" in page.locator("#assign-form [role=option]").first.inner_text()
    page.locator("#unit-search").fill("建委")  # no longer in use
    assert page.locator("#assign-form [role=option]").count() == 0


def test_a_target_with_two_responsible_units_is_shown_as_a_conflict(still: Site) -> None:
    visitor = still.open()
    script = """async () => {
      const { start, withRows, CONFLICT, SEVERAL, ONE } = await import("/static/js/desk/state.js");
      const codes = ["g1", "g2"];
      const ground = {
        n: 2, codes, parent: [0, 0], communities: [{ code: "c" }],
        indexOf: new Map(codes.map((code, i) => [code, i])),
      };
      const row = (assignment_id, target, unit_id, tier) => ({
        assignment_id, target_kind: "grid", target, unit_id, tier, scheme: "main",
        since: "2026-01-01", until: null,
      });
      const columns = (...rows) => Object.fromEntries(
        Object.keys(rows[0]).map((name) => [name, rows.map((one) => one[name])]));
      const first = start(ground, {
        units: [{ unit_id: "u1" }, { unit_id: "u2" }], may: [], seen: 1,
        as_of: "2026-02-01", today: "2026-02-01",
        assignments: columns(row("a", "g1", "u1", "responsible")),
      });
      const added = columns(
        row("b", "g1", "u2", "responsible"),
        row("c", "g2", "u1", "responsible"), row("d", "g2", "u2", "assisting"));
      const second = withRows(first, { added, released: {} });
      const released = { assignment_id: ["b"], until: ["2026-01-01"] };
      const third = withRows(second, { added: {}, released });
      const named = { [CONFLICT]: "conflict", [SEVERAL]: "several", [ONE]: "one", 0: "none" };
      return [first, second, third].map(
        (state) => [...state.holding.standing].map((code) => named[code]));
    }"""
    assert visitor.page.evaluate(script) == [
        ["one", "none"],
        ["conflict", "several"],
        ["one", "several"],  # the other was annulled
    ]


STRETCHES = """async (asked) => {
  const { start, heldRows, pickOthers } = await import("/static/js/desk/state.js");
  const ground = { n: 0, codes: [], parent: [], communities: [], indexOf: new Map() };
  const stretches = [["a", 0, 100, "left"], ["b", 0, 100, "right"], ["c", 100, 200, "both"]];
  const column = (made) => stretches.map(made);
  const assignments = {
    assignment_id: column(([id]) => id), target_kind: column(() => "road_segment"),
    target: column(() => "r1"), from_m: column(([, from]) => from), to_m: column(([, , to]) => to),
    side: column(([, , , side]) => side), unit_id: column(() => "u1"),
    tier: column(() => "responsible"), scheme: column(() => "main"),
    since: column(() => "2026-01-01"), until: column(() => null),
  };
  const day = "2026-02-01";
  const state = start(ground, { units: [], may: [], seen: 1, as_of: day, today: day, assignments });
  const [from_m, to_m, side] = asked;
  const target = { target_kind: "road_segment", target: "r1", from_m, to_m, side };
  return heldRows(pickOthers(state, [target], "add")).map((row) => row.assignment_id);
}"""


@pytest.mark.parametrize(
    ("metres", "side", "touched"),
    [
        ((10, 20), "left", ["a"]),
        ((10, 20), "both", ["a", "b"]),
        ((90, 110), "right", ["b", "c"]),
        ((100, 110), "left", ["c"]),  # the stretch before ends where this one begins
        ((200, 300), "both", []),
    ],
)
def test_a_release_on_a_road_touches_only_the_metres_and_the_side_that_were_chosen(
    still: Site, metres: tuple[int, int], side: str, touched: list[str]
) -> None:
    assert still.open().page.evaluate(STRETCHES, [*metres, side]) == touched


STEPS = """async (seed) => {
  const { start, withRows } = await import("/static/js/desk/state.js");
  let drawn = seed;
  const draw = (n) => {
    drawn = (drawn * 1103515245 + 12345) % 2147483648;
    return Math.floor((drawn / 2147483648) * n);
  };
  const codes = Array.from({ length: 12 }, (_, i) => `g${i}`);
  const ground = {
    n: 12, codes, parent: codes.map((_, i) => i % 3), indexOf: new Map(codes.map((c, i) => [c, i])),
    communities: ["c0", "c1", "c2"].map((code) => ({ code, subdistrict: "s" })),
  };
  const units = ["u0", "u1", "u2"].map((unit_id, k) => ({ unit_id, active: k < 2 }));
  const day = "2026-02-01";
  const columns = (rows) => Object.fromEntries(Object.keys(rows[0] || {}).map(
    (name) => [name, rows.map((row) => row[name])]));
  const opened = (rows) => start(ground, {
    units, may: [], seen: 1, as_of: day, today: day, assignments: columns(rows),
  });
  const all = new Map();
  let state = opened([]);
  for (let n = 0; n < 200; n += 1) {
    const added = [];
    if (draw(3)) {
      const division = draw(8) === 0;
      added.push({
        assignment_id: `a${n}`, target_kind: division ? "division" : "grid",
        target: division ? ["c0", "c1", "s"][draw(3)] : codes[draw(12)], unit_id: `u${draw(3)}`,
        tier: ["responsible", "responsible", "assisting"][draw(3)], scheme: "main",
        since: ["2026-01-01", "2026-03-01"][Number(draw(6) === 0)], until: null,
      });
    }
    const ids = [...all.keys()];
    const ended = ids.length && draw(2) ? [ids[draw(ids.length)]] : [];
    const until = ended.map(() => ["2026-01-20", "2026-04-01", "2026-01-01", null][draw(4)]);
    for (const row of added) all.set(row.assignment_id, row);
    ended.forEach((id, k) => all.set(id, { ...all.get(id), until: until[k] }));
    const released = { assignment_id: ended, until };
    state = withRows(state, { added: columns(added), released });
    const whole = opened([...all.values()]).holding;
    for (const name of ["primary", "standing"]) {
      if (`${state.holding[name]}` !== `${whole[name]}`) return `step ${n}: ${name}`;
    }
  }
  return "";
}"""


@pytest.mark.parametrize("seed", range(1, 4))
def test_step_by_step_the_desk_knows_what_it_would_if_it_were_opened_anew(
    still: Site, seed: int
) -> None:
    assert still.open().page.evaluate(STEPS, seed) == ""
