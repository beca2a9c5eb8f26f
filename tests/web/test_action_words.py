"""The journal has a word for whatever is written: in every language, for every book and act."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from geodata import claims
from gridmap.issues.arrows import ARROWS
from gridmap.layers import BOOKS, LAYERS
from web.pages import journal
from web.words import Words

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[a-z]+(-[a-z_]+)*")
ZH = Words("zh_CN")
Functions = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[ast.Module]:
    folders = (ROOT / "geodata", ROOT / "api")
    paths = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return [ast.parse(path.read_text("utf-8")) for path in paths]


def carriers(trees: list[ast.Module]) -> dict[str, set[int]]:
    """Return the functions that are told an action, or act, and in which place."""
    found: dict[str, set[int]] = {}
    for tree in trees:
        for made in (node for node in ast.walk(tree) if isinstance(node, Functions)):
            names = [given.arg for given in made.args.args if given.arg not in ("self", "cls")]
            for told in {"action", "act"} & set(names):
                found.setdefault(made.name, set()).add(names.index(told))
    return found


def written() -> Iterator[str]:
    """Yield every action that a call names; those of issues by their acts."""
    trees = modules()
    known = carriers(trees)
    yield from claims.ACTIONS.values()
    for tree in trees:
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            places = known.get(name, set())
            given = [arg for n, arg in enumerate(call.args) if n in places]
            given += [word.value for word in call.keywords if word.arg == "action"]
            for value in given:
                yield from spelt(value)


def spelt(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from (*spelt(value.body), *spelt(value.orelse))
    elif isinstance(value, ast.JoinedStr):
        (form,) = {one.value for one in value.values if isinstance(one, ast.Constant)}
        yield from (f"{form}{act}" for act in ARROWS)
    elif isinstance(value, ast.Constant) and CODE.fullmatch(str(value.value)):
        yield str(value.value)


WRITTEN = sorted(set(written()))


def test_the_actions_are_found_where_they_are_written() -> None:
    # keywords, places, a form of an act, and what the routes write themselves
    some = {"import", "undo", "grid-split", "plan-publish", "claim", "visit", "track-read", "tidy"}
    assert some | {"issue-report", "issue-close_out", "document", "totp-add"} <= set(WRITTEN)


@pytest.mark.parametrize("action", WRITTEN)
def test_every_action_has_a_word_and_a_chinese_one(action: str) -> None:
    said = journal.action_name(action, Words("en"))
    assert said != action
    assert re.search(r"[\u4e00-\u9fff]", journal.action_name(action, ZH)), said


@pytest.mark.parametrize("name", [*LAYERS, *BOOKS, "releases"])
def test_every_book_has_a_name(name: str) -> None:
    assert journal.layer_name(name, Words("en")) != name
    assert re.search(r"[\u4e00-\u9fff]", journal.layer_name(name, ZH))
