"""No attack goes by without a trace: what is done to a provider stands in its record."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from idp.domain.audit_entries import AuditEntry
from idp.domain.signing_keys import JWKS_CACHE_LIFETIME
from tests.endpoints.provider import Provider
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.journeys.test_own_second_factors import come_to, set_up
from tests.journeys.test_resetting_a_password import come_to_reset_code, come_to_set
from tests.support.building import ISSUER
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty
from tests.white_box.conftest import Recorded

Since = Callable[[], Recorded]
Browser = Callable[[], Person]


@pytest.mark.threat("AUDIT-01")
def test_audit_01_each_guess_of_a_sign_in_is_recorded(
    browser: Browser, library: RelyingParty, alice: Citizen, clock: FixedClock, recorded: Since
) -> None:
    me = alice.account_id
    walks.sign_in(browser(), library, alice, clock)
    assert recorded() == [
        ("signed_in_with_password", me),
        ("second_factor_passed", me),
        ("code_issued", me),
    ]
    person = browser()
    walks.come_to_password(person, library, "nobody@example.com")
    person.send({"password": "guess after guess"})
    assert recorded() == [("password_refused", None)]
    walks.come_to_password(person, library, alice.email)
    person.send({"password": "guess after guess"})
    assert recorded() == [("password_refused", me)]
    person.send({"password": alice.password})
    assert recorded() == [("signed_in_with_password", me)]
    for _ in range(5):
        person.send({"code": alice.wrong_code(clock.now())})
        assert recorded() == [("second_factor_refused", me)]
    person.send({"code": alice.code(clock.now())})
    assert recorded() == [("second_factor_refused", me), ("locked", me)], "a code used before"


@pytest.mark.threat("AUDIT-01")
def test_audit_01_a_lock_by_passwords_and_a_wrong_email_code_are_recorded(
    browser: Browser, library: RelyingParty, alice: Citizen, post: Post, recorded: Since
) -> None:
    person = browser()
    walks.come_to_password(person, library, alice.email)
    for _ in range(6):
        person.send({"password": "guess after guess"})
    assert recorded() == 6 * [("password_refused", alice.account_id)] + [
        ("locked", alice.account_id)
    ]
    person = browser()
    walks.come_to_email_code(person, library, "new@example.com")
    right = post.code("new@example.com")
    person.send({"code": "000000" if right != "000000" else "111111"})
    assert recorded() == [("email_code_sent", None), ("email_code_refused", None)]


@pytest.mark.threat("AUDIT-01")
def test_audit_01_a_wrong_code_of_a_forgotten_password_is_recorded(
    browser: Browser, library: RelyingParty, alice: Citizen, post: Post, recorded: Since
) -> None:
    person = browser()
    come_to_reset_code(person, library, alice.email)
    right = post.code(alice.email)
    recorded()
    person.send({"code": "000000" if right != "000000" else "111111"})
    assert recorded() == [("email_code_refused", alice.account_id)]


@pytest.mark.threat("AUDIT-01")
def test_audit_01_what_is_tried_at_the_token_endpoint_is_recorded(
    provider: Provider, library: RelyingParty, alice: Citizen
) -> None:
    browser = provider.signed_in(citizen=alice)
    asked, tokens = provider.tokens(library, browser)
    assert provider.userinfo(tokens["access_token"]).status_code == 200
    known = ["client_applied", "code_issued", "tokens_issued", "claims_released"]
    assert provider.facts(client_id=library.client_id) == known

    def more() -> list[str]:
        nonlocal known
        before, known = known, provider.facts(client_id=library.client_id)
        return known[len(before) :]

    asked, code = browser.code(library)
    form = library.token_form(asked, code, provider.now)
    assert provider.token(form).status_code == 200
    assert more() == ["code_issued", "tokens_issued"]
    provider.token(form)
    assert more() == ["client_assertion_replayed", "client_authentication_refused"]
    provider.token(form | library.proof(provider.now))
    assert more() == ["code_replayed", "request_refused"]
    forged = f"{library.assertion(provider.now)[:-8]}AAAAAAAA"
    provider.token(form | {"client_assertion": forged})
    assert more() == ["client_authentication_refused"]
    asked, code = browser.code(library)
    provider.redeem(library, asked, code, code_verifier="x" * 43)
    assert more() == ["code_issued", "code_refused", "request_refused"]


@pytest.mark.threat("AUDIT-01")
def test_audit_01_what_is_changed_about_an_account_is_recorded(
    browser: Browser,
    library: RelyingParty,
    alice: Citizen,
    clock: FixedClock,
    recorded: Since,
) -> None:
    person = browser()
    walks.sign_in(person, library, alice, clock)
    clock.move(60)
    recorded()
    come_to(person, "backup", alice)
    set_up(person, clock)
    assert [fact for fact, _ in recorded()] == ["change_confirmed", "backup_app_added"]
    come_to(person, "backup", alice)
    person.send({"change": "remove"})
    assert recorded()[-1] == ("backup_app_removed", alice.account_id)


@pytest.mark.threat("AUDIT-01")
def test_audit_01_an_account_s_beginning_and_a_new_password_are_recorded(
    browser: Browser,
    library: RelyingParty,
    alice: Citizen,
    post: Post,
    clock: FixedClock,
    recorded: Since,
) -> None:
    person = browser()
    walks.come_to_app(person, library, post, "new@example.com")
    person.send({"code": walks.first_code(person, clock)})
    names = [fact for fact, _ in recorded()]
    assert names[:3] == ["email_code_sent", "email_proved", "account_created"]
    assert {"authenticator_app_added", "account_completed"} <= set(names)
    person = browser()
    come_to_set(person, library, post, alice, clock)
    person.send({"password": "velvet tractor seventeen"})
    assert ("password_reset", alice.account_id) in recorded()


@pytest.mark.threat("AUDIT-01")
def test_audit_01_what_operators_do_is_recorded_with_who_did_it(
    provider: Provider, operator: Person, alice: Citizen, clock: FixedClock, recorded: Since
) -> None:
    operator.open(f"{ISSUER}ops/citizens").send({"who": alice.email, "reason": "ticket 1"})
    recorded()
    operator.open(f"{ISSUER}ops/citizens/{alice.account_id}/suspend").send({"reason": "ticket 1"})
    assert {("account_suspended", alice.account_id), ("operator_acted", _olwen(provider))} <= set(
        recorded()
    )
    operator.open(f"{ISSUER}ops/keys/new")
    operator.send({"ring": "tokens:ES256"})
    kid = operator.url.rpartition("/")[2]
    operator.open(f"{ISSUER}ops/keys/{kid}/publish").send()
    made = [fact for fact, _ in recorded() if fact.startswith("key_")]
    assert made == ["key_generated", "key_published"]
    clock.move(JWKS_CACHE_LIFETIME)
    with provider.records() as session:
        provider.services.keyring.activate(session, kid, clock.now())
    assert [fact for fact, _ in recorded()] == ["key_retired", "key_activated"]


def _olwen(provider: Provider) -> str | None:
    with provider.records() as session:
        return session.scalar(
            sa.select(AuditEntry.account_id).where(AuditEntry.fact == "operator_acted").limit(1)
        )
