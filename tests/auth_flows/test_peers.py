"""The probe is right about a provider of somebody else: nothing broken, no false alarm."""

import json
import re
from pathlib import Path

import pytest

from tests.auth_flows import __main__ as command
from tests.auth_flows.peers import oidc_provider
from tests.auth_flows.peers.certificates import AUTHORITY

CHECKED = Path(__file__).parents[2] / "docs" / "probe-oidc-provider.md"
FEWEST_TRIED = 120


def test_what_is_found_in_oidc_provider_is_what_was_checked_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPORT", str(tmp_path / "report"))
    with oidc_provider.running(tmp_path) as target:
        code = command.main(["--target", str(target), "--ca", str(tmp_path / AUTHORITY)])
    said = capsys.readouterr().out
    results = json.loads((tmp_path / "report" / "report.json").read_text())["results"]
    rows = {v: {r["id"] for r in results if r["verdict"] == v} for v in ("broken", "vulnerable")}
    assert rows["broken"] == set(), said
    checked = re.findall(r"^\| ([A-Z0-9]+-\d\d) \|", CHECKED.read_text(), re.MULTILINE)
    assert len(checked) == len(set(checked))
    assert rows["vulnerable"] == set(checked), said
    assert code == 1
    tried = [result["id"] for result in results if result["tries"]]
    assert len(tried) >= FEWEST_TRIED, tried


@pytest.mark.parametrize("fault", ["header", "anybody"])
def test_who_believes_a_certificate_of_anybody_is_noticed(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT", str(tmp_path / "report"))
    with oidc_provider.running(tmp_path, fault) as target:
        arguments = ["--target", str(target), "--ca", str(tmp_path / AUTHORITY)]
        assert command.main([*arguments, "--only", "CLIENT-12"]) == 1


@pytest.mark.parametrize(("fault", "code"), [("", 0), ("sector", 1)])
def test_who_does_not_read_the_document_of_a_sector_is_noticed(
    fault: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT", str(tmp_path / "report"))
    with oidc_provider.running(tmp_path, fault, registering=True) as target:
        arguments = ["--target", str(target), "--ca", str(tmp_path / AUTHORITY)]
        assert command.main([*arguments, "--only", "REG-04"]) == code
