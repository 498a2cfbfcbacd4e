"""Reports tell what happened, in every form, and nothing of an answer breaks out of them."""

import json
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.auth_flows import (
    catalogue,
    comparison,
    made_up,
    report_html,
    report_sarif,
    reports,
    visible,
)
from tests.auth_flows.comparison import NotComparable
from tests.auth_flows.made_up import HOME
from tests.auth_flows.report_json import Report, document
from tests.auth_flows.run import NOT_CHOSEN
from tests.auth_flows.verdicts import Finding, Result, Verdict
from tests.auth_flows.wire import SHOWN

ROWS = list(catalogue.load().values())


@pytest.fixture
def report() -> Report:
    """A run in which the first rows ended in each way, and answers were malicious."""
    return made_up.report()


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_report_is_written_for_its_owner_alone(report: Report, tmp_path: Path) -> None:
    files = reports.write(tmp_path / "new" / "folder", report)
    assert {file.name for file in files} == {
        "report.json", "report.html", "report.xml", "report.sarif",
    }  # fmt: skip
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    again = reports.write(tmp_path / "new" / "folder", report)
    assert again == files


def test_nothing_of_an_answer_breaks_out_of_the_page(report: Report) -> None:
    text = report_html.render(report)
    page = Page(text)
    assert {tag for tag, _ in page.tags} & {"script", "img", "iframe", "link", "object"} == set()
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        assert (attributes.get("href") or "#").startswith("#")
    assert "<script>alert(1)</script>" in page.text
    assert "\\x1b[31m" in page.text
    assert "\\u202e" in page.text
    assert not set("\x00\x0b\x1b\u202e\uffff") & set(text)
    assert "default-src 'none'" in text


def test_the_page_tells_every_try_with_its_evidence_and_what_is_left_out(report: Report) -> None:
    page = Page(report_html.render(report))
    for words in ("tried <", "expected <", "received <", "fix <", "left <", "broke <", "nobody <",
                  "what held", "Works unattacked", ROWS[0].reference, ROWS[2].attack):  # fmt: skip
        assert words.replace("<", "</pre>") in page.text, words
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [str(attributes["href"])[1:] for tag, attributes in page.tags if tag == "a"]
    assert set(links) <= set(ids)
    captions = sum(tag == "caption" for tag, _ in page.tags)
    assert captions == sum(tag == "table" for tag, _ in page.tags) > 2
    numbers = [tag for tag, _ in page.tags if tag in ("h1", "h2", "h3", "h4")]
    assert numbers.count("h1") == 1
    assert numbers.count("h4") == len(ROWS) - 2


def test_the_counts_of_the_page_are_those_of_the_report(report: Report) -> None:
    line = report_html.summed("All", report["results"])
    assert line.counts == {"vulnerable": 1, "broken": 1, "defended": len(ROWS) - 4,
                           "not_tried": 1, "not_offered": 1}  # fmt: skip
    assert round(sum(part.width for part in line.bar)) == 100
    assert report_html.summed("None", []).bar == ()


def test_rows_that_were_not_chosen_do_not_stand_in_the_page(report: Report) -> None:
    for result in report["results"][5:]:
        result |= {"verdict": "not_tried", "reason": NOT_CHOSEN}
    page = Page(report_html.render(report))
    assert f"{len(ROWS) - 5} others of the catalogue do not stand here" in page.text
    assert ROWS[4].id in page.text
    assert ROWS[5].id not in page.text


def test_the_xml_is_whole_and_says_what_each_row_came_to(report: Report) -> None:
    text = reports.REPORTS["report.xml"](report)
    whole = ET.fromstring(text)  # noqa: S314 - our own text
    assert (whole.get("tests"), whole.get("failures")) == (str(len(ROWS)), "1")
    assert (whole.get("errors"), whole.get("skipped")) == ("1", "2")
    cases = {str(case.get("classname")): case for case in whole.iter("testcase")}
    assert len(cases) == len(ROWS)

    def only(row: int, kind: str) -> ET.Element:
        found = [part for part in cases[f"auth_flows.{ROWS[row].id}"] if part.tag == kind]
        assert len(found) == 1, (row, kind)
        return found[0]

    assert "received </pre>" in str(only(0, "failure").text)
    assert "broke" in str(only(1, "error").get("message"))
    assert str(only(2, "skipped").get("message")).startswith("not_tried: nobody")
    assert str(only(3, "skipped").get("message")).startswith("not_offered: none")
    assert list(cases[f"auth_flows.{ROWS[4].id}"]) == []


def _is_text(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("text"), str) and bool(value["text"])


def test_the_sarif_holds_to_the_rules_of_its_schema(report: Report) -> None:
    told = json.loads(report_sarif.render(report))
    assert told["version"] == "2.1.0"
    (run,) = told["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"]
    assert [rule["id"] for rule in rules] == [row.id for row in ROWS]
    for rule in rules:
        assert _is_text(rule["shortDescription"])
        assert _is_text(rule["fullDescription"])
        assert _is_text(rule["help"])
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
        assert len(set(rule["properties"]["tags"])) == len(rule["properties"]["tags"])
    (result,) = run["results"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == ROWS[0].id
    assert result["level"] == report_sarif.LEVELS[ROWS[0].severity]
    assert _is_text(result["message"])
    address = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert address == HOME
    assert all(isinstance(value, str) for value in result["webRequest"]["headers"].values())
    assert result["webResponse"]["statusCode"] == 200
    (run_of_it,) = run["invocations"]
    assert run_of_it["executionSuccessful"] is False
    assert _is_text(run_of_it["toolExecutionNotifications"][0]["message"])
    assert "baselineState" not in result


def test_a_body_is_cut_after_its_secrets_are_taken_out() -> None:
    wire = made_up.wire()
    token = "eyJhbGciOiJFUzI1NiJ9." + "c" * SHOWN + ".signature"
    wire.body = json.dumps({"first": "x" * (SHOWN - 90), "id_token": token})
    number = wire.send("GET", HOME).number
    assert "ccc" not in json.dumps(wire.evidence(number))
    wire.body = f"a page with {token} in it, {'x' * SHOWN}"
    told = wire.evidence(wire.send("GET", HOME).number)["answer"]["body"]
    assert "ccc" not in told
    assert "eyJhbGciOiJFUzI1NiJ9.•••" in told
    assert told.endswith("characters more]")


def test_no_words_of_a_result_hold_a_secret() -> None:
    words = f"302 to {HOME}?code=c0de-of-somebody"
    wire = made_up.wire()
    number = wire.send("GET", HOME).number
    step = Finding(words, words, words, number)
    told = Result(
        ROWS[0], Verdict.VULNERABLE, words, words, "", 1, (step,), (number,), (words,), (step,)
    )
    assert "c0de" not in json.dumps(document(made_up.ground(wire), [told]))


def since(before: dict[str, str], report: Report) -> dict[str, Any]:
    told = [{"id": row_id, "verdict": verdict} for row_id, verdict in before.items()]
    with tempfile.NamedTemporaryFile("w") as file:
        json.dump({"issuer": HOME, "results": told}, file)
        file.flush()
        return comparison.compare(comparison.read(Path(file.name)), report)


def test_rows_that_one_of_two_runs_did_not_choose_are_not_compared(
    report: Report, tmp_path: Path
) -> None:
    whole = json.loads(json.dumps(report))
    for result in report["results"][:5]:
        result |= {"verdict": "not_tried", "reason": NOT_CHOSEN}
    for earlier, now in ((whole, report), (report, whole)):
        reports.write(tmp_path, earlier)
        told = comparison.compare(comparison.read(tmp_path / "report.json"), now)
        assert not any(told[name] for name in comparison.CHANGES)


def test_what_changed_since_an_earlier_run_is_told(report: Report, tmp_path: Path) -> None:
    ids = [row.id for row in ROWS]
    before = dict.fromkeys(ids, "defended")
    before |= {ids[0]: "not_tried", ids[3]: "not_offered", ids[4]: "vulnerable"}
    before |= {ids[5]: "not_tried", ids[6]: "broken"}
    told = since(before, report)
    assert told["newly_vulnerable"] == [ids[0]]
    assert told["newly_broken"] == [ids[1]]
    assert told["no_longer_tried"] == [ids[2]]
    assert told["mended"] == [ids[4]]
    assert told["newly_tried"] == [ids[5], ids[6]]
    report["compared_with"] = told
    page = Page(report_html.render(report))
    assert "Newly vulnerable (1)" in page.text
    assert "Mended (1)" in page.text
    result = json.loads(report_sarif.render(report))["runs"][0]["results"][0]
    assert result["baselineState"] == "new"
    same = {one["id"]: one["verdict"] for one in report["results"]}
    report["compared_with"] = since(same, report)
    assert "Every verdict is the same" in Page(report_html.render(report)).text
    result = json.loads(report_sarif.render(report))["runs"][0]["results"][0]
    assert result["baselineState"] == "unchanged"


def test_only_a_report_of_the_same_issuer_is_compared_with_unasked(
    report: Report, tmp_path: Path
) -> None:
    assert comparison.read_last(tmp_path, HOME) is None
    reports.write(tmp_path, report)
    found = comparison.read_last(tmp_path, HOME)
    assert found is not None
    assert found["verdicts"][ROWS[0].id] is Verdict.VULNERABLE
    assert comparison.read_last(tmp_path, "http://localhost:2/") is None
    for text in ("", "{}", "[]", '{"issuer": "x", "results": [{"id": "A", "verdict": "fine"}]}'):
        (tmp_path / "report.json").write_text(text)
        with pytest.raises(NotComparable, match="is no report"):
            comparison.read(tmp_path / "report.json")
    with pytest.raises(NotComparable, match="cannot be read"):
        comparison.read(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("show", "wanted"),
    [
        (visible.visible, "a\nb\t\\x1b[2J\\x9b\\u202e\\ud800é☂"),
        (visible.in_a_line, "a\\nb \\x1b[2J\\x9b\\u202e\\ud800é☂"),
    ],
)
def test_control_characters_are_written_out(show: Callable[[str], str], wanted: str) -> None:
    assert show("a\r\nb\t\x1b[2J\x9b\u202e\ud800é☂") == wanted


def test_values_within_others_are_made_visible_too() -> None:
    told = visible.visible_within({"a\x00": ["\x01", ("\x02",), 3, None, True]})
    assert told == {"a\\x00": ["\\x01", ["\\x02"], 3, None, True]}


def test_the_reports_need_nothing_of_the_provider() -> None:
    code = (
        "import sys, tests.auth_flows.reports, tests.auth_flows.__main__;"
        "sys.exit(any(name.partition('.')[0] in ('idp', 'flask') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
