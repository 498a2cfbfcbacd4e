"""The signing keys in an operator's hands."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import operators, signing_keys
from idp.domain.audit_entries import AuditEntry
from idp.domain.services import Services
from idp.domain.signing_keys import JWKS_CACHE_LIFETIME, SigningKey
from tests.support.building import ISSUER
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.consoles import sign_in_as
from tests.support.person import Person


@pytest.fixture
def operator(app: Flask, session: Session, services: Services, alice: Citizen) -> Person:
    """Alice, who is an operator."""
    operators.add(session, services, alice.account_id)
    return sign_in_as(app, session, services, alice)


@pytest.fixture
def acts(session: Session, alice: Citizen) -> Callable[[], list[str]]:
    """What the record says that Alice did as an operator."""
    mine = select(AuditEntry).where(
        AuditEntry.fact == "operator_acted", AuditEntry.account_id == alice.account_id
    )

    def read() -> list[str]:
        session.expire_all()
        return [entry.detail for entry in session.scalars(mine.order_by(AuditEntry.id))]

    return read


def test_each_step_is_recorded_with_the_operator_and_none_is_taken_too_early(
    operator: Person,
    session: Session,
    services: Services,
    acts: Callable[[], list[str]],
    clock: FixedClock,
) -> None:
    operator.open(f"{ISSUER}ops/keys/new")
    operator.send({"ring": "tokens:ES256"})
    kid = operator.url.rpartition("/")[2]
    operator.open(f"{ISSUER}ops/keys/{kid}/publish").send()
    assert "does not sign yet" in operator.page.text
    # The same press once more, as from another tab.
    operator.open(f"{ISSUER}ops/keys/{kid}/retire")
    values = operator.form().values
    early = operator.request(
        "POST", f"{ISSUER}ops/keys/{kid}/activate", values, {"Accept": "text/html"}
    )
    assert early.status == 409
    assert session.get_one(SigningKey, kid).state == "next"
    assert [
        f'"act":"{act}"' in said
        for act, said in zip(("make_key", "publish_key"), acts(), strict=True)
    ] == [True, True]
    clock.move(JWKS_CACHE_LIFETIME)
    late = operator.request(
        "POST", f"{ISSUER}ops/keys/{kid}/activate", values, {"Accept": "text/html"}
    )
    # Signed in a day ago: whoever pulls a lever has signed in today.
    assert "/j/" in dict(late.headers)["Location"]
    assert session.get_one(SigningKey, kid).state == "next"


def test_a_private_half_is_on_no_page_and_an_unknown_key_is_not_found(
    operator: Person, session: Session
) -> None:
    for key in signing_keys.states(session):
        operator.open(f"{ISSUER}ops/keys/{key.kid}")
        assert operator.status == 200
        assert "PRIVATE" not in operator.html
        assert '"d"' not in operator.html
    operator.open(f"{ISSUER}ops/keys/nothing")
    assert operator.status == 404
    operator.open(f"{ISSUER}ops/keys/{key.kid[:8]}/publish")
    assert operator.status == 404, "the start of a name is no name"
