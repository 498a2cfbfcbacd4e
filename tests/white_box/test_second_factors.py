"""Tries are counted whatever happens, and operators cannot give themselves somebody's account."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from idp.app import create_app
from idp.domain import (
    approved_acts,
    authenticator_apps,
    change_requests,
    operators,
    recoveries,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.authenticator_apps import AuthenticatorApp
from idp.domain.throttles import Kind, Throttle
from idp.kernel.database import db
from tests.endpoints.provider import Provider
from tests.guards.console_pages import OPERATOR_PAGES
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.addresses import own_address
from tests.support.building import ISSUER, make_services
from tests.support.citizens import BACKUP_SEED, Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

REASON = "ticket 4711"


def tries(provider: Provider, citizen: Citizen) -> int:
    """How many wrong codes are counted."""
    with provider.records() as session:
        counted = session.scalar(
            select(Throttle.tries).where(
                Throttle.kind == Kind.APP_CODE,
                Throttle.subject_hash == throttles.subject_hash(citizen.account_id),
            )
        )
    return counted or 0


@pytest.mark.threat("TOTP-06")
def test_totp_06_wrong_codes_stay_counted_over_a_crash_a_restart_and_a_second_process(
    provider: Provider,
    library: RelyingParty,
    alice: Citizen,
    clock: FixedClock,
) -> None:
    def guess(app: Flask) -> Person:
        person = Person(app, provider.issuer, own_address())
        walks.come_to_code(person, library, alice)
        if person.url.endswith("/code"):
            person.send({"code": alice.wrong_code(clock.now())})
        return person

    assert guess(provider.app).status == 400
    assert tries(provider, alice) == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authenticator_apps, "use_code", _crash)
        assert guess(provider.app).status == 500
    assert tries(provider, alice) == 2, "a crash gives a guess for nothing"
    others = [_started(provider) for _ in range(2)]
    try:
        for number in range(4):
            assert tries(provider, alice) == 2 + number
            person = guess(others[number % 2])
        assert person.heading == "You have tried too many times"
        for app in (provider.app, *others, _started(provider)):
            person = Person(app, provider.issuer, own_address())
            walks.come_to_code(person, library, alice)
            assert person.heading == "You cannot sign in at the moment"
    finally:
        for app in others:
            _end(app)


def _crash(*_: object, **__: object) -> None:
    raise RuntimeError


def _started(provider: Provider) -> Flask:
    """A process of the same provider that has just been started."""
    return create_app(provider.settings, make_services(provider.settings, provider.clock))


def _end(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def look(operator: Person, alice: Citizen) -> Callable[[str], Person]:
    """Opens a page about Alice in the operators' console."""
    operator.open(f"{ISSUER}ops/citizens").send({"who": alice.email, "reason": REASON})
    assert alice.email in operator.page.text

    def page(name: str) -> Person:
        operator.open(f"{ISSUER}ops/citizens/{alice.account_id}{name}")
        assert operator.status == 200
        return operator

    return page


def secrets_of(provider: Provider, citizen: Citizen) -> tuple[str, ...]:
    """What is stored of the citizen's password and app."""
    with provider.records() as session:
        account = session.get_one(Account, citizen.account_id)
        app = session.scalars(
            select(AuthenticatorApp).where(AuthenticatorApp.account_id == citizen.account_id)
        ).one()
        return account.password_hash, app.id, app.secret_sealed


@pytest.mark.threat("TOTP-23")
def test_totp_23_an_operator_hastens_a_recovery_that_its_owner_began_and_another_approves(
    provider: Provider,
    look: Callable[[str], Person],
    operator: Person,
    alice: Citizen,
    post: Post,
    clock: FixedClock,
) -> None:
    before = secrets_of(provider, alice)
    page = "/remove-second-factor"
    look(page)
    assert "would change nothing" in operator.page.text, "nobody has asked for it"
    with provider.records() as session:
        account = session.get_one(Account, alice.account_id)
        assert recoveries.begin(session, provider.services, account, device="")
    ready_at = _ready_at(provider, alice)
    assert ready_at > clock.now()
    look(page).send({"reason": ""})
    assert operator.status == 400
    look(page).send({"reason": REASON})
    assert "waits for another operator" in operator.page.text
    assert _ready_at(provider, alice) == ready_at
    another = provider.citizen()
    with provider.records() as session:
        [asked] = change_requests.waiting(session)
        operators.add(session, provider.services, another.account_id)
        with pytest.raises(change_requests.OwnRequest):
            approved_acts.approve(session, provider.services, asked.id, by=asked.requested_by)
        approved_acts.approve(session, provider.services, asked.id, by=another.account_id)
    assert _ready_at(provider, alice) == clock.now()
    assert post.newest(alice.email).kind == "recovery_hastened"
    assert "recovery_hastened" in provider.facts(account_id=alice.account_id)
    assert "operator_acted" in provider.facts(account_id=another.account_id)
    assert secrets_of(provider, alice) == before, "the owner's app goes when they set up another"


def _ready_at(provider: Provider, citizen: Citizen) -> int:
    with provider.records() as session:
        waits = recoveries.find(session, citizen.account_id, provider.now)
    assert waits is not None
    return waits.ready_at


@pytest.mark.threat("ADMIN-02")
def test_admin_02_an_operator_neither_sees_nor_sets_a_password_or_a_seed(
    provider: Provider, look: Callable[[str], Person], operator: Person, alice: Citizen
) -> None:
    before = secrets_of(provider, alice)
    about = "/ops/citizens/<account_id>"
    pages = [rule.removeprefix(about) for rule in OPERATOR_PAGES if rule.startswith(about)]
    assert len(pages) > 7
    wished = {"password": "chosen by olwen 27", "new_password": "chosen by olwen 27"}
    wished |= {"seed": BACKUP_SEED, "secret": BACKUP_SEED, "totp_secret": BACKUP_SEED}
    for name in pages:
        look(name)
        shown = operator.html
        for secret in (*before, alice.password, alice.seed):
            assert secret not in shown, name
        fields = {field for form in operator.page.forms for field in form.values}
        assert not [field for field in fields if re.search("pass(?!key)|seed|secret|code", field)]
        if name in ("", "/block", "/suspend"):
            continue
        if any(form.method == "post" for form in operator.page.forms):
            operator.send(wished | {"reason": REASON})
        assert secrets_of(provider, alice) == before, name
    with provider.records() as session:
        ordered = session.get_one(Account, alice.account_id).reset_because
    assert ordered == "ordered", "a reset can be ordered"
    assert {"password_reset_ordered"} <= set(provider.facts(account_id=alice.account_id))
