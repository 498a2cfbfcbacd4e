"""Authenticator apps: the codes of RFC 6238, each good once."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import authenticator_apps
from idp.domain.authenticator_apps import AuthenticatorApp
from idp.domain.services import Services
from tests.support.citizens import Citizen, enrol
from tests.support.clock import NOON, FixedClock
from tests.support.entropy import SeededEntropy

RFC_SEED = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")]
)
def test_the_vectors_of_the_specification(at: int, code: str) -> None:
    assert authenticator_apps.step_of(RFC_SEED, code, at) == at // 30


def test_a_seed_has_160_bits_and_is_never_the_same(entropy: SeededEntropy) -> None:
    seeds = {authenticator_apps.propose(entropy) for _ in range(50)}
    assert len(seeds) == 50
    assert all(len(base64.b32decode(seed)) == 20 for seed in seeds)


def test_the_address_for_the_app_names_owner_and_issuer() -> None:
    uri = authenticator_apps.provisioning_uri(RFC_SEED, email="alice@example.com")
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parse_qs(parts.query) == {"secret": [RFC_SEED], "issuer": ["Onepass"]}


@pytest.mark.parametrize(("steps", "accepted"), [(-2, 0), (-1, 1), (0, 1), (1, 1), (2, 0)])
@pytest.mark.row("7.code.authenticator")
def test_one_step_either_side_is_accepted_and_no_more(
    session: Session, services: Services, steps: int, accepted: int
) -> None:
    alice = enrol(session, services)
    code = alice.code(services.clock.now(), steps)
    assert (
        authenticator_apps.use_code(session, services, account_id=alice.account_id, code=code)
        == accepted
    )


@pytest.mark.row("7.code.authenticator")
def test_a_code_is_good_once_also_in_the_next_step(
    session: Session, services: Services, clock: FixedClock
) -> None:
    alice = enrol(session, services)
    code = alice.code(clock.now())
    use = {"account_id": alice.account_id, "code": code}
    assert authenticator_apps.use_code(session, services, **use)
    assert not authenticator_apps.use_code(session, services, **use)
    clock.move(30)
    assert not authenticator_apps.use_code(session, services, **use)


def test_an_older_code_is_refused_after_a_newer_one(session: Session, services: Services) -> None:
    alice = enrol(session, services)
    now = services.clock.now()
    for steps, expected in ((1, True), (0, False), (-1, False)):
        code = alice.code(now, steps)
        assert (
            authenticator_apps.use_code(session, services, account_id=alice.account_id, code=code)
            is expected
        )


def test_one_persons_code_is_not_anothers(session: Session, services: Services) -> None:
    alice = enrol(session, services)
    bob = enrol(
        session, services, Citizen(email="bob@example.com", seed="MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U")
    )
    code = alice.code(services.clock.now())
    assert not authenticator_apps.use_code(session, services, account_id=bob.account_id, code=code)


def test_an_account_without_an_app_has_no_code(session: Session, services: Services) -> None:
    assert not authenticator_apps.has_app(session, "nobody")
    assert not authenticator_apps.use_code(session, services, account_id="nobody", code="123456")


def test_the_seed_is_sealed_and_the_account_has_an_app(
    session: Session, services: Services
) -> None:
    alice = enrol(session, services)
    stored = session.scalars(select(AuthenticatorApp)).one()
    assert authenticator_apps.has_app(session, alice.account_id)
    assert alice.seed not in stored.secret_sealed


@pytest.mark.parametrize("typed", ["287 082", "287-082", " 287082\n", "2 8 7 0 8 2"])
def test_spaces_and_hyphens_do_not_matter(typed: str) -> None:
    assert authenticator_apps.step_of(RFC_SEED, typed, 59) == 1


@pytest.mark.parametrize(
    "typed", ["", "28708", "2870822", "２８７０８２", "28708a", "28.082", "null", "000000\x00"]
)
def test_what_is_not_six_digits_is_not_a_code(typed: str) -> None:
    assert authenticator_apps.step_of(RFC_SEED, typed, 59) is None


@given(st.text())
def test_no_text_breaks_the_check(typed: str) -> None:
    step = authenticator_apps.step_of(RFC_SEED, typed, NOON)
    assert step is None or abs(step - NOON // 30) <= 1
