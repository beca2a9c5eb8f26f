"""The documentation says everything there is, and points at nothing that is not."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main

import api.routes
import gridmap
import web.pages
from api.commands import Faces, build
from api.settings import Settings
from geodata.limits import DEFAULT, MEGABYTE
from gridmap import errors, layers
from gridmap.audit import audit
from web.words import WORDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDES = ("offices", "desk", "accounts", "field", "leaders", "operators")
PROSE = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *DOCS.glob("[!_]*/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
GIT = shutil.which("git")
BINARY = {".jpg", ".jpeg", ".png", ".ico", ".woff", ".woff2", ".gpkg", ".parquet", ".xlsx", ".zip"}
PRODUCT = ("web", "api", "geodata", "gridmap")


@cache
def generator() -> ModuleType:
    """Return the module that writes the reference pages."""
    spec = importlib.util.spec_from_file_location("generated_pages", DOCS / "generated_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def reference() -> dict[str, str]:
    """Return the reference pages, name → text."""
    return {name: "\n".join(lines) for name, lines in generator().pages().items()}


def guide(name: str) -> str:
    return (DOCS / "guide" / f"{name}.md").read_text("utf-8")


def commands() -> dict[str, Any]:
    """Return every command by its name."""
    group: Any = typer.main.get_command(build(Faces(create_app=lambda _: None)))
    outer = {name: one for name, one in group.commands.items() if hasattr(one, "commands")}
    inside = {
        f"{before} {name}": command
        for before, one in outer.items()
        for name, command in one.commands.items()
    }
    return {name: one for name, one in group.commands.items() if name not in outer} | inside


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files that are kept in the repository; skip where there is none."""
    if GIT is None:
        pytest.skip("there is no git")
    listed = subprocess.run(
        [GIT, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no repository")
    names = listed.stdout.decode().split("\0")
    return tuple(path for name in names if name and (path := ROOT / name).is_file())


def texts(keep: Callable[[Path], bool] = lambda _path: True) -> Iterator[tuple[Path, str]]:
    for path in tracked():
        if path.suffix not in BINARY and keep(path):
            yield path.relative_to(ROOT), path.read_text("utf-8")


# --- everything is said ---------------------------------------------------------------------------


def test_every_layer_and_column_is_documented() -> None:
    page = reference()["layers"]
    for layer in layers.LAYERS.values():
        assert f"## {layer.name} ({layer.chinese})" in page
        section = page.split(f"## {layer.name} ")[1].split("\n## ")[0]
        missing = [column.name for column in layer.columns if f"`{column.name}`" not in section]
        assert missing == [], layer.name


def test_every_layer_is_in_the_offices_guide() -> None:
    assert [name for name in layers.LAYERS if f"`{name}`" not in guide("offices")] == []


def test_every_error_code_is_documented() -> None:
    def below(parent: type[errors.GridMapError]) -> Iterator[type[errors.GridMapError]]:
        for child in parent.__subclasses__():
            yield child
            yield from below(child)

    ours = [kind for kind in below(errors.GridMapError) if kind.__module__.split(".")[0] in PRODUCT]
    missing = [kind.code for kind in ours if f"| `{kind.code}` |" not in reference()["errors"]]
    assert len(ours) > 15
    assert missing == []


def test_every_setting_is_documented_with_its_meaning() -> None:
    for name, field in Settings.model_fields.items():
        assert f"`GRIDMAP_{name.upper()}`" in reference()["settings"]
        assert field.description


def test_every_command_and_option_is_documented() -> None:
    page = reference()["commands"]
    for name, command in commands().items():
        assert f"## gridmap {name}\n" in page
        section = page.split(f"## gridmap {name}\n")[1].split("\n## ")[0]
        options = [option for shown in command.params for option in shown.opts if option[0] == "-"]
        assert [option for option in options if option not in section] == [], name
        assert "Example: gridmap " in (command.epilog or ""), name


def test_every_route_is_documented() -> None:
    page = reference()["http"]
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}")
        for package in (api.routes, web.pages)
        for found in pkgutil.iter_modules(package.__path__)
    ]
    routers = [module.router for module in modules if hasattr(module, "router")]
    paths = [route.path for router in routers for route in router.routes]
    assert len(paths) > 20
    missing = [path for path in paths if not re.search(f"({re.escape(path)}\n|`{path}`)", page)]
    assert missing == []


def test_every_option_that_a_guide_names_exists() -> None:
    for name in (*GUIDES, "washington"):  # "gridmap …" at the beginning of a line
        for line in re.findall(r"^gridmap (.+)$", guide(name), re.MULTILINE):
            words = line.split()
            two = " ".join(words[:2])
            command = commands()[two if two in commands() else words[0]]
            known = {option for shown in command.params for option in shown.opts}
            asked = [word for word in words[1:] if word.startswith("-")]
            assert [word for word in asked if word not in known] == [], line


def test_the_glossary_has_every_word_of_the_domain() -> None:
    glossary = (DOCS / "glossary.md").read_text("utf-8").replace("_", " ")
    levels = ["city", *layers.LEVELS]
    words = [*levels, *layers.TARGET_KINDS, *layers.TIERS, *layers.ISSUE_STATES, *WORDS["reason"]]
    assert [word for word in words if word.replace("_", " ") not in glossary] == []


def test_every_reason_rule_and_fault_is_explained_to_the_offices() -> None:
    page = guide("offices")
    assert [code for code in WORDS["reason"] if f"`{code}`" not in page] == []
    named = re.findall(r"(?:\*|is a|else a) ``(\w+)``", audit.__doc__ or "")
    assert len(named) == 7
    assert [fault for fault in named if f"`{fault}`" not in page] == []


@pytest.mark.parametrize("name", GUIDES)
def test_every_guide_is_in_chinese_first_and_then_in_english(name: str) -> None:
    chinese, english = guide(name).split("\n## In English\n")
    characters = len(re.findall(r"[\u4e00-\u9fff]", chinese))
    assert characters > 400
    assert len(re.findall(r"[\u4e00-\u9fff]", english)) < 20
    assert len(english.split()) > 150


def test_the_limits_of_imports_in_the_guide_are_those_of_the_code() -> None:
    page = guide("operators")
    shown = {
        f"| 处理器时间 | {DEFAULT.seconds} 秒 |",
        f"| 总时间 | {DEFAULT.wait_seconds} 秒 |",
        f"| 内存（地址空间） | {DEFAULT.memory // MEGABYTE // 1024} GB |",
        f"| 文件大小 | {DEFAULT.file_bytes // MEGABYTE // 1024} GB |",
        f"| 行数 | {DEFAULT.rows // 10_000} 万 |",
        f"| 一个图形的顶点 | {DEFAULT.vertices // 10_000} 万 |",
    }
    assert [row for row in shown if row not in page] == []


# --- everything that is said holds ----------------------------------------------------------------


@pytest.mark.parametrize("page", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    made = {DOCS / "generated" / f"{name}.md" for name in reference()}
    links = LINK.findall(FENCE.sub("", page.read_text("utf-8")))
    local = [link.split("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    targets = {link: (page.parent / link).resolve() for link in local}
    assert [link for link, to in targets.items() if not to.exists() and to not in made] == []


def test_every_page_of_the_index_exists_and_every_guide_is_in_it() -> None:
    index = (DOCS / "index.md").read_text("utf-8")
    named = [line for line in index.splitlines() if re.fullmatch(r"[a-z]+(/[a-z]+)?", line)]
    made = {f"generated/{name}" for name in reference()}
    assert [name for name in named if not (DOCS / f"{name}.md").exists() and name not in made] == []
    guides = {f"guide/{path.stem}" for path in (DOCS / "guide").glob("*.md")}
    assert (guides | made) - set(named) == set()


def test_the_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0] == gridmap.__version__


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_make_commands_of_the_readme_exist(readme: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    asked = set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / readme).read_text("utf-8")))
    assert {"run", "test"} <= asked <= targets


def test_decisions_are_numbered_one_after_the_other_and_dated() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    numbers = [int(page.stem[:4]) for page in pages]
    assert numbers == list(range(1, len(pages) + 1))
    for number, page in zip(numbers, pages, strict=True):
        text = page.read_text("utf-8")
        assert text.startswith(f"# {number}. ")
        assert re.search(r"^\*(Accepted|Superseded)[^*]*, \d{4}-\d\d-\d\d\.\*$", text, re.MULTILINE)
        assert len(text.splitlines()) <= 60


# --- nothing of anybody else's machine ------------------------------------------------------------


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    homes = re.compile(r"/(?:root|home/\w+|Users/\w+|work/(?:main|shared)|tmp/spec)(?:/|\b)")
    found = [f"{path}: {match[0]}" for path, text in texts() for match in homes.finditer(text)]
    assert found == []


def test_no_file_names_a_registry_or_a_public_script_server() -> None:
    hosts = [
        "js" + "delivr",
        "un" + "pkg.com",
        "cdn" + "js",
        "code." + "jquery",
        "netdna" + ".boot",
    ]
    hosts += ["registry." + "npm", "pypi." + "org", "python" + "hosted", "fonts." + "googleapis"]
    found = [f"{path}: {host}" for path, text in texts() for host in hosts if host in text]
    assert found == []


def test_no_template_script_or_style_of_ours_asks_another_host() -> None:
    def of_pages(path: Path) -> bool:
        inside = path.is_relative_to(ROOT / "web") and path.suffix in {".html", ".js", ".css"}
        return inside and not {"vendor", "node_modules"} & set(path.parts)

    foreign = re.compile(r"""(?:https?:)?//(?!www\.w3\.org)[\w-]+(?:\.[\w-]+)+""")
    quoted = re.compile(r"""(?:src|href|url|import|from|fetch)\s*[=(]?\s*["'(]?\s*""")
    found = [
        f"{path}: {match[0]}"
        for path, text in texts(of_pages)
        for match in re.finditer(quoted.pattern + foreign.pattern, text)
    ]
    assert found == []
