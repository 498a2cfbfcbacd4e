"""The departments refuse every faulty answer that the fault menu can give them."""

from collections.abc import Iterator

import pytest

from idp.domain import wanted_faults
from idp.protocol.faults import FAULTS
from tests.acceptance.walking import prove_identity, set_out, sign_in
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.servers import SLUGS, Street

CLIENTS = {
    "tax": "tax-account",
    "driving": "driving-licence",
    "library": "library",
    "housing": "housing",
}
FORGOTTEN = 31
"""Seconds after which every process has read a client again."""

SAID = {
    "id_token.INVALID_ISS": "It was issued by our Onepass",
    "id_token.INVALID_AUD": "It was issued for this service",
    "id_token.NONCE_NOT_MATCHING": "the nonce is ours",
    "id_token.TOKEN_EXPIRED": "It has not expired",
    "id_token.TOKEN_NOT_VALID_YET": "It was not issued in the future",
    "id_token.INCORRECT_VOT": "You signed in as strongly as we asked",
    "id_token.INVALID_ALG_HEADER": "It is signed in the way we agreed, and no other",
    "id_token.INVALID_SIGNATURE": "The signature is good",
    "core_identity.INVALID_ISS": "It was issued by our Onepass",
    "core_identity.INVALID_AUD": "It was issued for this service",
    "core_identity.INCORRECT_SUB": "It is about the person in the ID token",
    "core_identity.TOKEN_EXPIRED": "It has not expired",
    "core_identity.INVALID_ALG_HEADER": "It is signed in the way we agreed, and no other",
    "core_identity.INVALID_SIGNATURE": "The signature is good",
    "authorize.ACCESS_DENIED": "You did not sign in",
    "authorize.TEMPORARILY_UNAVAILABLE": "Onepass is busy",
}
"""The check that each fault fails, in the departments' words."""


def give(street: Street, slug: str, *faults: str) -> None:
    """Let a department's answers have these faults, and all processes know it."""
    with street.records() as session:
        wanted_faults.ask(session, CLIENTS[slug], faults, street.clock.now(), offered=True)
    street.clock.move(FORGOTTEN)


@pytest.fixture
def signed_in(street: Street, visitor: Visitor, citizen: Citizen) -> Iterator[Visitor]:
    """Somebody who is signed in at Onepass; afterwards every department gets right answers."""
    sign_in(visitor, street, "tax", citizen)
    set_out(visitor, street, "driving")
    prove_identity(visitor)
    yield visitor
    for slug in SLUGS:
        give(street, slug)


def come(visitor: Visitor, street: Street, slug: str) -> None:
    """Sign in at a department by single sign-on, in English."""
    visitor.open(f"{street.url(slug)}/?lng=en")
    visitor.open(f"{street.url(slug)}/sign-in")
    if visitor.page.url.endswith("/prove/details"):
        visitor.submit(0)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_department_refuses_each_fault_and_says_why(
    street: Street, signed_in: Visitor, slug: str
) -> None:
    assert set(SAID) == set(FAULTS)
    for fault, said in SAID.items():
        if fault.startswith("core_identity.") and slug != "driving":
            continue
        give(street, slug, fault)
        come(signed_in, street, slug)
        assert said in signed_in.text, f"{fault}: {signed_in.text[:400]}"
        assert "/callback" in signed_in.page.url, fault
        signed_in.open(f"{street.url(slug)}/")
    give(street, slug)
    come(signed_in, street, slug)
    assert signed_in.page.url.endswith("/account"), signed_in.text[:300]


def test_the_fault_menu_is_there_to_be_clicked(street: Street, signed_in: Visitor) -> None:
    signed_in.open(f"{street.issuer}faults")
    signed_in.follow("/faults/tax-account")
    signed_in.choose("fault", "id_token.INVALID_SIGNATURE")
    signed_in.submit()
    assert "with a wrong signature" in signed_in.text
    street.clock.move(FORGOTTEN)
    come(signed_in, street, "tax")
    assert "The signature is good" in signed_in.text
