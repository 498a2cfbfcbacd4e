"""Before a service gets identity claims: what is shown is what is given, or nothing is."""

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain.disclosures import Disclosure
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.services import Services
from idp.settings import Settings
from tests.journeys.identity_walks import CONTINUE, SECOND, Walk
from tests.support.building import register
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.identity import (
    ADDRESS,
    ALL_CLAIMS,
    CORE,
    PASSPORT,
    PERMIT,
    IdentityParty,
    claims_parameter,
    prove,
)
from tests.support.person import Person

DENIED = {
    "error": "access_denied",
    "error_description": "Access denied by resource owner or authorization server",
}


SHOWN = (
    "Nia Eleri Roberts",
    "14 February 1987",
    "medium confidence (P2)",
    "14 Heol y Bont",
    "Until 2019: Flat 3",
    "099000114",
    "ROBER852147NE9AA",
    "Nothing to report",
)


def registered(walk: Walk, **about: object) -> IdentityParty:
    party = IdentityParty(walk.party.issuer, **about)  # type: ignore[arg-type]
    register(walk.session, walk.services, party)
    walk.session.commit()
    return party


@pytest.fixture
def walk(
    app: Flask,
    session: Session,
    services: Services,
    settings: Settings,
    person: Person,
    alice: Citizen,
) -> Walk:
    """Alice, signed in and proved to be Nia, and a service that asks for everything."""
    party = IdentityParty(settings.issuer)
    register(session, services, party)
    prove(session, services, alice, SAMPLE_PEOPLE["nia"])
    session.commit()
    made = Walk(app, session, services, person, alice, party)
    made.sign_in()
    return made


def come_to_share(walk: Walk, party: IdentityParty | None = None, **changes: str | None) -> None:
    walk.set_out(party, **changes)
    walk.person.send(button=CONTINUE)


def test_every_claim_is_shown_with_its_value(walk: Walk, person: Person) -> None:
    come_to_share(walk)
    assert walk.path == "share"
    assert person.heading == f"What “Service {walk.party.client_id}” will get"
    for words in (*SHOWN, walk.alice.email, f"{walk.party.client_id}.example"):
        assert words in person.page.text
    assert not [name for name in person.form().values if name != "csrf_token"]


@pytest.mark.parametrize(
    ("claims", "shown", "hidden"),
    [
        ((ADDRESS,), ["Heol y Bont"], ["Nia", "1987", "099000114", "ROBER8", "Nothing to report"]),
        ((CORE,), ["Nia Eleri", "1987"], ["Heol y Bont", "099000114", "ROBER8"]),
        ((PASSPORT, PERMIT), ["099000114", "ROBER8"], ["Nia", "Heol y Bont"]),
    ],
)
def test_what_is_shown_is_what_is_given(
    walk: Walk, person: Person, claims: tuple[str, ...], shown: list[str], hidden: list[str]
) -> None:
    come_to_share(walk, claims=claims_parameter(*claims))
    assert [words for words in shown if words not in person.page.text] == []
    assert [words for words in hidden if words in person.page.text] == []
    person.send(button=CONTINUE)
    assert set(walk.userinfo()) & set(ALL_CLAIMS) == set(claims)


def test_an_email_address_that_is_not_asked_for_is_not_listed(walk: Walk, person: Person) -> None:
    come_to_share(walk, scope="openid")
    assert walk.alice.email not in person.page.text


def test_refusing_gives_nothing_and_leaves_nothing(walk: Walk, person: Person) -> None:
    come_to_share(walk)
    person.send(button=SECOND)
    assert walk.answer() == DENIED
    assert walk.left_nothing()
    assert walk.facts() == ["identity_confirmed", "claims_refused"]
    # Asked again the next time, since nothing was agreed to.
    come_to_share(walk)
    assert walk.path == "share"


def test_a_refusal_ends_the_journey(walk: Walk, person: Person) -> None:
    come_to_share(walk)
    page = person.url
    person.send(button=SECOND)
    for url in (page, walk.page("")):
        person.open(url)
        assert (person.status, person.heading) == (410, "You have already finished here")


def test_nothing_is_shown_or_shared_without_the_second_factor(walk: Walk, person: Person) -> None:
    come_to_share(walk)
    page, values = person.url, person.form().values
    walk.sign_in(level="Cl")
    person.open(page)
    assert walk.path == "code"
    origin = {"Origin": walk.party.issuer[:-1]}
    person.request("POST", page, values | {"choice": "share"}, origin)
    walk.sign_in()
    person.open(page)
    assert walk.path == "share", "an answer of less than both factors counted"


@pytest.mark.row("5.sso.no_consent")
def test_agreeing_is_remembered_and_repeated_silently(
    walk: Walk, person: Person, clock: FixedClock
) -> None:
    first = clock.now()
    come_to_share(walk)
    person.send(button=CONTINUE)
    walk.userinfo()
    clock.move(100)
    come_to_share(walk)
    assert set(walk.userinfo()) >= set(ALL_CLAIMS)
    walk.session.rollback()
    rows = walk.session.scalars(sa.select(Disclosure)).all()
    assert {row.claim for row in rows} == set(ALL_CLAIMS)
    assert {(row.first_at, row.last_at) for row in rows} == {(first, first + 100)}
    assert walk.facts().count("claims_shared") == 1


def test_only_a_set_that_grows_is_asked_about_again(walk: Walk, person: Person) -> None:
    come_to_share(walk, claims=claims_parameter(CORE, ADDRESS))
    person.send(button=CONTINUE)
    come_to_share(walk, claims=claims_parameter(ADDRESS))
    assert set(walk.userinfo()) & set(ALL_CLAIMS) == {ADDRESS}
    come_to_share(walk, claims=claims_parameter(CORE, PASSPORT))
    assert walk.path == "share"
    assert "Nia Eleri" in person.page.text, "the whole set is shown, not only what is new"
    person.send(button=CONTINUE)
    come_to_share(walk, claims=claims_parameter(CORE, ADDRESS, PASSPORT))
    assert set(walk.userinfo()) & set(ALL_CLAIMS) == {CORE, ADDRESS, PASSPORT}


def test_a_document_that_comes_later_is_asked_about(walk: Walk, person: Person) -> None:
    prove(walk.session, walk.services, walk.alice, SAMPLE_PEOPLE["margaret"])
    walk.session.commit()
    come_to_share(walk)
    assert "Passport" not in person.page.text
    person.send(button=CONTINUE)
    assert PASSPORT not in walk.userinfo()
    prove(walk.session, walk.services, walk.alice, SAMPLE_PEOPLE["nia"])
    walk.session.commit()
    come_to_share(walk)
    assert walk.path == "share"
    assert "099000114" in person.page.text


def test_what_one_service_may_have_is_asked_about_for_another(walk: Walk, person: Person) -> None:
    """CONSENT-03: agreement is for one client, one person, one set."""
    come_to_share(walk)
    person.send(button=CONTINUE)
    other = registered(walk)
    come_to_share(walk, other)
    assert walk.path == "share"


def test_what_was_withdrawn_is_asked_about_again(walk: Walk, person: Person) -> None:
    come_to_share(walk)
    person.send(button=CONTINUE)
    walk.session.execute(sa.update(Disclosure).values(withdrawn_at=1))
    walk.session.commit()
    come_to_share(walk)
    assert walk.path == "share"


def test_another_person_is_asked_for_themselves(walk: Walk, person: Person, bob: Citizen) -> None:
    come_to_share(walk)
    person.send(button=CONTINUE)
    prove(walk.session, walk.services, bob, SAMPLE_PEOPLE["kwame"])
    walk.sign_in(bob)
    come_to_share(walk)
    assert walk.path == "share"
    assert "Kwame" in person.page.text


def test_the_form_cannot_add_anything(walk: Walk, person: Person) -> None:
    """CONSENT-02: claims, scopes and levels in the form are nobody's."""
    come_to_share(walk, claims=claims_parameter(ADDRESS), scope="openid")
    person.send(
        {
            "choice": "share",
            "claims": claims_parameter(*ALL_CLAIMS),
            "claim": CORE,
            "scope": "openid email phone",
            "vtr": '["Cl.Cm.P3"]',
            "proof": "x",
        }
    )
    assert set(walk.userinfo()) == {"sub", ADDRESS}


@pytest.mark.parametrize("choice", ["", "yes", "share refuse"])
def test_only_an_answer_counts_as_one(walk: Walk, person: Person, choice: str) -> None:
    come_to_share(walk)
    page = person.url
    person.send({"choice": choice})
    assert person.status == 400
    assert walk.left_nothing()
    person.open(page)
    assert walk.path == "share"


def test_an_answer_from_another_site_is_none(walk: Walk, person: Person) -> None:
    """CONSENT-01."""
    come_to_share(walk)
    values = person.form().values | {"choice": "share"}
    for headers, changes in (
        ({"Origin": "https://evil.example"}, {}),
        ({}, {"csrf_token": "made.up.token"}),
    ):
        answer = person.request("POST", person.url, values | changes, headers)
        assert answer.status == 403
    assert walk.left_nothing()
    person.send(button=CONTINUE)
    assert "code" in walk.answer()


def test_an_answer_without_a_page_is_none(walk: Walk, person: Person) -> None:
    walk.set_out()
    token = person.form().values["csrf_token"]
    person.request(
        "POST",
        walk.page("share"),
        {"csrf_token": token, "choice": "share"},
        {"Origin": walk.party.issuer[:-1]},
    )
    assert walk.left_nothing()
    person.open(walk.page(""))
    assert walk.path == "prove/details"


def test_an_answer_is_given_once(walk: Walk, person: Person) -> None:
    come_to_share(walk)
    page, values = person.url, person.form().values
    origin = {"Origin": walk.party.issuer[:-1]}
    for choice in ("refuse", "share"):
        person.request("POST", page, values | {"choice": choice}, origin)
    person.open(walk.page(""))
    assert walk.answer() == DENIED
    assert walk.left_nothing()


def test_a_name_of_a_service_stays_text(walk: Walk, person: Person) -> None:
    """CONSENT-04."""
    sly = registered(walk, more={"service": "<b onclick=x()>Tax</b>", "service_cy": "Treth"})
    come_to_share(walk, sly)
    assert "<b onclick" not in person.html
    assert "&lt;b onclick" in person.html
    assert "<bdi>" in person.html
    assert f"{sly.client_id}.example" in person.page.text
