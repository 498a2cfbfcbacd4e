"""What owners do with their apps, recovery codes and passkeys in their account."""

from collections.abc import Callable

import pyotp
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.domain import authenticator_apps, passkeys, recovery_codes, second_factors
from idp.domain.authenticator_apps import Role
from idp.domain.passkeys import RelyingParty
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.journeys.walks import codes_shown, options_of, sign_in
from tests.support.authenticator import Authenticator
from tests.support.citizens import Citizen, give_backup, give_codes, give_passkey
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty as Service

DONE = "You have changed how you sign in"


@pytest.fixture
def owner(
    browser: Callable[[], Person], alice: Citizen, library: Service, clock: FixedClock
) -> Person:
    """Alice, signed in, with codes of her app for later."""
    person = browser()
    sign_in(person, library, alice, clock)
    clock.move(60)
    return person


def come_to(person: Person, page: str, citizen: Citizen) -> None:
    """Open a page of the account that has to be confirmed, and confirm it."""
    person.open(f"/account/{page}")
    assert person.heading.startswith("Enter your password"), person.heading
    person.send({"password": citizen.password})
    assert person.url.endswith(f"/account/{page}"), person.url


def set_up(person: Person, clock: FixedClock) -> str:
    """Give the first code of the app that the page shows; return its seed."""
    seed = walks.seed_shown(person)
    person.send({"code": str(pyotp.TOTP(seed).at(clock.now()))})
    return seed


def takes(session: Session, services: Services, alice: Citizen, seed: str) -> bool:
    """Whether the account takes the next code of this app."""
    code = pyotp.TOTP(seed).at(services.clock.now() + 30)
    return authenticator_apps.use_code(
        session, services, account_id=alice.account_id, code=str(code)
    )


@pytest.mark.parametrize("page", ["app", "backup", "backup/app", "recovery-codes", "passkeys"])
def test_nothing_is_changed_without_the_password(owner: Person, page: str) -> None:
    owner.open(f"/account/{page}")
    assert owner.heading.startswith("Enter your password")


def test_another_app_takes_over_with_its_first_code_and_not_before(
    owner: Person,
    alice: Citizen,
    clock: FixedClock,
    session: Session,
    services: Services,
    post: Post,
) -> None:
    come_to(owner, "app", alice)
    seed = walks.seed_shown(owner)
    owner.send({"code": Citizen(seed=seed).wrong_code(clock.now())})
    assert (owner.status, walks.seed_shown(owner)) == (400, seed)
    assert takes(session, services, alice, alice.seed), "the old app stopped too early"
    session.commit()
    clock.move(60)
    assert set_up(owner, clock) == seed
    assert owner.heading == DONE
    session.expire_all()
    assert not takes(session, services, alice, alice.seed)
    assert takes(session, services, alice, seed)
    session.commit()
    assert post.newest(alice.email).kind == "authenticator_app_changed"
    assert session.scalars(select(BrowserSession.app_secret_sealed)).all() == [None]
    owner.open("/account/app")
    assert owner.heading.startswith("Enter your password"), "one confirmation, two changes"


def test_a_back_up_app_is_added_changes_places_is_replaced_and_removed(
    owner: Person,
    alice: Citizen,
    clock: FixedClock,
    session: Session,
    services: Services,
    post: Post,
) -> None:
    kinds = []
    come_to(owner, "backup", alice)
    second = set_up(owner, clock)
    assert (owner.heading, "your back-up app" in owner.page.text) == (DONE, True)
    kinds.append(post.newest(alice.email).kind)
    for change in ("", "nonsense"):
        come_to(owner, "backup", alice) if not change else None
        owner.send({"change": change})
        assert owner.status == 400
    owner.send({"change": "switch"})
    kinds.append(post.newest(alice.email).kind)
    come_to(owner, "backup", alice)
    owner.send({"change": "replace"})
    third = set_up(owner, clock)
    kinds.append(post.newest(alice.email).kind)
    session.expire_all()
    assert [takes(session, services, alice, seed) for seed in (alice.seed, second, third)] == [
        False,
        True,
        True,
    ]
    session.commit()
    come_to(owner, "backup", alice)
    owner.send({"change": "remove"})
    kinds.append(post.newest(alice.email).kind)
    assert kinds == [
        "backup_added",
        "backup_switched",
        "authenticator_app_changed",
        "backup_removed",
    ]
    factors = second_factors.of(session, alice.account_id)
    assert [app.role for app in factors.apps] == [Role.DEFAULT]


def test_two_tabs_that_change_the_back_up_use_one_confirmation(
    owner: Person, alice: Citizen, session: Session, services: Services, clock: FixedClock
) -> None:
    give_backup(session, services, alice)
    session.commit()
    come_to(owner, "backup", alice)
    form = dict(owner.form().values)
    owner.send({"change": "switch"})
    assert owner.heading == DONE
    owner._go("POST", "/account/backup", form | {"change": "remove"}, {})
    assert owner.heading.startswith("Enter your password")
    assert second_factors.of(session, alice.account_id).backup_app is not None


def test_new_recovery_codes_are_shown_once_and_void_the_old(
    owner: Person,
    alice: Citizen,
    session: Session,
    services: Services,
    post: Post,
) -> None:
    old = give_codes(session, services, alice)
    session.commit()
    owner.open("/account/security")
    assert "10 recovery codes left" in owner.page.text
    come_to(owner, "recovery-codes", alice)
    assert "10 recovery codes left" in owner.page.text
    assert codes_shown(owner) == []
    assert owner.heading == "Your recovery codes", "nothing is here to be saved"
    owner.send()
    new = codes_shown(owner)
    assert owner.heading == "Save your recovery codes"
    assert len(new) == 10
    owner.send(form=1)
    assert (owner.status, codes_shown(owner)) == (400, new)
    shown = owner.answer
    owner.open("/account/recovery-codes")
    assert owner.heading.startswith("Enter your password")
    owner.answer, owner.url = shown, f"{owner.issuer}account/recovery-codes"
    owner.send({"saved": "y"}, form=1)
    assert owner.heading == DONE
    assert post.newest(alice.email).kind == "recovery_codes_made"
    use = (session, services, alice.account_id)
    assert recovery_codes.use(*use, old[0]) is None
    assert recovery_codes.use(*use, new[0]) == 9


def test_whoever_has_no_codes_gets_them_here(
    owner: Person, alice: Citizen, session: Session
) -> None:
    come_to(owner, "recovery-codes", alice)
    owner.send()
    assert len(codes_shown(owner)) == 10


def test_a_passkey_is_added_and_removed(
    owner: Person,
    alice: Citizen,
    session: Session,
    services: Services,
    post: Post,
) -> None:
    party = RelyingParty.of(services)
    device = Authenticator(party.origin, party.id, b"added in the account")
    come_to(owner, "passkeys", alice)
    owner.send()
    assert (owner.status, "did not give us a passkey" in owner.page.text) == (400, True)
    owner.send({"answer": "{}"})
    assert (owner.status, "could not add that passkey" in owner.page.text) == (400, True)
    owner.send({"answer": device.create(options_of(owner))})
    assert (owner.heading, "a passkey" in owner.page.text) == (DONE, True)
    assert post.newest(alice.email).kind == "passkey_added"
    come_to(owner, "passkeys", alice)
    assert "not used yet" in owner.page.text
    assert "<span" not in owner.page.text, "markup is shown as words"
    owner.send()
    assert owner.heading == DONE
    assert passkeys.of_account(session, alice.account_id) == []
    assert post.newest(alice.email).kind == "passkey_removed"


def test_the_passkey_of_somebody_else_is_not_found(
    owner: Person, alice: Citizen, bob: Citizen, session: Session, services: Services
) -> None:
    give_passkey(session, services, alice)
    give_passkey(session, services, bob)
    session.commit()
    [theirs] = passkeys.of_account(session, bob.account_id)
    come_to(owner, "passkeys", alice)
    form = dict(owner.form().values)
    owner._go("POST", f"/account/passkeys/{theirs.id}/remove", form, {})
    assert owner.status == 404
    assert passkeys.of_account(session, bob.account_id) != []


def test_removing_needs_the_confirmation_of_now(
    owner: Person, alice: Citizen, session: Session, services: Services
) -> None:
    give_passkey(session, services, alice)
    session.commit()
    come_to(owner, "passkeys", alice)
    [mine] = passkeys.of_account(session, alice.account_id)
    form = dict(owner.form().values)
    session.execute(update(BrowserSession).values(confirmed_for=None))
    session.commit()
    owner._go("POST", f"/account/passkeys/{mine.id}/remove", form, {})
    assert owner.heading.startswith("Enter your password")
    assert passkeys.of_account(session, alice.account_id) != []


def test_what_has_happened_is_told_in_words(
    owner: Person, alice: Citizen, clock: FixedClock, session: Session, services: Services
) -> None:
    give_codes(session, services, alice)
    session.commit()
    come_to(owner, "backup", alice)
    set_up(owner, clock)
    owner.open("/account/history")
    assert "Back-up app added" in owner.page.text
    assert "New recovery codes made" in owner.page.text
