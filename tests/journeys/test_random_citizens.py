"""Random citizens on random pages with random values: nothing breaks, and nothing comes for free.

Each example is one browser at a certain stage (nothing proved; a password given; signed in), which
then asks for anything, in any order, with whatever somebody hostile would send. None of them ever
types what would prove something more. So no answer is an error of ours or slow, no page is reached
that is not due, and no account, password, address or second factor changes.
"""

import re
import time
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from idp.domain.accounts import Account
from idp.domain.authenticator_apps import AuthenticatorApp
from idp.domain.passkeys import Passkey
from idp.domain.recovery_codes import RecoveryCodeSet
from idp.domain.services import Services
from idp.domain.throttles import Throttle
from tests.guards.test_routes import FORM, JOURNEY, OWNER, ROUTES
from tests.journeys import walks
from tests.support.addresses import own_address
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, give_every_way
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

EXAMPLES = 25
STEPS = 14
SLOW = 5.0
"""Seconds of computing for one answer. Work that grows with what was sent takes minutes; a machine
that two runs share was seen to count one second for an ordinary page."""

NOTHING, PASSWORD, SIGNED_IN = "nothing proved", "a password given", "signed in"
AFTER_PASSWORD = frozenset(
    f"/j/<journey_id>/{page}"
    for page in ("code", "method", "recovery-code", "recovery-code/used", "passkey-offer", "share",
                 "terms", "create/app", "create/recovery-codes", "create/done", "prove",
                 "prove/stand-in", "prove/wait", "prove/details", "prove/result", "recover",
                 "recover/email-code", "recover/ready", "recover/done", "reset/second-factor",
                 "reset/recovery-code", "reset/password", "create/password")
)  # fmt: skip
"""Pages that need a password, or a code from the mailbox, which nobody here can read."""
AFTER_CODE = AFTER_PASSWORD - {
    f"/j/<journey_id>/{page}"
    for page in ("code", "method", "recovery-code", "recover", "recover/email-code")
}
PAGES = sorted(
    rule
    for rule, policy in ROUTES.items()
    if policy.who in (JOURNEY, OWNER)
    or policy.posts == FORM
    or rule in ("/feedback", "/mailbox", "/signed-out", "/logout")
)
FIELDS = (
    "email", "password", "code", "choice", "recovery_code", "saved", "way", "credential", "person",
    "ending", "birth_date", "delay", "strength", "satisfaction", "words", "to", "new_password",
)  # fmt: skip
HOSTILE = (
    "", " ", "x", "\x00", "a\x00b@example.com", "\u202eevil@example.com", "👩‍👩‍👧‍👦" * 40,
    "x" * 4097, "x" * 60_000, "x" * 1_000_000, "'; DROP TABLE accounts; --",
    "<script>alert(1)</script>", "{{ 7 * 7 }}", "%00%0d%0a", "../../etc/passwd", "-1", "1e999",
    "9" * 400, "１２３４５６", "000000", "\ud7ff\ufffd", "alice@example.com", "ALICE@EXAMPLE.COM",
    "bob@example.com", "create", "sign_in", "share", "app", "passkey", "yes", "true", "[]", "null",
)  # fmt: skip
TYPES = (
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json",
    "text/plain", "", "application/x-www-form-urlencoded; charset=utf-7",
)  # fmt: skip

value = st.sampled_from(HOSTILE) | st.text(max_size=40)
PLAUSIBLE = {
    "email": "carol@example.com", "password": "velvet tractor seventeen", "code": "000000",
    "recovery_code": "ABCD EFGH JKLM NPQR", "saved": "y", "answer": "{}", "satisfaction": "5",
}  # fmt: skip
"""What somebody fills in who knows the forms, and proves nothing."""
CHOICES = ("create", "sign_in", "share", "refuse", "app", "backup", "default", "remove", "again")

fields = st.lists(st.tuples(st.sampled_from(FIELDS), value), max_size=5)
honest = st.fixed_dictionaries(
    {
        "rule": st.sampled_from(PAGES),
        "method": st.sampled_from(("GET", "POST", "POST")),
        "fields": fields | st.just(list(PLAUSIBLE.items())),
        "token": st.just("ours"),
        "journey": st.just("ours"),
        "type": st.just(TYPES[0]),
        "origin": st.just(ISSUER.rstrip("/")),
    }
)
hostile = st.fixed_dictionaries(
    {
        "rule": st.sampled_from(PAGES),
        "method": st.sampled_from(("GET", "POST", "POST", "POST", "HEAD", "PUT")),
        "fields": fields,
        "token": st.sampled_from(("ours", "ours", "ours", "foreign", "stale", "none", "twice")),
        "journey": st.sampled_from(("ours", "ours", "ours", "foreign", "made up")),
        "type": st.sampled_from((TYPES[0],) * 6 + TYPES),
        "origin": st.sampled_from((ISSUER.rstrip("/"),) * 4 + ("https://evil.example", "null")),
    }
)
step = honest | hostile


@dataclass
class Stage:
    """A provider with two citizens and a service, and what an example may do to it."""

    app: Flask
    library: RelyingParty
    alice: Citizen
    clock: FixedClock
    session: Session

    def fingerprint(self) -> list[tuple[object, ...]]:
        """Everything by which somebody could prove to be a citizen, and who is one."""
        self.session.rollback()
        columns = [
            (Account.id, Account.email, Account.password_hash, Account.state),
            (AuthenticatorApp.account_id, AuthenticatorApp.secret_sealed, AuthenticatorApp.role),
            (Passkey.account_id, Passkey.id),
            (RecoveryCodeSet.account_id, RecoveryCodeSet.number, RecoveryCodeSet.made_at),
        ]
        return [
            tuple(row)
            for wanted in columns
            for row in self.session.execute(sa.select(*wanted).order_by(*wanted))
        ]

    def arrive(self, how: str) -> Person:
        """A new browser that has come this far."""
        self.session.execute(sa.delete(Throttle))
        self.session.commit()
        self.clock.move(31)
        person = Person(self.app, ISSUER, own_address())
        if how == NOTHING:
            walks.arrive(person, self.library)
        elif how == PASSWORD:
            walks.come_to_code(person, self.library, self.alice)
        else:
            walks.sign_in(person, self.library, self.alice, self.clock)
            walks.arrive(person, self.library, prompt="login")
        return person


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What random citizens reach does not depend on the database; hostile values are tried on both
    in tests/faults."""
    return sqlite_url


@pytest.fixture
def stage(
    app: Flask,
    library: RelyingParty,
    alice: Citizen,
    bob: Citizen,
    services: Services,
    clock: FixedClock,
    session: Session,
) -> Stage:
    give_every_way(session, services, alice)
    session.commit()
    return Stage(app, library, alice, clock, session)


def token_of(person: Person) -> str:
    """The token of the page that is shown, or nothing."""
    return next((form.values.get("csrf_token", "") for form in person.page.forms), "")


@dataclass(frozen=True)
class Answered:
    """What one request came to."""

    rule: str
    status: int
    location: str


def play(
    person: Person, wanted: dict[str, object], journeys: dict[str, str], token: str
) -> Answered:
    """Send one request, check what must hold for every answer, and return it."""
    rule = str(wanted["rule"])
    address = rule.replace("<journey_id>", journeys[str(wanted["journey"])])
    address = re.sub(r"<\w+>", "x" * 22, address.replace("<change>", "password"))
    fields = list(wanted["fields"])  # type: ignore[call-overload]
    stale = token[:-1] + ("A" if token[-1:] != "A" else "B")
    tokens = {"ours": [token], "foreign": ["a.b.c"], "stale": [stale], "none": []}
    fields += [("csrf_token", each) for each in tokens.get(str(wanted["token"]), [token, token])]
    data: dict[str, list[str]] = {}
    for name, text in fields:
        data.setdefault(name, []).append(text)
    kind = str(wanted["type"])
    plain = kind == TYPES[0]
    began = time.thread_time()
    answer: TestResponse = person.client.open(
        address,
        method=str(wanted["method"]),
        base_url=ISSUER,
        data=data if plain else repr(data).encode(),
        content_type=kind,
        headers={"Accept": "text/html", "Origin": str(wanted["origin"])},
        environ_overrides=person._environ,
    )
    took = time.thread_time() - began
    assert answer.status_code < 500, f"{wanted['method']} {rule}: {answer.status}"
    assert took < SLOW, f"{wanted['method']} {rule} took {took:.1f} s"
    return Answered(rule, answer.status_code, answer.headers.get("Location", ""))


STAGES = pytest.mark.parametrize(
    ("how", "closed"),
    [(NOTHING, AFTER_PASSWORD), (PASSWORD, AFTER_CODE), (SIGNED_IN, frozenset())],
)


def was_due(answer: Answered, how: str, closed: frozenset[str]) -> bool:
    """Whether somebody who has come as far as `how` may have got this answer."""
    if how == SIGNED_IN:
        return True
    reached = answer.status == 200 and (answer.rule in closed or answer.rule.startswith("/account"))
    given = "code=" in answer.location and not answer.location.startswith("/")
    return not reached and not given


@STAGES
def test_every_page_is_closed_before_its_turn_and_changes_nothing(
    stage: Stage, how: str, closed: frozenset[str]
) -> None:
    before = stage.fingerprint()
    for rule in PAGES:
        person = stage.arrive(how)
        journeys = {"ours": person.url.split("/j/")[1].split("/")[0]}
        token = token_of(person)
        for choice in ("", *CHOICES):
            wanted: dict[str, object] = {
                "rule": rule, "method": "POST" if choice else "GET", "token": "ours",
                "fields": [*PLAUSIBLE.items(), ("choice", choice), ("way", choice)],
                "journey": "ours", "type": TYPES[0], "origin": ISSUER.rstrip("/"),
            }  # fmt: skip
            answer = play(person, wanted, journeys, token)
            assert was_due(answer, how, closed), answer
        assert stage.fingerprint() == before, rule


@STAGES
def test_nothing_breaks_changes_or_is_reached_out_of_turn(
    stage: Stage, how: str, closed: frozenset[str]
) -> None:
    stranger = stage.arrive(NOTHING)
    foreign = stranger.url.split("/j/")[1].split("/")[0]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(step, min_size=1, max_size=STEPS))
    def walk(wanted: list[dict[str, object]]) -> None:
        person = stage.arrive(how)
        token = token_of(person)
        assert token, person.html[:500]
        ours = person.url.split("/j/")[1].split("/")[0]
        before = stage.fingerprint()
        journeys = {"ours": ours, "foreign": foreign, "made up": "a" * 43}
        for answer in [play(person, each, journeys, token) for each in wanted]:
            assert was_due(answer, how, closed), answer
        assert stage.fingerprint() == before

    walk()


def test_the_walk_would_see_a_page_that_is_due(stage: Stage) -> None:
    person = stage.arrive(PASSWORD)
    ours = person.url.split("/j/")[1].split("/")[0]
    wanted: dict[str, object] = {
        "rule": "/j/<journey_id>/code", "method": "GET", "fields": [], "token": "ours",
        "journey": "ours", "type": TYPES[0], "origin": ISSUER.rstrip("/"),
    }  # fmt: skip
    assert play(person, wanted, {"ours": ours}, token_of(person)).status == 200
    code = stage.alice.code(stage.clock.now())
    before = stage.fingerprint()
    wanted |= {"method": "POST", "fields": [("code", code)]}
    answer = play(person, wanted, {"ours": ours}, token_of(person))
    assert answer.status == 303, "the right code was refused"
    assert stage.fingerprint() == before
