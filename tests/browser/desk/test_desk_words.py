"""What the desk says is said in the reader's language, and is text, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gridmap import layers
from tests.browser.conftest import Visit
from tests.browser.desks import (
    PICTURED,
    Site,
    desk_of,
    register,
    town_frames,
)
from tests.web.fakes import NAMED, PAYLOADS
from web.pages.desk_words import SENTENCES

SCRIPTS = Path(__file__).parents[3] / "web" / "static" / "js" / "desk"


def test_no_name_runs_at_the_desk(tmp_path: Path, visit: Visit) -> None:
    frames = town_frames()
    for n, frame in enumerate(frames.values()):
        for column in NAMED & set(frame.columns) - ({"kind"} if "households" in frame else set()):
            frame[column] = [PAYLOADS[(n + row) % len(PAYLOADS)] for row in range(len(frame))]
    with desk_of(register(tmp_path, frames)) as site:
        visitor = replace(site, visit=visit).open()
        page = visitor.page
        for name in PICTURED:
            page.locator(f"#tab-{name}").click()
        page.locator("#tab-selection").click()
        page.locator("#grid-list").focus()
        for key in ("ArrowDown", "Space", "h"):
            page.keyboard.press(key)
        page.wait_for_selector(".history li")
        page.keyboard.press("/")
        page.keyboard.type("i")
        assert page.evaluate("window.__xss === undefined")
        visitor.assert_clean()


def said() -> Iterator[tuple[str, str]]:
    """Yield every sentence that a script of the desk asks for by name, and where."""
    for path in sorted(SCRIPTS.glob("*.js")):
        for name in re.findall(r"""\bsay\(\s*"([^"]+)\"""", path.read_text("utf-8")):
            yield name, path.name


def test_every_sentence_that_a_script_says_comes_with_the_page() -> None:
    assert {f"{where}: {name}" for name, where in said() if name not in SENTENCES} == set()


def test_every_sentence_that_comes_with_the_page_is_said_somewhere() -> None:
    scripts = "".join(path.read_text("utf-8") for path in SCRIPTS.rglob("*.js"))
    spelled = set(re.findall(r"say\(`([a-z]+ )\$", scripts))
    lost = [
        name
        for name in SENTENCES
        if f'"{name}"' not in scripts
        and f"words.{name}" not in scripts
        and not name.startswith(tuple(spelled))
    ]
    assert lost == []


def test_what_a_script_puts_into_the_page_is_text() -> None:
    for path in SCRIPTS.rglob("*.js"):
        script = path.read_text("utf-8")
        assert not re.search(
            r"innerHTML|insertAdjacentHTML|outerHTML|document\.write|eval\(", script
        )


def test_the_words_cover_every_tier_and_kind(still: Site) -> None:
    visitor = still.open()
    words: Any = visitor.page.evaluate("JSON.parse(document.querySelector('#words').textContent)")
    assert set(layers.TIERS) <= set(words["tables"]["tier"])
    assert set(layers.TARGET_KINDS) <= set(words["tables"]["rule"])
    assert set(layers.SIDES) == set(words["tables"]["side"])
