"""The checks that no linter offers find what they are there for."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools import check, dead_templates, translations


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_template_that_nothing_asks_for_is_dead(tmp_path: Path) -> None:
    write(tmp_path / "templates" / "base.html", "")
    write(tmp_path / "room" / "templates" / "room" / "page.html", '{% extends "base.html" %}')
    write(tmp_path / "room" / "templates" / "room" / "old.html", '{% extends "room/old.html" %}')
    write(tmp_path / "room" / "views.py", 'page("room/page.html")')
    assert [path.name for path in dead_templates.dead(tmp_path)] == ["old.html"]


def catalogue(**messages: str) -> Catalog:
    made = Catalog(locale="cy", fuzzy=False)
    for message, string in messages.items():
        made.add(message, string)
    return made


def test_missing_stale_and_empty_translations_are_named() -> None:
    found = translations.faults(
        catalogue(Continue="", Back="", Save=""), catalogue(Continue="Parhau", Back="", Old="Hen")
    )
    assert found == ["missing: 'Save'", "not translated: 'Back'", "stale: 'Old'"]


def test_a_fuzzy_translation_is_named() -> None:
    wanted, have = catalogue(Continue=""), catalogue(Continue="Parhau")
    have.add("Continue", "Parhau", flags=["fuzzy"])
    assert translations.faults(wanted, have) == ["fuzzy: 'Continue'"]


def test_a_catalogue_keeps_the_header_without_which_it_is_not_compiled(tmp_path: Path) -> None:
    path = tmp_path / "messages.po"
    header = '# Welsh.\nmsgid ""\nmsgstr ""\n"Language: cy\\n"\n"MIME-Version: 1.0\\n"\n\n'
    path.write_text(header + 'msgid "Back"\nmsgstr "Yn ôl"\n\nmsgid "Old"\nmsgstr "Hen"\n')
    wanted = catalogue(Back="", Continue="")
    translations.update(path, wanted)
    text = path.read_text()
    assert text.startswith(header)
    assert translations.faults(wanted, translations.read(path)) == ["not translated: 'Continue'"]
    path.write_text(text.removeprefix(header))
    assert "the header is missing" in translations.faults(wanted, translations.read(path))


def test_a_plural_needs_every_form_of_welsh() -> None:
    wanted, have = catalogue(), catalogue()
    wanted.add(("%(num)d try", "%(num)d tries"), ("", ""))
    have.add(("%(num)d try", "%(num)d tries"), ("%(num)d cynnig", "%(num)d gynnig"))
    assert translations.faults(wanted, have) == ["not translated: '%(num)d try'"]


def test_a_translation_that_drops_a_value_is_named() -> None:
    wanted, have = catalogue(), catalogue()
    wanted.add("Signed in to %(service)s", flags=["python-format"])
    have.add("Signed in to %(service)s", "Wedi mewngofnodi %(gwasanaeth)s", flags=["python-format"])
    assert any("Signed in" in fault for fault in translations.faults(wanted, have))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("requirements-dev.txt", "--index-url https://packages.example/simple"),
        ("package-lock.json", '      "resolved": "https://packages.example/axe.tgz",'),
    ],
)
def test_a_lock_that_names_an_address_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, line: str
) -> None:
    monkeypatch.setattr(check, "ROOT", tmp_path)
    write(tmp_path / name, "flask==3.1.3\n")
    assert check.addresses_in_locks() is None
    write(tmp_path / name, line)
    assert f"{name}:1" in (check.addresses_in_locks() or "")
