"""Chinese is complete: every sentence that is said somewhere has its translation."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from string import Formatter

import pandas as pd
import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from api.i18n import LOCALES, translator, understood
from gridmap.layers import LAYERS, check

ROOT = Path(__file__).parents[2]
SPOKEN = {"_": None, "gettext": None, "ngettext": (1, 2)}
MARKED = {"_", "gettext", "gettext_noop"}
CATALOGUE = read_po(BytesIO((LOCALES / "zh_CN" / "LC_MESSAGES" / "messages.po").read_bytes()))


def calls(folder: str) -> Iterator[tuple[ast.Call, dict[str, list[str]], str]]:
    """Yield every call in a folder's modules, the texts that names hold around it, and where."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        for scope in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(scope, ast.Module | ast.FunctionDef):
                held = held_in(scope)
                made = (node for node in ast.walk(scope) if isinstance(node, ast.Call))
                yield from ((call, held, path.name) for call in made)


def held_in(scope: ast.AST) -> dict[str, list[str]]:
    """Return every text that each name is given in a scope."""
    held: dict[str, list[str]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    held.setdefault(target.id, []).append(str(node.value.value))
    return held


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def texts(call: ast.Call, held: dict[str, list[str]]) -> Iterator[str]:
    """Yield the texts a call is given, by themselves or by a name."""
    for given in call.args:
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            yield given.value
        elif isinstance(given, ast.Name):
            yield from held.get(given.id, [])


def sentences_of_pages() -> Iterator[tuple[str, str]]:
    """Yield what templates and the code of pages and routes say: (sentence, where)."""
    for path in sorted((ROOT / "web" / "templates").rglob("*.html")):
        with path.open("rb") as file:
            for _line, said, *_ in extract("jinja2.ext:babel_extract", file, keywords=SPOKEN):
                yield (said if isinstance(said, str) else said[0]), path.name
    for folder in ("web", "api"):
        for call, held, where in calls(folder):
            if called(call) in MARKED:
                yield from ((text, where) for text in texts(call, held))


def sentences_of_errors() -> Iterator[tuple[str, str]]:
    """Yield what errors of ours and rules of layers are given: (template, where)."""
    for folder in ("gridmap", "geodata", "api", "web"):
        for call, held, where in calls(folder):
            name = called(call)
            if name == "Rule" or (name.endswith("Error") and not hasattr(builtins, name)):
                yield from ((text, where) for text in texts(call, held) if " " in text)


def sentences_of_methods() -> Iterator[tuple[str, str]]:
    """Yield the sentences of which method lines are made: constants of `gridmap.method`."""
    tree = ast.parse((ROOT / "gridmap" / "method.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for part in ast.walk(node.value):
                if isinstance(part, ast.Constant) and "{" in str(part.value):
                    yield str(part.value), "method.py"


def sentences_of_commands() -> Iterator[tuple[str, str]]:
    """Yield what the command line and the notes of an import say."""
    for folder, names in (("api/commands", {"say", "working"}), ("geodata", {"note"})):
        for call, held, where in calls(folder):
            if called(call) in names:
                yield from ((text, where) for text in texts(call, held) if " " in text)


def sentences_of_faults() -> Iterator[tuple[str, str]]:
    """Yield what `gridmap.layers.check` says of a frame in which everything is wrong."""
    for contract in LAYERS.values():
        nothing = pd.DataFrame({"x": ["?"]})
        wrong = pd.DataFrame({column.name: ["?"] for column in contract.columns})
        known = {column.references or "": pd.Index([]) for column in contract.columns}
        for frame in (nothing, wrong, wrong.assign(**{contract.key: None})):
            for message in check(frame, contract, known)["message"]:
                yield message, contract.name


def untranslated(said: Iterator[tuple[str, str]]) -> list[str]:
    missing = {}
    for sentence, where in said:
        message = CATALOGUE.get(sentence)
        if message is None or not message.string or message.fuzzy:
            missing[sentence] = where
    return [f"{where}: {sentence}" for sentence, where in missing.items()]


def test_every_sentence_of_the_pages_is_said_in_chinese() -> None:
    assert untranslated(sentences_of_pages()) == []


def test_every_error_is_said_in_chinese() -> None:
    assert untranslated(sentences_of_errors()) == []


def test_every_method_line_is_said_in_chinese() -> None:
    assert untranslated(sentences_of_methods()) == []


def test_every_command_and_note_is_said_in_chinese() -> None:
    own = {"{line}", "· {note}"}  # what is said elsewhere
    said = ((text, where) for text, where in sentences_of_commands() if text not in own)
    assert untranslated(said) == []


def test_every_fault_of_a_layer_is_said_in_chinese() -> None:
    assert untranslated(sentences_of_faults()) == []


@pytest.mark.parametrize("message", [m for m in CATALOGUE if m.id], ids=lambda m: str(m.id)[:40])
def test_a_translation_keeps_the_values_of_its_sentence(message: Message) -> None:
    english = message.id if isinstance(message.id, str) else message.id[-1]
    chinese = message.string if isinstance(message.string, str) else message.string[0]
    if "%(" not in english:
        fields = [
            {name for _, name, _, _ in Formatter().parse(t) if name} for t in (english, chinese)
        ]
        assert fields[1] <= fields[0]
    else:
        assert set(_percents(chinese)) <= set(_percents(english))


def _percents(text: str) -> list[str]:
    return [part.split(")")[0] for part in text.split("%(")[1:]]


def test_a_sentence_without_translation_comes_back_as_it_is() -> None:
    assert translator("en").gettext("Not found") == "Not found"
    assert translator("xx").gettext("Not found") == "Not found"
    assert translator("zh_CN").gettext("Not found") == "没有找到"


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh", "zh_CN"), ("zh-Hans-CN", "zh_CN"), ("EN-us", "en"), ("fr", None), ("", None)],
)
def test_a_language_is_known_by_its_tag(tag: str, language: str | None) -> None:
    assert understood(tag) == language
