"""The report on the contract says what its run found, and fails when it should."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import contract, contract_rows
from tools.contract import Result
from tools.contract_rows import Row

MATCHED = Row("1.table.one", "one thing")
STRICTER = Row("1.table.two", "another", "stricter", "design: PKCE - always")
NOT_HERE = Row("2.table.three", "a third", "not_applicable", "there is none")
ROWS = {row.id: row for row in (MATCHED, STRICTER, NOT_HERE)}


def result(outcome: str, *rows: str) -> Result:
    return {"rows": list(rows), "outcome": outcome}


GOOD = {
    "test_a.py::test_it[sqlite]": result("passed", "1.table.one"),
    "test_a.py::test_it[postgresql]": result("passed", "1.table.one"),
    "test_b.py::test_that": result("passed", "1.table.one", "1.table.two"),
}


def test_a_row_is_what_it_says_if_every_test_of_it_passed() -> None:
    one, two, three = contract.judge(ROWS, GOOD)
    assert (one.verdict, one.reason) == ("matched", "")
    assert one.test == "test_a.py::test_it test_b.py::test_that"
    assert (two.verdict, two.test) == ("stricter", "test_b.py::test_that")
    assert two.reason == "design: PKCE - always"
    assert (three.verdict, three.test, three.reason) == ("not_applicable", "", "there is none")
    assert contract.complaints(ROWS, GOOD, [one, two, three]) == []


@pytest.mark.parametrize("outcome", ["failed", "skipped", "collected"])
def test_one_test_that_did_not_pass_spoils_its_rows(outcome: str) -> None:
    results = GOOD | {"test_a.py::test_it[postgresql]": result(outcome, "1.table.one")}
    judged = contract.judge(ROWS, results)
    assert [row.verdict for row in judged] == ["failed", "stricter", "not_applicable"]
    [complaint] = contract.complaints(ROWS, results, judged)
    assert f"test_a.py::test_it[postgresql] ({outcome})" in complaint


def test_a_row_without_a_test_is_told() -> None:
    judged = contract.judge(ROWS, {})
    assert [row.verdict for row in judged] == ["untested", "untested", "not_applicable"]
    assert len(contract.complaints(ROWS, {}, judged)) == 2


@pytest.mark.parametrize(
    ("row", "words"),
    [("1.table.nine", "which is no row"), ("2.table.three", "which is not applicable")],
)
def test_a_mark_that_names_no_row_to_test_is_told(row: str, words: str) -> None:
    results = GOOD | {"test_c.py::test_more": result("passed", row)}
    [complaint] = contract.complaints(ROWS, results, contract.judge(ROWS, results))
    assert complaint.startswith("test_c.py::test_more")
    assert words in complaint


def test_the_summary_counts_by_section() -> None:
    first, *rest = contract.summary(contract.judge(ROWS, GOOD)).splitlines()
    assert first.split()[:3] == ["section", "matched", "stricter"]
    assert [line.split() for line in rest] == [
        ["1", "1", "1", "0", "0", "0", "0"],
        ["2", "0", "0", "0", "1", "0", "0"],
        ["all", "1", "1", "0", "1", "0", "0"],
    ]


TESTS = """
import pytest
@pytest.mark.row("1.table.passes")
def test_passes(): pass
@pytest.mark.parametrize("case", [1, pytest.param(2, marks=pytest.mark.row("1.table.two", "1.table.three"))])
def test_case(case): pass
@pytest.mark.row("1.table.fails")
def test_fails(): assert False
@pytest.mark.row("1.table.skipped")
def test_skipped(): pytest.skip("not today")
@pytest.mark.row("1.table.expected")
@pytest.mark.xfail
def test_expected(): assert False
@pytest.fixture
def broken(): yield; assert False
@pytest.mark.row("1.table.teardown")
def test_teardown(broken): pass
def test_of_no_row(): assert False
"""  # noqa: E501


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "two workers"])
def test_what_became_of_each_marked_test_is_written_down(
    tmp_path: Path, workers: list[str]
) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    told = tmp_path / "told.json"
    subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-m",
                "row",
                "-p",
                "no:cacheprovider",
                *workers,
            ),
            *("-c", str(contract_rows.ROOT / "pyproject.toml"), f"--rootdir={tmp_path}"),
            *("-p", "tools.contract_plugin", "--contract-results", str(told), str(tmp_path)),
        ],
        cwd=contract_rows.ROOT,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    assert json.loads(told.read_text()) == {
        "test_it.py::test_passes": result("passed", "1.table.passes"),
        "test_it.py::test_case[2]": result("passed", "1.table.two", "1.table.three"),
        "test_it.py::test_fails": result("failed", "1.table.fails"),
        "test_it.py::test_skipped": result("skipped", "1.table.skipped"),
        "test_it.py::test_expected": result("skipped", "1.table.expected"),
        "test_it.py::test_teardown": result("failed", "1.table.teardown"),
    }


FAULTY = {
    "expects is missing": ("[1.t.a]\n", "does not say what is expected"),
    "another verdict": ('[1.t.a]\nexpects = "x"\nverdict = "fine"\n', "has the verdict 'fine'"),
    "a reason too many": ('[1.t.a]\nexpects = "x"\nreason = "y"\n', "needs no reason"),
    "no reason": ('[1.t.a]\nexpects = "x"\nverdict = "different"\n', "no topic of the design"),
    "an unknown topic": (
        '[1.t.a]\nexpects = "x"\nverdict = "stricter"\nreason = "design: taste - so"\n',
        "no topic of the design",
    ),
    "an unknown note": (
        '[1.t.a]\nexpects = "x"\nverdict = "stricter"\nreason = "decision: a-whim - so"\n',
        "no topic of the design and no decision",
    ),
    "nothing instead": (
        '[1.t.a]\nexpects = "x"\nverdict = "stricter"\nreason = "design: PKCE"\n',
        "not what we do instead",
    ),
    "not applicable, without why": (
        '[1.t.a]\nexpects = "x"\nverdict = "not_applicable"\n', "why it is not applicable"),
    "something else": ('[1.t.a]\nexpects = "x"\ntest = "y"\n', "which means nothing"),
    "another section": ('[2.t.a]\nexpects = "x"\n', "in the file of another section"),
    "a row too many": ('[1.t.a]\nexpects = "x"\n[1.t.b]\nexpects = "x"\n', "has 2 rows"),
    "a row too few": ('[1.u.a]\nexpects = "x"\n', "table 1.t has 0 rows"),
    "no TOML": ("[1.t.a", "1_rows.toml"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_rows_that_cannot_be_used_say_why(tmp_path: Path, name: str) -> None:
    text, words = FAULTY[name]
    (tmp_path / "1_rows.toml").write_text(text)
    with pytest.raises(contract_rows.RowsUnusable) as caught:
        contract_rows.load(tmp_path, {"1.t": 1})
    assert words in str(caught.value)


def test_a_row_told_twice_is_one_too_many(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"1_rows_{number}.toml").write_text('[1.t.a]\nexpects = "x"\n')
    with pytest.raises(contract_rows.RowsUnusable, match=r"1\.t\.a is there twice"):
        contract_rows.load(tmp_path, {"1.t": 1})


def test_good_rows_are_read_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "1_rows.toml").write_text(
        '[1.t.a]\nexpects = "x"\n'
        '[1.t.b]\nexpects = "y"\nverdict = "different"\n'
        'reason = "decision: a-policy-per-client - for other clients"\n'
    )
    assert contract_rows.load(tmp_path, {"1.t": 2}) == {
        "1.t.a": Row("1.t.a", "x"),
        "1.t.b": Row(
            "1.t.b", "y", "different", "decision: a-policy-per-client - for other clients"
        ),
    }


@pytest.mark.parametrize(
    ("results", "code"), [(GOOD, 0), ({}, 1)], ids=["every row tested", "none tested"]
)
def test_the_report_has_every_row_and_the_exit_code_says_whether_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, results: contract.Results, code: int
) -> None:
    monkeypatch.setattr(contract, "ROOT", tmp_path)
    monkeypatch.setattr(contract, "REPORT", tmp_path / "var" / "contract.json")
    monkeypatch.setattr(contract_rows, "load", lambda: ROWS)
    monkeypatch.setattr(contract, "run", lambda *_options: results)
    assert contract.main() == code
    written = json.loads((tmp_path / "var" / "contract.json").read_text())
    assert list(written) == ["rows"]
    assert [row["id"] for row in written["rows"]] == list(ROWS)
    assert all(list(row) == ["id", "verdict", "test", "reason"] for row in written["rows"])


def test_rows_that_cannot_be_used_make_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unusable() -> dict[str, Row]:
        raise contract_rows.RowsUnusable("1.t.a is there twice")

    monkeypatch.setattr(contract, "REPORT", tmp_path / "contract.json")
    monkeypatch.setattr(contract_rows, "load", unusable)
    assert contract.main() == 1
    assert "1.t.a is there twice" in capsys.readouterr().err
    assert not (tmp_path / "contract.json").exists()
