"""The configuration of a department, and how a bad one is refused."""

import copy
import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from relying_party_demo.app import create_app, from_environment
from relying_party_demo.configuration import DepartmentError
from relying_party_demo.department import contrast_with_white, parse, read, slugs
from relying_party_demo.place import problem_with_address

Settings = dict[str, Any]


@pytest.fixture
def library_file() -> Settings:
    text = (files("relying_party_demo.departments") / "library.toml").read_text(encoding="utf-8")
    return copy.deepcopy(tomllib.loads(text))


def test_the_four_stand_in_order_and_are_good() -> None:
    assert slugs() == ("tax", "driving", "library", "housing")
    read_all = [read(slug, {}) for slug in slugs()]
    assert [each.place.url[-4:] for each in read_all] == ["8001", "8002", "8003", "8004"]
    for field in ("client_id", "roundel", "accent", "sector"):
        assert len({getattr(each, field) for each in read_all}) == 4
    assert [each.language for each in read_all] == ["en", "en", "en", "cy"]


@pytest.mark.parametrize("slug", ["tax", "driving", "library", "housing"])
def test_welsh_differs_from_english(slug: str) -> None:
    text = (files("relying_party_demo.departments") / f"{slug}.toml").read_text(encoding="utf-8")
    same_in_both = {
        "1257L",
        "Harbour Bakery Limited",
        "B",
        "AM",
        "CG-2026-04417",
        "A Field Guide to Lichens",
        "Bread at Home",
    }

    def walk(value: object) -> None:
        if isinstance(value, dict) and set(value) == {"en", "cy"}:
            same = value["en"] == value["cy"]
            assert not same or value["en"] in same_in_both or value["en"].startswith("£")
            assert "'" not in value["cy"]
        elif isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(tomllib.loads(text))


BAD: list[tuple[str, Any, str]] = [
    ("port", "8003", "port: must be a whole number"),
    ("port", True, "port: must be a whole number"),
    ("client_id", "Not An Id", "client_id: must be text like"),
    ("roundel", "ABC", "roundel: must be text like"),
    ("accent", "red", "accent: must be text like"),
    ("accent", "#ffcc00", "accent: is too light"),
    ("language", "fr", "language: must be one of en, cy"),
    ("sector", "http://x/", "sector: must be text like"),
    ("contact", "nobody", "contact: must be text like"),
    ("name", "Libraries", "name: must have words in en and in cy"),
    ("name", {"en": "Libraries"}, "name: must have words in en and in cy"),
    ("name", {"en": "Libraries", "cy": " "}, "name: must have words in en and in cy"),
    ("sign_in", [], "sign_in: must be a table"),
    ("sign_in.scopes", ["email"], "sign_in.scopes: must hold openid"),
    ("sign_in.scopes", "openid", "sign_in.scopes: must be a list of text"),
    ("sign_in.vtr", "P2", "sign_in.vtr: must be one of Cl, Cl.Cm"),
    ("sign_in.client_authentication", "none", "sign_in.client_authentication: must be one of"),
    ("sign_in.id_token_algorithm", "HS256", "sign_in.id_token_algorithm: must be one of"),
    ("sign_in.assertion_algorithm", "ES256", "sign_in.assertion_algorithm: is not a setting"),
    ("start.points", [], "start.points: must be a list of words"),
    ("account.facts", ["x"], "account.facts: must be a list of tables"),
    ("account.table.rows", "x", "account.table.rows: must be a list of rows"),
    ("account.table.rows", [[]], "account.table.rows: must each have one cell"),
    ("actions", [{"slug": "x y"}], "actions[0].slug: must be text like"),
    ("colour", "blue", "colour: is not a setting of a department"),
]


@pytest.mark.parametrize(("where", "value", "problem"), BAD)
def test_a_bad_setting_is_named(
    library_file: Settings, where: str, value: object, problem: str
) -> None:
    *tables, last = where.split(".")
    inner = library_file
    for name in tables:
        inner = inner[name]
    inner[last] = value
    with pytest.raises(DepartmentError) as caught:
        parse("library", library_file, {})
    assert any(found.startswith(problem) for found in caught.value.problems), caught.value.problems


def test_an_action_must_ask_for_something(library_file: Settings) -> None:
    del library_file["actions"][0]["vtr"]
    with pytest.raises(DepartmentError, match="asks for nothing"):
        parse("library", library_file, {})


def test_all_problems_are_told_at_once(library_file: Settings) -> None:
    library_file["port"], library_file["roundel"] = -1, "x"
    with pytest.raises(DepartmentError) as caught:
        parse("library", library_file, {"DEPARTMENT_ISSUER": "nowhere"})
    assert len(caught.value.problems) == 3


def test_an_unknown_department_is_refused() -> None:
    with pytest.raises(DepartmentError, match="there is no department 'parks'"):
        read("parks", {})


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"DEPARTMENT_ISSUER": "http://id.example/"}, "DEPARTMENT_ISSUER: must be https"),
        ({"DEPARTMENT_ISSUER": "ftp://localhost/"}, "DEPARTMENT_ISSUER: must be an http or https"),
        ({"DEPARTMENT_URL": "http://localhost:8001/app"}, "DEPARTMENT_URL: must have no path"),
        ({"DEPARTMENT_URL": "http://tax.example"}, "DEPARTMENT_URL: must be https"),
        ({"DEPARTMENT_URL": "https://u@tax.example"}, "DEPARTMENT_URL: must have no query"),
        ({"DEPARTMENT_SERVICES_JSON": "{"}, "DEPARTMENT_SERVICES_JSON: must be a JSON list"),
        ({"DEPARTMENT_SERVICES_JSON": '[{"name": "x"}]'}, "DEPARTMENT_SERVICES_JSON: must be"),
        (
            {"DEPARTMENT_SERVICES_JSON": '[{"name": "x", "url": "javascript:alert(1)"}]'},
            "DEPARTMENT_SERVICES_JSON: holds an address",
        ),
    ],
)
def test_a_bad_place_is_refused(environment: dict[str, str], problem: str) -> None:
    with pytest.raises(DepartmentError) as caught:
        read("tax", environment)
    assert caught.value.problems[0].startswith(problem)


def test_plain_http_is_for_this_machine() -> None:
    for good in ("http://localhost:1/", "http://a.localhost/", "http://127.0.0.3/", "https://a.b/"):
        assert problem_with_address(good) is None
    for bad in ("http://localhost.example/", "http://1270.0.0.1/", "https:///x", "https://a/?x"):
        assert problem_with_address(bad) is not None


def test_the_library_does_not_start_without_its_secret(tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match="must name the file"):
        create_app(read("library", {"DEPARTMENT_VAR": str(tmp_path)}))
    with pytest.raises(DepartmentError, match="cannot be read"):
        read("library", {"DEPARTMENT_CLIENT_SECRET_FILE": str(tmp_path / "nothing")})
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    with pytest.raises(DepartmentError, match="is empty"):
        read("library", {"DEPARTMENT_CLIENT_SECRET_FILE": str(tmp_path / "empty")})


def test_a_process_finds_its_department_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DEPARTMENT", "tax")
    monkeypatch.setenv("DEPARTMENT_VAR", str(tmp_path))
    monkeypatch.setenv("DEPARTMENT_SERVICES_JSON", json.dumps([]))
    assert from_environment().test_client().get("/health").get_json()["service"] == "tax"
    monkeypatch.delenv("DEPARTMENT")
    with pytest.raises(DepartmentError):
        from_environment()


def test_contrast_is_counted_as_wcag_does() -> None:
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)
