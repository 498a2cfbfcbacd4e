"""The target file on the page for security testers is whole; odd names in one are refused."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.auth_flows import __main__ as command
from tests.auth_flows import targets
from tests.auth_flows.clocks import SECONDS
from tests.auth_flows.test_parts import HERE, TARGET

PAGE = HERE.parents[1] / "docs" / "security-testers.md"
ATTACKS = HERE / "attacks"
_BLOCK = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)


def full() -> tuple[str, dict[str, Any]]:
    text = max(_BLOCK.findall(PAGE.read_text(encoding="utf-8")), key=len)
    return text, tomllib.loads(text)


def names(kind: type) -> set[str]:
    return {each.name for each in fields(kind)}


def test_the_example_names_every_key_of_every_table() -> None:
    _, document = full()
    assert set(document) == names(targets.Target) - {"special_clients"}
    told = {name for client in document["clients"] for name in client}
    assert told == names(targets.Client) - {"key"} | {"key_file"}
    for table, kind in (("care", targets.Care), ("fields", targets.Fields),
                        ("tls", targets.Tls), ("documents", targets.Documents),
                        ("consent", targets.Consent)):  # fmt: skip
        assert set(document[table]) == names(kind)
    assert set(document["citizens"][0]) == names(targets.Citizen)
    assert set(document["pages"]) == set(targets.PAGES)


def test_the_example_is_a_target(tmp_path: Path) -> None:
    text, _ = full()
    for name in ("authority.pem", "asking.key", "client.pem"):
        (tmp_path / name).write_text("PEM")
    (tmp_path / "clock").write_bytes(SECONDS.pack(0))
    file = tmp_path / "target.toml"
    file.write_text(text, encoding="utf-8")
    found = targets.read(file)
    assert (len(found.clients), len(found.special_clients)) == (2, 1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"pages": {"acount": "x"}}, "pages has acount, .* known are account, "),
        ({"not_offered": ["devices"]}, "not_offered has devices, .* known are .*device_flow"),
    ],
)
def test_a_name_that_nothing_asks_for_is_refused(change: dict[str, Any], problem: str) -> None:
    assert targets.parse(TARGET | {"pages": {"administration_x": "x"}}, HERE).pages
    with pytest.raises(targets.TargetUnusable, match=problem):
        targets.parse(TARGET | change, HERE)


def test_attacks_ask_for_the_pages_that_are_known() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in HERE.rglob("*.py")
                   if file.parent == ATTACKS or file.name == "resets.py")  # fmt: skip
    assert [name for name in targets.PAGES if f'"{name}"' not in code] == []
    asked = re.findall(r'(?:page|beside)\("([a-z_]+)"', code)
    asked += re.findall(r'"([a-z_]+)" (?:not )?in probe\.target\.pages', code)
    assert set(asked) <= set(targets.PAGES)


def test_without_a_target_file_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main([]) == 3
    assert "make probe" in capsys.readouterr().err
