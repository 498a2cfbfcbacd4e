"""What a security tester finds in the demo: how to start, every attack, and the last report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from idp.app import create_app
from idp.journeys.security_testing import reports
from idp.kernel.database import db
from tests.support.building import make_settings
from tests.support.person import Person
from tools.demo import write_catalogue

ROW = {
    "id": "X-01",
    "group": "Token endpoint",
    "attack": "Use a <code> twice",
    "expects": "Refused",
    "reference": "RFC 6749 4.1.2",
    "severity": "critical",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here."""
    return sqlite_url


@pytest.fixture
def probe_folder(app: Flask, tmp_path: Path) -> Path:
    folder = tmp_path / "probe"
    folder.mkdir()
    return folder


def report(*results: dict[str, Any]) -> str:
    return json.dumps({"issuer": "http://one.example/", "results": results})


def test_before_a_run_the_page_says_how_to_start_and_shows_the_catalogue(
    person: Person, probe_folder: Path
) -> None:
    person.open("/security-testing")
    assert "make probe" in person.page.text
    assert "There is none yet." in person.page.text
    assert "Every attack" not in person.page.text
    write_catalogue(probe_folder.parent)
    person.open("/security-testing")
    assert "TOKEN-01" in person.page.text
    assert "There is none yet." in person.page.text
    person.open("/")
    assert "/security-testing" in dict(person.page.links)


def test_after_a_run_the_page_shows_every_verdict(person: Person, probe_folder: Path) -> None:
    rows = [
        ROW | {"verdict": "defended"},
        ROW
        | {"id": "X-02", "verdict": "vulnerable", "severity": "no such", "reason": "it <b>gave"},
        ROW | {"id": "X-03", "verdict": "no such", "group": "Codes"},
    ]
    (probe_folder / reports.REPORT).write_text(report(*rows))
    person.open("/security-testing")
    assert "3 attacks on http://one.example/" in person.page.text
    assert person.page.text.index("X-02") < person.page.text.index("X-01")
    assert "Use a <code> twice" in person.page.text
    assert "it <b>gave" in person.page.text
    found = reports.last_report(probe_folder)
    assert found is not None
    assert found.counts == {"defended": 1, "vulnerable": 1}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"results": [1]}', '{"results": [{"id": "X-01"}]}', "[" * 100_000, "\xff"],
)
def test_a_report_that_is_none_hides_nothing_else(
    person: Person, probe_folder: Path, text: str
) -> None:
    (probe_folder / reports.REPORT).write_text(text, encoding="latin-1")
    assert person.open("/security-testing").status == 200
    assert "There is none yet." in person.page.text


def test_a_report_of_any_size_is_not_read(probe_folder: Path) -> None:
    file = probe_folder / reports.REPORT
    file.write_text(report(ROW))
    assert reports.last_report(probe_folder) is not None
    with file.open("ab") as end:
        end.truncate(reports.LARGEST + 1)
    assert reports.last_report(probe_folder) is None


def test_where_citizens_are_real_there_is_no_such_page(visitor_of: Callable[..., Person]) -> None:
    assert visitor_of(mode="integration").open("/security-testing").status == 404


def test_a_copy_with_a_fault_in_it_says_so_on_every_page(
    app: Flask, sqlite_url: str, tmp_path: Path, address: str
) -> None:
    more = {"ONEPASS_PLANTED_FAULT": "M77"}
    settings = make_settings(sqlite_url, tmp_path, more=more)
    faulty = create_app(settings)
    person = Person(faulty, settings.issuer, address)
    for path in ("/", "/no-such-page", "/authorize", "/security-testing", "/about?lng=cy"):
        person.open(path)
        assert "M77" in person.page.text, path
    plain = Person(app, settings.issuer, address)
    plain.open("/")
    assert "M77" not in plain.page.text
    with faulty.app_context():
        for engine in db.engines.values():
            engine.dispose()
