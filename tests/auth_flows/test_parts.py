"""The probe's parts: the catalogue is whole, targets are judged, secrets are masked."""

import ast
import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.auth_flows import attacks, catalogue, catalogue_page, clocks, targets
from tests.auth_flows.asking import outcome_of
from tests.auth_flows.care import Pace
from tests.auth_flows.forms import forms_of
from tests.auth_flows.ground import Ground
from tests.auth_flows.masking import MASK, Masker
from tests.auth_flows.probe import Probe
from tests.auth_flows.run import NOT_WRITTEN, run
from tests.auth_flows.sign_in import totp
from tests.auth_flows.targets import Care, TargetUnusable
from tests.auth_flows.verdicts import Broken, Finding, NotTried, Verdict, judged
from tests.auth_flows.wire import Answer, Wire, asked_to_wait

HERE = Path(__file__).parent
ROWS = catalogue.load()
ROW = ROWS["AUTHZ-01"]
HOME = "http://localhost:1/"
BACK = "https://client.example/in"
CLIENT = {"id": "one", "method": "client_secret_post", "secret": "s", "redirect_uri": BACK}
TARGET: dict[str, Any] = {"issuer": HOME, "authorised_by": "me", "clients": [CLIENT]}


def test_the_catalogue_has_every_row_once_and_no_gap() -> None:
    numbers = defaultdict(list)
    for row in ROWS.values():
        numbers[row.prefix].append(int(row.id.rpartition("-")[2]))
    assert len(ROWS) == 239
    assert all(sorted(found) == [*range(1, len(found) + 1)] for found in numbers.values())


def test_every_attack_has_a_row_that_can_be_tried_from_outside() -> None:
    attacks.load()
    # Once more: a module of its name would now stand in the place of the function.
    for row_id, attack in attacks.load().items():
        assert ROWS[row_id].needs != "white", row_id
        assert attack.fix, row_id
    assert NOT_WRITTEN == "no attack is written yet"


@pytest.mark.parametrize(
    ("about", "fault"),
    [
        ({"attack": "a"}, "has no expects"),
        ({"attack": "", "severity": "bad"}, "attack is empty"),
        ({"severity": "bad"}, "has the severity 'bad'"),
        ({"needs": "luck"}, "needs 'luck'"),
        ({"colour": "red"}, "has colour, which means nothing"),
        ("words", "is no row"),
    ],
)
def test_a_row_that_is_not_whole_is_refused(about: Any, fault: str) -> None:
    assert any(fault in found for found in catalogue.faults_of("X-01", about))


def test_a_catalogue_with_faults_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1.toml").write_text("[X-01]\nattack = 'a'\n")
    (tmp_path / "2.toml").write_text("[[")
    with pytest.raises(catalogue.CatalogueUnusable, match=r"1\.toml names no group[\s\S]*2\.toml"):
        catalogue.load(tmp_path)


def test_the_probe_stands_alone() -> None:
    for file in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert not name.startswith(("idp", "relying_party_demo", "tools")), file
                assert not name.startswith("tests.") or name.startswith("tests.auth_flows"), file


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"authorised_by": " "}, "authorised_by must name"),
        ({"authorised_by": None}, "must say its authorised_by"),
        ({"issuer": "ftp://x"}, "must be an http or https"),
        ({"clients": []}, "clients names none"),
        ({"clients": [CLIENT | {"method": "x"}]}, "method must be one of"),
        ({"clients": [CLIENT | {"secret": ""}]}, "needs its secret"),
        ({"clients": [CLIENT | {"colour": "red"}]}, "has colour"),
        ({"clients": [CLIENT | {"key_file": "nowhere"}]}, "key_file cannot be read"),
        ({"clients": [CLIENT | {"pushed_only": True}]}, "clients names none"),
        ({"clients": [CLIENT | {"method": "tls_client_auth"}]}, "needs its certificate_file"),
        ({"clients": [CLIENT | {"certificate_file": "nowhere"}]}, "nowhere is not there"),
        ({"documents": {"url": "https://x/"}}, "must say its listen"),
        ({"citizens": [{"email": "a"}]}, "must say its password"),
        ({"care": {"most_requests": 0}}, "most_requests must be a whole number"),
        ({"fields": {"email": "name"}}, "email must be a list"),
        ({"levels": ["one"]}, "levels must be two"),
        ({"tls": {"issuer": "http://localhost/"}}, "must be an https address"),
        ({"tls": {"issuer": "https://localhost/", "ca_file": "nowhere"}}, "is not there"),
        ({"colour": "red"}, "the target has colour"),
        ({"issuer": "http://[::1/"}, "must be an http or https"),
        ({"issuer": "http://localhost:x/"}, "must be an http or https"),
        ({"issuer": "http://localhost/ä"}, "must be an http or https"),
        ({"mailbox": "http://[::1/"}, "mailbox is"),
        ({"pages": {"account": "http://[::1/"}}, "account must be an address"),
        ({"clients": "one"}, "clients must be a list of tables"),
        ({"clients": [1]}, "clients must be a list of tables"),
        ({"clients": [CLIENT | {"scope": 1}]}, "scope must be a text"),
        ({"clients": [CLIENT | {"vectors": "yes"}]}, "vectors must be true or false"),
        ({"clients": [CLIENT | {"key_file": 1}]}, "key_file cannot be read"),
        ({"citizens": [{"email": "a", "password": "b", "totp_seed": "1"}]}, "not base32"),
        ({"pages": ["x"]}, "pages must be a table"),
        ({"hosts": "localhost"}, "hosts must be a list"),
        ({"not_offered": [[1]]}, "not_offered must be a list"),
        ({"registration": 1}, "registration must be a table"),
    ],
)
def test_a_target_that_is_not_whole_is_refused(change: dict[str, Any], problem: str) -> None:
    assert targets.parse(TARGET, HERE).clients[0].id == "one"
    with pytest.raises(TargetUnusable, match=problem):
        targets.parse(TARGET | change, HERE)


def test_a_client_that_only_some_attacks_can_use_is_kept_apart() -> None:
    app = {"id": "app", "method": "none", "redirect_uri": "http://127.0.0.1/in"}
    pusher = CLIENT | {"id": "pusher", "pushed_only": True}
    target = targets.parse(TARGET | {"clients": [app, CLIENT, pusher]}, HERE)
    assert [client.id for client in target.clients] == ["one"]
    assert [client.id for client in target.special_clients] == ["app", "pusher"]


def test_nothing_untried_is_defended() -> None:
    found = Finding("a", "b", "c", 0)

    def verdict(controls: int, tries: int, *findings: Finding) -> Verdict:
        return judged(
            ROW, controls=controls, tries=tries, findings=[*findings], evidence=(), left_out="",
            fix="",
        ).verdict  # fmt: skip

    assert verdict(1, 1) is Verdict.DEFENDED
    assert verdict(1, 1, found) is Verdict.VULNERABLE
    assert verdict(0, 1) is verdict(1, 0) is verdict(0, 1, found) is Verdict.BROKEN


def test_requests_are_bounded() -> None:
    pace = Pace(Care(requests_per_second=1000, most_requests=2))
    pace.wait()
    pace.wait()
    with pytest.raises(Broken, match="used up"):
        pace.wait()


def test_secrets_are_masked_wherever_they_stand() -> None:
    masker = Masker()
    masker.learn("harbour lantern", "abc")
    for text in (
        "harbour lantern",
        "x=harbour+lantern",
        "harbour%20lantern",
        "?a=1&code=123456&b=2",
        '{"access_token": "123456"}',
        '<input type="hidden" name="csrf_token" value="123456">',
        '<input value="123456" name="csrf_token">',
    ):
        clean = masker.clean(text)
        assert MASK in clean
        assert "123456" not in clean
        assert "lantern" not in clean
    assert masker.clean("abc error_code=1") == "abc error_code=1"
    assert masker.header("Authorization", "Bearer 123456") == f"Bearer {MASK}"
    assert masker.header("Cookie", "a=1; b=2") == f"a={MASK}; b={MASK}"
    assert masker.header("Set-Cookie", "a=1; Path=/") == f"a={MASK}; Path=/"


@pytest.mark.parametrize(
    ("status", "location", "body", "kind"),
    [
        (302, f"{BACK}?code=1", "", "sent back"),
        (302, f"{BACK}#code=1", "", "sent back"),
        (302, f"{BACK}/?code=1", "", "elsewhere"),
        (302, "/sign-in", "", "goes on"),
        (400, "", "", "refused here"),
        (500, "", "", "failure"),
        (501, "", "", "refused here"),
        (200, "", "<form method=post action='/in'><input name=email></form>", "page"),
        (200, "", f"<form method=post action='{BACK}'><input name=code></form>", "sent back"),
        (200, "", "<form method=post action='https://other.example'></form>", "elsewhere"),
    ],
)
def test_what_an_answer_means(status: int, location: str, body: str, kind: str) -> None:
    headers = (("Location", location),) if location else ()
    answer = Answer(0, HOME + "authorize", status, headers, body)
    assert outcome_of(answer, HOME, BACK).kind == kind


@pytest.mark.parametrize(
    ("refresh", "body", "kind"),
    [
        ("0; url=https://other.example/", "", "elsewhere"),
        ("0;URL='/here'", "", "refused here"),
        ("30", "", "refused here"),
        ("", '<meta http-equiv="refresh" content="0;url=//other.example">', "elsewhere"),
        ("", f'<META HTTP-EQUIV=refresh content="0; url={BACK}?code=1">', "sent back"),
        ("", "<meta name=viewport content='url=https://other.example'>", "refused here"),
    ],
)  # fmt: skip
def test_a_page_that_leads_on_by_itself_is_a_redirect(refresh: str, body: str, kind: str) -> None:
    headers = (("Content-Type", "text/html"), *((("Refresh", refresh),) if refresh else ()))
    assert outcome_of(Answer(0, HOME + "authorize", 400, headers, body), HOME, BACK).kind == kind


def test_a_form_sends_what_a_browser_would() -> None:
    (form,) = forms_of(
        "<input name=before><form method=POST action=/x><input type=hidden name=t value=1>"
        "<input name=email><input type=checkbox name=c checked><input type=radio name=r value=2>"
        "<button name=choice value=yes>Yes</button><button type=button name=no>No</button></form>"
    )
    assert (form.method, form.action) == ("post", "/x")
    assert form.values == {"t": "1", "email": "", "c": "on"}
    assert form.asked == ["email"]
    assert form.buttons == [("choice", "yes")]


def test_a_control_may_stand_outside_its_form() -> None:
    first, second = forms_of(
        "<button form=two name=out value=yes>Yes</button><form id=one><input name=a>"
        "<input form=two name=b></form><form id=two></form><button form=none name=c>No</button>"
    )
    assert (first.asked, first.buttons) == (["a"], [])
    assert (second.asked, second.buttons) == (["b"], [("out", "yes")])


def test_codes_are_those_of_rfc_6238() -> None:
    assert totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1) == "287082"


def test_a_clock_file_is_moved_in_place_and_waits_in_no_time(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_bytes(clocks.SECONDS.pack(1000))
    clock = clocks.FileClock(file)
    with file.open("rb") as open_before:
        clock.wait(2.5)
        clock.wait(-7)
        assert clocks.SECONDS.unpack(open_before.read()) == (1003,)
    assert clock.now() == 1003
    assert clock.can_jump


def test_nobody_is_burned_whom_the_file_does_not_call_expendable() -> None:
    spare = {"email": "b", "password": "p", "expendable": True}
    document = TARGET | {"citizens": [{"email": "a", "password": "p"}, spare]}
    ground = Ground(targets.parse(document, HERE), Described(Pace(Care()), Masker()))
    assert ground.burn().citizen.email == "b"
    with pytest.raises(NotTried, match="expendable"):
        ground.burn()
    assert {ground.next_person().citizen.email for _ in range(4)} == {"a"}


class Described(Wire):
    """A wire to a provider that does nothing but describe itself."""

    def send(self, method: str, url: str, **more: Any) -> Answer:
        return Answer(0, url, 200, (), json.dumps({"issuer": HOME}))


def test_the_page_of_all_attacks_is_made_from_the_catalogue() -> None:
    page = catalogue_page.written(ROWS.values())
    assert catalogue_page.PAGE.read_text(encoding="utf-8") == page, (
        "make it anew: .venv/bin/python -m tests.auth_flows.catalogue_page"
    )
    odd = replace(ROW, attack="a | b")
    assert "| a \\| b |" in catalogue_page.written([odd])


def test_secrets_that_overlap_are_masked_whole() -> None:
    masker = Masker()
    assert masker.clean("abcdefghij") == "abcdefghij"
    masker.learn("abcdef", "abcdefg", "fghijklm", "short", "klmnop ?")
    assert masker.clean("1abcdef2") == f"1{MASK}2"
    assert masker.clean("1abcdefghijklm2 abcdefg") == f"1{MASK}2 {MASK}"
    assert masker.clean("short fghijklmfghijklm") == f"short {MASK}{MASK}"
    assert masker.clean("klmnop+%3F klmnop%20%3F") == f"{MASK} {MASK}"


def test_the_attacks_can_be_loaded_twice() -> None:
    """A module called `load` would take the function's place once it is imported."""
    assert attacks.load() is attacks.load()


def test_nothing_is_sent_to_a_host_that_the_file_does_not_name() -> None:
    wire = Wire(Pace(Care()), Masker())
    about = TARGET | {"mailbox": "http://127.0.0.1:2/mailbox.json", "hosts": ["127.0.0.1:3"]}
    wire.keep_to(targets.parse(about, HERE).named_hosts)
    with pytest.raises(NotTried, match=r"127\.0\.0\.1:4, which hosts does not name"):
        wire.send("GET", "http://127.0.0.1:4/token")
    for port in (2, 3):
        with pytest.raises(Broken, match="no answer"):
            wire.send("GET", f"http://127.0.0.1:{port}/")
    assert len(wire.exchanges) == 0


def test_fields_that_the_file_names_are_masked_too() -> None:
    masker = Masker()
    assert masker.clean("mfa_code=123456") == "mfa_code=123456"
    masker.hide("mfa_code")
    assert masker.clean("mfa_code=123456&password=x") == f"mfa_code={MASK}&password={MASK}"
    page = "<input name='mfa_code' value='123456'><input value='1' name='otp'>"
    assert "123456" not in masker.clean(page)
    assert "'1'" not in masker.clean(page)


@pytest.mark.parametrize(
    ("told", "wait"), [("5", 5), ("86400", None), ("Sat, 1", None), ("", None)]
)
def test_nobody_is_waited_for_without_end(told: str, wait: int | None) -> None:
    assert asked_to_wait(Answer(0, HOME, 429, (("Retry-After", told),), "")) == wait


def test_a_provider_says_no_more_than_a_line_in_ours() -> None:
    huge = json.dumps({"error": "e" * 100_000})
    long = (("Location", BACK + "x" * 50_000), ("Content-Type", "t" * 50_000))
    assert len(Answer(0, HOME, 400, (), huge).told()) < 5000
    assert len(Answer(0, HOME, 302, long[:1], "").told()) < 5000
    assert len(Answer(0, HOME, 400, long[1:], huge).told()) < 5000


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        (NotTried("no more citizens"), Verdict.VULNERABLE),
        (Broken("no answer"), Verdict.VULNERABLE),
        (None, Verdict.DEFENDED),
    ],
)
def test_what_was_found_is_kept_if_the_second_try_cannot_judge(
    second: Exception | None, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ground, "_discover", lambda _: {})
    ground = Ground(targets.parse(TARGET, HERE), Wire(Pace(Care()), Masker()))
    answer, tries = Answer(0, HOME, 200, (), ""), iter((False, True))

    def attacked(probe: Probe) -> None:
        probe.works(True, answer, "something")
        held = next(tries)
        ground.wire.waits += 1
        if held and second is not None:
            raise second
        probe.expect(held, answer, tried="something", wanted="nothing")

    written = attacks.Attack(ROW.id, attacked, "mend it", "")
    (result,) = run(ground, {ROW.id: ROW}, {ROW.id: written})
    assert result.verdict is verdict
