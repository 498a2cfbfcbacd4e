"""What the pages for people say exists, exists: links, files, commands, settings, pictures."""

import re
import struct
from pathlib import Path

import click
import pytest

from idp import cli
from tools.container_compose import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("deploy/**/*.md")])
# Made by a command or by a person, so not in a fresh checkout.
MADE = ("var/", ".venv/", "node_modules/", "idp/translations/cy/LC_MESSAGES/messages.po")
FOLDERS = ("idp/", "relying_party_demo/", "tests/", "tools/", "docs/", "deploy/", "migrations/")
LARGEST_PICTURE = 270_000


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", text_of(page)):
        if re.match(r"https?://(localhost|[a-z.]+\.localhost)[:/]", target):
            continue
        assert "://" not in target, f"{target} is on somebody else's machine"
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", text_of(file), re.MULTILINE)
            anchors = {
                re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-") for h in headings
            }
            assert anchor in anchors, target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_is_there(page: Path) -> None:
    for name in re.findall(r"`([\w./-]+/[\w./-]*)`", text_of(page)):
        if name.startswith(FOLDERS) and not name.startswith(MADE):
            assert (ROOT / name).exists(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_named_can_be_given(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE)
    code = "\n".join(re.findall(r"```\n.*?```|`[^`\n]+`", text_of(page), re.DOTALL))
    for target in re.findall(r"\bmake ([a-z-]+)", code):
        assert target in targets, f"make {target}"
    for line in re.findall(r"(?:^|`|bin/)onepass ([a-z].*?)(?:`|#|>|$)", code, re.MULTILINE):
        words = [word for word in line.split() if re.fullmatch(r"-?-?[a-z][a-z-]*", word)]
        command: click.Command = cli.onepass
        for word in words:
            if isinstance(command, click.Group):
                assert word in command.commands, f"onepass {line}"
                command = command.commands[word]
            elif word.startswith("--"):
                known = {name for option in command.params for name in option.opts}
                assert word in known, f"onepass {line}"


def test_every_setting_is_explained_to_operators_and_no_other() -> None:
    read = set(
        re.findall(r'"((?:ONEPASS_|DATABASE_)[A-Z0-9_]+)"', text_of(ROOT / "idp/settings.py"))
    )
    table = (
        text_of(ROOT / "docs" / "operators.md").partition("## Settings")[2].partition("\n## ")[0]
    )
    explained = {
        name
        for row in table.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`((?:ONEPASS_|DATABASE_)[A-Z0-9_]+)`", row.split("|")[1])
    }
    assert explained == read


def test_every_decision_is_in_the_list_once() -> None:
    listed = re.findall(r"\((\d{4}-[\w-]+\.md)\)", text_of(ROOT / "docs/decisions/README.md"))
    notes = sorted(note.name for note in (ROOT / "docs/decisions").glob("0*.md"))
    assert listed == notes
    for note in notes:
        page = text_of(ROOT / "docs/decisions" / note)
        assert page.startswith(f"# {int(note[:4])}. ")
        for part in ("**What we faced.**", "**What we chose.**", "**What we gave up.**"):
            assert part in page, f"{note} lacks {part}"


def test_pictures_are_small_shown_and_described() -> None:
    shown = {
        (page.parent / path).resolve()
        for page in PAGES
        for words, path in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text_of(page))
        if words.strip()
    }
    pictures = set((ROOT / "docs" / "pictures").glob("*"))
    assert pictures == {path for path in shown if path.parent == ROOT / "docs" / "pictures"}
    for picture in pictures:
        head = picture.read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n", picture.name
        width, height = struct.unpack(">II", head[16:])
        assert width <= 1280, picture.name
        assert height <= 1600, picture.name
        assert picture.stat().st_size <= LARGEST_PICTURE, picture.name
