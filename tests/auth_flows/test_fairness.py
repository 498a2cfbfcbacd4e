"""Providers that do right in another way are not called vulnerable, and nothing is by accident.

The providers here are answers from a list or two, and never a socket.
"""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from tests.auth_flows import attacks, catalogue, mailbox, targets
from tests.auth_flows import wire as wire_module
from tests.auth_flows.attacks import codes_of_apps, seen, transport
from tests.auth_flows.care import Pace, allow_peer
from tests.auth_flows.ground import Ground
from tests.auth_flows.mailbox import Mailbox, NoMail
from tests.auth_flows.masking import Masker
from tests.auth_flows.probe import Probe
from tests.auth_flows.run import run
from tests.auth_flows.sign_in import Person
from tests.auth_flows.targets import Care, TargetUnusable
from tests.auth_flows.test_parts import HERE, HOME, TARGET
from tests.auth_flows.verdicts import Broken, NotTried, Verdict, exit_code
from tests.auth_flows.visit import Visit
from tests.auth_flows.wire import Answer, Wire

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")
DISCOVERED = {"issuer": HOME} | {name: f"{HOME}{name}" for name in ENDPOINTS}
CITIZENS = [
    {"email": f"{n}@example.com", "password": "p", "totp_seed": "GEZDGNBV", "expendable": n > 0}
    for n in range(20)
]
Told = Callable[[str], tuple[int, str]]


class Scripted(Wire):
    """A wire that answers by address, and describes the provider at its discovery."""

    def __init__(self, told: Told) -> None:
        super().__init__(Pace(Care(requests_per_second=100_000)), Masker())
        self._told = told

    def send(self, method: str, url: str, **more: Any) -> Answer:
        status, body = self._told(url)
        if url.endswith("openid-configuration"):
            status, body = 200, json.dumps(DISCOVERED)
        with self._lock:
            answer = Answer(
                len(self.exchanges), url, status, (("Content-Type", "text/html"),), body
            )
            self.exchanges.append({"request": (method, url, {}, ""), "answer": (status, (), body)})
        return answer


def probe_of(told: Told, **more: Any) -> Probe:
    document = TARGET | {"mailbox": f"{HOME}mailbox.json", "citizens": CITIZENS} | more
    return Probe(Ground(targets.parse(document, HERE), Scripted(told)))


@pytest.mark.parametrize("status", [404, 500, 200])
def test_a_mailbox_that_cannot_be_read_is_no_empty_one(status: int) -> None:
    probe = probe_of(lambda _url: (status, "no mailbox"))
    with pytest.raises(Broken, match="shows no messages") as caught:
        Mailbox(probe, "a@example.com")
    assert not isinstance(caught.value, NoMail)


def test_a_mail_with_a_link_is_not_tried_and_no_mail_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mails = ["[]"]
    box = Mailbox(probe_of(lambda _url: (200, f'{{"messages": {mails[-1]}}}')), "a@example.com")
    monkeypatch.setattr(mailbox, "PATIENCE", 0)
    assert not box.hears()
    mails.append(
        '[{"id": "1", "body": "Go to https://x.example/reset?token=abcdefghijklmnopqrst"}]'
    )
    with pytest.raises(NotTried, match="by a link"):
        box.code()


def test_a_provider_that_shows_one_page_everywhere_leaves_nothing_over() -> None:
    told = {f"{HOME}.git/HEAD": "shell"}

    def shown(url: str) -> tuple[int, str]:
        return (
            (400, "no") if any(name in url for name in ENDPOINTS) else (200, told.get(url, "shell"))
        )

    probe = probe_of(shown)
    attacks.load()["ERR-01"].run(probe)
    assert not probe.findings
    told[f"{HOME}.git/HEAD"] = "ref: refs/heads/main"
    probe = probe_of(shown)
    attacks.load()["ERR-01"].run(probe)
    assert [found.tried for found in probe.findings] == ["the address .git/HEAD"]


def test_a_sign_in_in_the_place_of_a_page_is_no_page() -> None:
    sign_in = "<h1>Sign in</h1><form method=post><input name=email></form>"
    staff = "<h1>Citizens</h1><form method=post><input name=email></form>"
    probe = probe_of(lambda url: (200, staff if "ops" in url else sign_in))
    get = probe.browser().get
    assert seen.asks_to_sign_in(probe, get(f"{HOME}account"))
    assert not seen.asks_to_sign_in(probe, get(f"{HOME}ops"))


def test_without_a_limit_nobody_sees_what_a_header_makes_of_it() -> None:
    with pytest.raises(NotTried, match="met no limit"):
        transport._other_sources(probe_of(lambda _url: (401, "")))


class Locking:
    """A sign-in at which some wrong codes in a row lock the account for good."""

    most = 0
    wrong: dict[str, int]

    def __init__(self, probe: Probe, person: Person) -> None:
        self.person = person
        self.arrived = False
        self.answer = Answer(0, HOME, 200, (), "")

    @property
    def asks(self) -> frozenset[str]:
        locked = self.wrong.get(self.person.citizen.email, 0) >= self.most
        return frozenset() if locked else frozenset({"code"})

    def until(self, _what: str) -> "Locking":
        return self

    def towards(self, what: str) -> bool:
        return what in self.asks

    def finish(self) -> None:
        if "code" not in self.asks:
            raise Broken("locked")
        self.arrived = True


@pytest.mark.parametrize(("most", "given"), [(9, 4), (3, 3 + 4), (2, None)])
def test_wrong_codes_are_given_in_lots_where_three_lock(
    monkeypatch: pytest.MonkeyPatch, most: int, given: int | None
) -> None:
    monkeypatch.setattr(codes_of_apps, "Visit", Locking)
    monkeypatch.setattr(codes_of_apps, "early_in_a_step", lambda _probe: None)
    monkeypatch.setattr(Locking, "most", most)
    monkeypatch.setattr(Locking, "wrong", {}, raising=False)
    probe = probe_of(lambda _url: (200, ""))
    seen_codes: list[int] = []

    def give(_probe: Probe, visit: Visit, code: int) -> None:
        email = visit.person.citizen.email
        Locking.wrong[email] = Locking.wrong.get(email, 0) + 1
        seen_codes.append(code)

    if given is None:
        with pytest.raises(Broken, match="wrong ones"):
            codes_of_apps.wrong_codes(probe, (1, 2, 3, 4), give)
        return
    codes_of_apps.wrong_codes(probe, (1, 2, 3, 4), give)
    assert len(seen_codes) == given
    assert probe.controls


def test_who_answers_from_elsewhere_is_sent_nothing() -> None:
    class Elsewhere:
        def getpeername(self) -> tuple[str, int]:
            return "192.0.2.1", 80

    with pytest.raises(TargetUnusable, match=r"192\.0\.2\.1 answered"):
        allow_peer(cast(socket.socket, Elsewhere()), anywhere=False)
    allow_peer(cast(socket.socket, Elsewhere()), anywhere=True)


def test_a_run_that_tried_nothing_is_no_success() -> None:
    assert exit_code([]) == 3


def test_what_an_attack_leaves_out_is_told(tmp_path: Path) -> None:
    def leaves_out(probe: Probe) -> None:
        answer = probe.browser().get(HOME)
        probe.works(True, answer, "it")
        probe.expect(True, answer, tried="some", wanted="none")
        probe.leave_out("the rest")

    probe = probe_of(lambda _url: (200, ""))
    written = attacks.Attack("AUTHZ-01", leaves_out, "mend", "always that")
    row = catalogue.load()["AUTHZ-01"]
    (result,) = run(probe.ground, {row.id: row}, {row.id: written})
    assert result.verdict is Verdict.DEFENDED
    assert result.left_out == "always that; the rest"


def test_codes_that_were_used_are_in_no_report() -> None:
    probe = probe_of(lambda _url: (200, ""))
    code = probe.ground.persons[0].code()
    assert code not in probe.ground.wire.masker.clean(f"the code {code} is right")


def test_well_known_accounts_are_guessed_at_only_where_that_is_allowed() -> None:
    assert not targets.parse(TARGET, HERE).guess_well_known
    assert targets.parse(TARGET | {"guess_well_known": True}, HERE).guess_well_known
    with pytest.raises(TargetUnusable, match="guess_well_known must be true or false"):
        targets.parse(TARGET | {"guess_well_known": "yes"}, HERE)


def test_who_asks_us_to_wait_for_ever_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_module, "MOST_WAITED", 150)
    waited: list[float] = []
    wire = Wire(Pace(Care(requests_per_second=10_000)), Masker())
    wire.pause = waited.append
    busy = 429, (("Retry-After", "85"),), b""
    monkeypatch.setattr(wire, "_exchange", lambda *_: busy)
    for _ in range(5):
        with pytest.raises(Broken, match="fewer requests"):
            wire.send("GET", HOME)
    assert waited == [85]
