"""Every fault fits the provider as it is now; one is planted whole, and the probe notices it."""

import ast
import re
from pathlib import Path

import pytest

from tests.auth_flows import catalogue
from tests.mutants import __main__ as command
from tests.mutants.hunt import Judged, Workshop
from tests.mutants.telling import report
from tools import mutants
from tools.mutants import ROOT, FaultUnusable, Mutant

KNOWN = mutants.load()
THEIRS = {f"M{number:02}" for number in range(1, 67)}


@pytest.mark.parametrize("mutant", KNOWN.values(), ids=KNOWN)
def test_its_edit_fits_once_and_leaves_a_program(mutant: Mutant) -> None:
    text = mutants.edited(mutant)
    assert text != (ROOT / mutant.file).read_text()
    assert mutant.file.startswith("idp/")
    if mutant.file.endswith(".py"):
        ast.parse(text)


@pytest.mark.parametrize("mutant", KNOWN.values(), ids=KNOWN)
def test_the_rows_that_should_notice_are_rows(mutant: Mutant) -> None:
    rows = catalogue.load()
    assert set(mutant.rows) <= set(rows)
    assert all((rows[row].needs == "white") == mutant.white for row in mutant.rows)
    assert re.fullmatch(r"M\d{2,3}", mutant.id)


def test_every_fault_of_the_list_is_planted_or_cannot_be() -> None:
    left_out = mutants.not_planted()
    assert not set(left_out) & set(KNOWN)
    assert all(left_out.values())
    assert set(left_out) <= THEIRS <= set(left_out) | set(KNOWN)


def test_a_fault_is_noticed_and_its_absence_is_not(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    fault = KNOWN["M14"]
    found = workshop.judge(fault, fault.rows)
    assert (found.caught_by, found.problem) == (["TOKEN-01"], "")
    found = workshop.judge(None, fault.rows)
    assert (found.caught_by, found.problem) == ([], "")
    assert found.others == {"TOKEN-01": "defended"}
    assert found.alarms == []


def test_whatever_an_unmodified_provider_is_said_to_have_is_an_alarm() -> None:
    said = {"A-1": "broken: no answer", "A-2": "defended", "A-3": "not_offered: none"}
    assert Judged(["A-4"], said, "nobody can sign in").alarms == [
        "A-4",
        "A-1",
        "nobody can sign in",
    ]


def test_a_provider_where_nobody_can_sign_in_is_broken_and_not_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Mutant(
        id="M999",
        fault="nobody is known",
        file="idp/protocol/authorization_rules.py",
        find="    if client is None:\n",
        replace="    if True:\n",
        rows=("AUTHZ-01",),
    )
    monkeypatch.setattr(mutants, "load", lambda: {"M999": broken})
    found = Workshop(tmp_path).judge(broken, broken.rows)
    assert found.caught_by == []
    assert found.problem.startswith("no code came for a good request")
    told = report([broken], {"M999": found}, [], 1.0)
    assert told["missed"] == ["M999"]


def test_an_edit_that_fits_twice_or_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one two two")
    for find in ("two", "three"):
        with pytest.raises(FaultUnusable, match="its find stands"):
            mutants.edited(Mutant("M1", "", "a.py", find, "x", ("AUTHZ-01",)), tmp_path)
    with pytest.raises(FaultUnusable, match="no fault is called M1"):
        mutants.plant("M1", tmp_path)


def test_only_what_is_chosen_is_planted() -> None:
    assert [each.id for each in command.chosen(KNOWN, "M14, M01")] == ["M14", "M01"]
    assert len(command.chosen(KNOWN, "")) == len(KNOWN)
    with pytest.raises(FaultUnusable, match="M999"):
        command.chosen(KNOWN, "M999")


def test_the_report_counts_what_was_caught() -> None:
    one, other = KNOWN["M01"], KNOWN["M02"]
    told = report([one, other], {"M01": Judged(["AUTHZ-02"]), "M02": Judged()}, [], 2.0)
    assert (told["planted"], told["caught"], told["missed"]) == (2, 1, ["M02"])
    assert told["mutants"][0]["caught_by"] == ["AUTHZ-02"]
