"""Proving who one is, with the stand-in: every way it can end, and every way round it."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.services import Services
from idp.journeys.prove_identity.steps import Scores, level_reached
from idp.settings import Settings
from tests.journeys.conftest import Post
from tests.journeys.identity_walks import CONTINUE, SECOND, Walk
from tests.journeys.walks import come_to_app, first_code, save_codes, sign_in
from tests.support.building import register
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.identity import (
    ADDRESS,
    CORE,
    PASSPORT,
    PERMIT,
    RETURN_CODE,
    WITHOUT_CODE,
    IdentityParty,
    prove,
)
from tests.support.person import Person

DENIED = {
    "error": "access_denied",
    "error_description": "Access denied by resource owner or authorization server",
}
NOT_SAFE = {
    "error": "access_denied",
    "error_description": "Access denied for security reasons, a new authentication request may be "
    "successful",
}
BROKEN = {"error": "server_error", "error_description": "Unexpected server error"}


@pytest.fixture
def walk(
    app: Flask,
    session: Session,
    services: Services,
    settings: Settings,
    person: Person,
    alice: Citizen,
) -> Walk:
    """Alice, signed in, and a service that asks for P2."""
    party = IdentityParty(settings.issuer)
    register(session, services, party)
    session.commit()
    made = Walk(app, session, services, person, alice, party)
    made.sign_in()
    return made


@pytest.fixture
def plain(walk: Walk) -> IdentityParty:
    """A service that does not ask for the return code."""
    party = IdentityParty(walk.party.issuer, claims=WITHOUT_CODE)
    register(walk.session, walk.services, party)
    walk.session.commit()
    return party


def test_proving_follows_signing_in(walk: Walk, person: Person, clock: FixedClock) -> None:
    person.client.delete_cookie("onepass-session", domain="id.onepass.localhost")
    walk.set_out()
    person.send(button=1)
    person.send({"email": walk.alice.email})
    person.send({"password": walk.alice.password})
    person.send({"code": walk.alice.code(clock.now())})
    assert walk.path == "prove"
    assert person.heading == f"Prove your identity for Service {walk.party.client_id}"
    assert "with medium confidence" in person.page.text
    assert "checks nobody" in person.page.text


def test_proving_follows_creating_an_account(
    walk: Walk, browser: Callable[[], Person], post: Post, clock: FixedClock
) -> None:
    newcomer = browser()
    come_to_app(newcomer, walk.party, post, "new@example.com")
    newcomer.send({"code": first_code(newcomer, clock)})
    save_codes(newcomer)
    assert newcomer.heading == "You have created your Onepass account"
    newcomer.open(newcomer.url.replace("/create/done", "/"))
    assert newcomer.url.endswith("/prove")


@pytest.mark.row("5.sso.identity", "4.outcome.proven")
def test_a_sample_person_is_proved_and_kept(walk: Walk, person: Person) -> None:
    walk.set_out()
    walk.check("nia")
    assert (walk.path, person.heading) == ("prove/result", "You have proved your identity")
    kept = walk.proof()
    assert kept is not None
    assert (kept.level, kept.person) == ("P2", SAMPLE_PEOPLE["nia"])
    assert walk.facts() == ["identity_proved"]
    person.send()
    assert walk.path == "share"


def test_who_goes_back_without_proving_it_gets_nothing(walk: Walk, person: Person) -> None:
    walk.set_out()
    person.send(button=SECOND)
    assert walk.answer() == DENIED
    assert walk.left_nothing()
    assert walk.facts() == ["identity_not_proved"]


def test_an_unknown_button_is_refused(walk: Walk, person: Person) -> None:
    walk.set_out()
    person.send({"choice": "hurry"})
    assert person.status == 400
    assert walk.proof() is None


ENDINGS: dict[str, tuple[str, str | None, dict[str, str]]] = {
    # How it ends: heading; the letter, for a service that asks for it; what others are told.
    "P1": ("You have proved your identity, but not well enough for this service", "A", DENIED),
    "not_matched": ("We could not confirm your identity", "B", DENIED),
    "fraud": ("We could not confirm your identity", "F", DENIED),
    "pending": ("You need to finish proving your identity in person", "P", DENIED),
    "timed_out": ("The check took too long", "Z", DENIED),
    "cancelled": ("You stopped proving your identity", None, DENIED),
    "technical_error": ("Sorry, the check is not working", None, BROKEN),
    "other_browser": ("You finished the check in another browser", None, NOT_SAFE),
}


@pytest.mark.row("2.after.access_denied_identity", "4.outcome.access_denied")
@pytest.mark.parametrize("ending", ENDINGS)
def test_an_ending_without_an_identity_is_told_to_the_service(
    walk: Walk, person: Person, plain: IdentityParty, ending: str
) -> None:
    heading, _letter, error = ENDINGS[ending]
    walk.set_out(plain)
    walk.check(ending=ending)
    assert (walk.path, person.heading) == ("prove/result", heading)
    person.send(button=CONTINUE)
    assert walk.answer(plain) == error
    assert walk.left_nothing()


@pytest.mark.row("4.outcome.return_code", "4.identity.return_code", "4.identity.core_identity_jwt")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_service_that_asks_for_it_gets_the_return_code_and_no_identity(
    walk: Walk, person: Person, ending: str
) -> None:
    _heading, letter, error = ENDINGS[ending]
    walk.set_out()
    walk.check(ending=ending)
    person.send(button=CONTINUE)
    if letter is None:
        assert walk.answer() == error
        return
    assert walk.path == "share"
    assert f"The letter {letter}" in person.page.text
    assert "Roberts" not in person.page.text
    person.send(button=CONTINUE)
    told = walk.userinfo()
    assert told[RETURN_CODE] == [{"code": letter}]
    assert set(told) == {"sub", "email", "email_verified", RETURN_CODE}


@pytest.mark.parametrize(
    ("ending", "again"),
    [
        ("P1", True),
        ("not_matched", True),
        ("cancelled", True),
        ("timed_out", True),
        ("technical_error", True),
        ("fraud", False),
        ("pending", False),
        ("other_browser", False),
    ],
)
def test_some_endings_can_be_tried_again(
    walk: Walk, person: Person, ending: str, again: bool
) -> None:
    walk.set_out()
    walk.check(ending=ending)
    heading = person.heading
    assert (("choice", "again") in person.form().buttons) is again
    person.send({"choice": "again"})
    if not again:
        assert (walk.path, person.heading) == ("prove/result", heading)
        return
    assert walk.path == "prove"
    walk.check(ending="P2")
    assert person.heading == "You have proved your identity"


def test_a_proof_that_will_do_is_not_tried_again(walk: Walk, person: Person) -> None:
    walk.set_out()
    walk.check()
    person.send({"choice": "again"})
    assert walk.path == "prove/result"


def test_a_higher_level_than_asked_will_do(walk: Walk, person: Person) -> None:
    walk.set_out()
    walk.check(ending="P3")
    assert person.heading == "You have proved your identity"
    kept = walk.proof()
    assert kept is not None
    assert kept.level == "P3"


@pytest.mark.parametrize(
    ("scores", "level"),
    [
        (Scores(5, 5, 5, 5), "P3"),
        (Scores(4, 3, 3, 3), "P3"),
        (Scores(4, 3, 3, 2), "P2"),
        (Scores(3, 2, 2, 1), "P2"),
        (Scores(5, 5, 1, 5), "P1"),
        (Scores(2, 1, 1, 0), "P1"),
        (Scores(1, 5, 5, 5), None),
        (Scores(0, 0, 0, 0), None),
    ],
)
def test_the_weakest_score_decides(scores: Scores, level: str | None) -> None:
    assert level_reached(scores) == level


@pytest.mark.parametrize(
    ("scores", "heading"),
    [
        ({"strength": "3"}, "You have proved your identity"),
        ({"strength": "1"}, "We could not confirm your identity"),
        ({"strength": ""}, "We could not confirm your identity"),
    ],
)
def test_the_scores_can_decide(
    walk: Walk, person: Person, scores: dict[str, str], heading: str
) -> None:
    walk.set_out()
    walk.check(ending="scores", **scores)
    assert person.heading == heading


# Details that are typed

TYPED = {
    "given_names": " Zoë  Ann ",
    "family_name": "O’Shea-Łuczak",
    "birth_date": "5/11/1990",
    "building": "12B",
    "street": "Quay Street",
    "town": "Barry",
    "postcode": "ZZ62 1AA",
    "former_building": "Rose Cottage",
    "former_town": "Leeds",
    "passport_number": "099000999",
    "passport_expiry": "1 2 2033",
    "licence_number": "OSHEA911050ZA9ZZ",
    "licence_expiry": "3.4.2034",
}


def test_details_can_be_typed(walk: Walk, person: Person) -> None:
    walk.set_out()
    walk.check("typed", **TYPED)
    person.send()
    assert "Zoë Ann O’Shea-Łuczak" in person.page.text
    assert "5 November 1990" in person.page.text
    person.send()
    told = walk.userinfo()
    assert told[ADDRESS] == [
        {
            "buildingNumber": "12B",
            "streetName": "Quay Street",
            "addressLocality": "Barry",
            "postalCode": "ZZ62 1AA",
            "addressCountry": "GB",
            "validFrom": "2020-01-01",
        },
        {
            "buildingName": "Rose Cottage",
            "addressLocality": "Leeds",
            "addressCountry": "GB",
            "validUntil": "2020-01-01",
        },
    ]
    assert told[PASSPORT][0]["expiryDate"] == "2033-02-01"
    assert told[PERMIT][0] == {
        "personalNumber": "OSHEA911050ZA9ZZ",
        "expiryDate": "2034-04-03",
        "issuedBy": "DVLA",
    }


def test_a_name_and_a_date_of_birth_are_enough(walk: Walk, person: Person) -> None:
    walk.set_out()
    names = ("given_names", "family_name", "birth_date")
    walk.check("typed", **{name: TYPED[name] for name in names})
    person.send()
    person.send()
    assert set(walk.userinfo()) & {CORE, ADDRESS, PASSPORT, PERMIT} == {CORE}


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "nobody": ({"person": ""}, "Select who you want to be"),
    "somebody unknown": ({"person": "mallory"}, "Select who you want to be"),
    "no ending": ({"ending": "P4"}, "Select how the check shall end"),
    "no name": ({"given_names": ""}, "Enter given names"),
    "no family name": ({"family_name": " "}, "Enter a family name"),
    "no date of birth": ({"birth_date": ""}, "Enter a date of birth"),
    "no such day": ({"birth_date": "31 2 1990"}, "Date of birth must be a real date"),
    "no date": ({"birth_date": "yesterday"}, "Date of birth must be a real date"),
    "too long ago": ({"birth_date": "1 1 1899"}, "Date of birth must be a real date"),
    "a passport without end": ({"passport_expiry": ""}, "Enter when the passport runs out"),
    "an end without passport": ({"passport_number": ""}, "Enter the passport number"),
    "a licence without end": ({"licence_expiry": ""}, "Enter when the driving licence runs out"),
    "an end without licence": ({"licence_number": ""}, "Enter the driving licence number"),
    "a long name": ({"given_names": "x" * 101}, "Given names must be 100 characters or fewer"),
    "a control character": ({"street": "Quay\x00Street"}, "That is not something we can read"),
    "a score of six": ({"strength": "6"}, "Strength of the evidence must be a number from 0"),
    "a negative score": ({"activity": "-1"}, "Activity history must be a number from 0 to 5"),
    "a delay too long": ({"delay": "91"}, "Seconds until the result is there must be a number"),
    "digits of elsewhere": ({"delay": "٣"}, "Seconds until the result is there must be a number"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_said_in_words_and_kept(walk: Walk, person: Person, name: str) -> None:
    changes, words = WRONG[name]
    walk.set_out()
    walk.check("typed", **(TYPED | changes))
    assert person.status == 400
    assert person.page.title.startswith("Error: ")
    assert words in person.page.text
    assert walk.proof() is None
    if "family_name" not in changes:
        assert "O’Shea-Łuczak" in person.html
    person.send({"person": "typed", "ending": "P2", "delay": "0", "strength": "4", **TYPED,
                 "activity": "1"})  # fmt: skip
    assert person.heading == "You have proved your identity"


def test_details_are_not_wanted_where_nothing_matches(walk: Walk, person: Person) -> None:
    walk.set_out()
    walk.check("typed", "not_matched")
    assert person.heading == "We could not confirm your identity"


# Waiting


def test_the_result_is_waited_for_without_javascript(
    walk: Walk, person: Person, clock: FixedClock
) -> None:
    walk.set_out()
    walk.check(delay="20")
    assert walk.path == "prove/wait"
    assert person.heading == f"Returning you to Service {walk.party.client_id}"
    assert "waiting for the result" in person.page.text
    link = next(href for href, words in person.page.links if words.strip() == "Continue")
    clock.move(10)
    person.open(link)
    assert "still trying" in person.page.text
    assert walk.proof() is None
    clock.move(10)
    person.open(link)
    assert person.heading == "You have proved your identity"
    assert walk.proof() is not None


def test_the_waiting_page_asks_itself_whether_there_is_news(
    walk: Walk, person: Person, clock: FixedClock
) -> None:
    walk.set_out()
    walk.check(delay="5")
    assert person.answer is not None
    assert "connect-src 'self';" in person.answer.headers["Content-Security-Policy"]
    head = person.request("HEAD", person.url, None, {})
    assert (head.status, head.body) == (200, "")
    clock.move(5)
    assert person.request("HEAD", person.url, None, {}).status == 303


def test_who_waits_too_long_can_stop(walk: Walk, person: Person, clock: FixedClock) -> None:
    walk.set_out()
    walk.check(delay="90")
    forms = person.open(person.url).page.forms
    assert all(form.action.endswith("/stay") for form in forms), "there is nothing to send yet"
    clock.move(60)
    person.open(person.url)
    assert person.heading == "The check takes longer than it should"
    person.send()
    assert person.heading == "The check took too long"
    clock.move(30)
    person.send(button=CONTINUE)
    assert walk.path == "share"
    assert "The letter Z" in person.page.text
    assert walk.proof() is None
    assert walk.facts() == ["identity_not_proved"]


def test_nobody_can_stop_before_it_is_too_late(walk: Walk, person: Person) -> None:
    walk.set_out()
    token = person.form().values["csrf_token"]
    walk.check(delay="90")
    person.request("POST", person.url, {"csrf_token": token}, {"Origin": walk.party.issuer[:-1]})
    person.open(person.url)
    assert walk.path == "prove/wait"


# A proof that is kept


@pytest.fixture
def kept(walk: Walk) -> Walk:
    """Alice, whose identity was proved before."""
    prove(walk.session, walk.services, walk.alice, SAMPLE_PEOPLE["margaret"])
    walk.session.commit()
    return walk


def test_a_kept_proof_is_shown_and_used_when_it_is_right(kept: Walk, person: Person) -> None:
    kept.set_out()
    assert (kept.path, person.heading) == ("prove/details", "Check your details")
    for words in ("Margaret Rose Whitlock", "Margaret Rose Fairweather (until 1979)",
                  "4 July 1951", "The Old Forge", "WHITL557041MR9BB"):  # fmt: skip
        assert words in person.page.text
    before = kept.proof()
    person.send(button=CONTINUE)
    person.send()
    assert CORE in kept.userinfo()
    assert kept.proof() == before
    assert kept.facts()[0] == "identity_confirmed"


def test_it_is_shown_in_welsh(kept: Walk, person: Person) -> None:
    kept.set_out(ui_locales="cy")
    assert person.heading == "Gwiriwch eich manylion"
    assert "4 Gorffennaf 1951" in person.page.text


def test_a_proof_that_is_wrong_is_made_anew(kept: Walk, person: Person) -> None:
    kept.set_out()
    person.send(button=SECOND)
    assert kept.path == "prove"
    kept.check("priya")
    found = kept.proof()
    assert found is not None
    assert found.person == SAMPLE_PEOPLE["priya"]
    person.send()
    assert "Priya Anand" in person.page.text
    assert "Ffrainc" not in person.page.text
    assert "France" in person.page.text
    assert kept.facts() == ["identity_disputed", "identity_proved"]


def test_a_proof_that_is_not_good_enough_is_not_offered(kept: Walk, person: Person) -> None:
    kept.set_out(vtr='["Cl.Cm.P3"]')
    assert kept.path == "prove"
    kept.set_out(vtr='["Cl.Cm.P1"]')
    assert kept.path == "prove/details"


def test_an_answer_is_about_the_details_that_were_shown(kept: Walk, person: Person) -> None:
    kept.set_out()
    form = person.form()
    prove(kept.session, kept.services, kept.alice, SAMPLE_PEOPLE["kwame"])
    kept.session.commit()
    person.send(form.values | {"choice": "right"})
    assert kept.path == "prove/details"
    assert "Kwame O’Connor" in person.page.text
    person.send({"proof": "0" * 32})
    assert kept.path == "prove/details"
    person.send()
    assert kept.path == "share"


def test_another_persons_proof_cannot_be_named(kept: Walk, person: Person, bob: Citizen) -> None:
    foreign = prove(kept.session, kept.services, bob, SAMPLE_PEOPLE["kwame"])
    kept.session.commit()
    kept.set_out()
    person.send({"proof": foreign})
    assert kept.path == "prove/details"
    assert "Kwame" not in person.page.text


# Back, twice, elsewhere


def test_a_page_out_of_turn_leads_to_the_one_that_is_due(walk: Walk, person: Person) -> None:
    walk.set_out()
    for path in ("prove/wait", "prove/result", "prove/details"):
        person.open(walk.page(path))
        assert walk.path == "prove", path
    person.open(walk.page("share"))
    assert walk.path == "prove"
    walk.check(delay="9")
    for path in ("prove", "prove/stand-in", "prove/result", "share", ""):
        person.open(walk.page(path))
        assert walk.path == "prove/wait", path


def test_a_form_sent_twice_counts_once(walk: Walk, person: Person) -> None:
    walk.set_out()
    person.send()
    stand_in, form = person.url, person.form()
    values = form.values | {"person": "nia", "ending": "P2"}
    origin = {"Origin": walk.party.issuer[:-1]}
    for _ in range(2):
        answer = person.request("POST", stand_in, values, origin)
        assert answer.status == 303
    person.open(stand_in)
    assert person.heading == "You have proved your identity"
    assert walk.facts() == ["identity_proved"]
    person.request("POST", stand_in, values | {"person": "kwame"}, origin)
    found = walk.proof()
    assert found is not None
    assert found.person == SAMPLE_PEOPLE["nia"]


def test_back_after_the_end_says_that_it_is_over(walk: Walk, person: Person) -> None:
    walk.set_out()
    walk.check()
    result = person.url
    person.send()
    share = person.url
    person.send()
    for url in (result, share):
        person.open(url)
        assert (person.status, person.heading) == (410, "You have already finished here")


def test_two_tabs_of_one_journey_take_each_step_once(walk: Walk, person: Person) -> None:
    walk.set_out()
    walk.check()
    form, url = person.form(), person.url
    person.send()
    person.request("POST", url, form.values | {"choice": "again"}, {"Origin": walk.party.origin})
    person.open(walk.page(""))
    assert walk.path == "share"


def test_two_services_in_two_tabs(
    walk: Walk, person: Person, settings: Settings, app: Flask
) -> None:
    other = IdentityParty(settings.issuer)
    register(walk.session, walk.services, other)
    walk.session.commit()
    first = walk.set_out()
    start = person.url
    second = walk.set_out(other)
    walk.check()
    person.send()
    person.send()
    assert CORE in walk.userinfo(other, second)
    # The proof made in one tab is offered in the other, which had begun without one.
    person.open(start)
    assert walk.path == "prove/details"
    person.send()
    person.send()
    assert CORE in walk.userinfo(walk.party, first)


def test_a_proof_replaced_in_another_tab_is_never_shared_unseen(
    walk: Walk, person: Person, settings: Settings
) -> None:
    other = IdentityParty(settings.issuer)
    register(walk.session, walk.services, other)
    walk.session.commit()
    walk.set_out()
    walk.check("nia")
    person.send()
    share, form = person.url, person.form()
    walk.set_out(other)
    person.send(button=SECOND)
    walk.check("kwame")
    person.request("POST", share, form.values | {"choice": "share"}, {"Origin": settings.issuer})
    person.open(share)
    assert walk.path == "prove/details"
    assert "Kwame O’Connor" in person.page.text
    assert walk.left_nothing()


def test_another_person_in_the_same_browser_starts_from_nothing(
    walk: Walk, person: Person, bob: Citizen
) -> None:
    walk.set_out()
    walk.check("nia")
    person.send()
    share, form = person.url, person.form()
    walk.sign_in(bob)
    person.open(share)
    assert walk.path == "prove"
    assert "Nia" not in person.page.text
    person.open(share)
    assert walk.path == "prove"
    origin = {"Origin": walk.party.issuer[:-1]}
    person.request("POST", share, form.values | {"choice": "share"}, origin)
    assert walk.left_nothing()
    walk.check("kwame")
    person.send()
    person.send()
    assert walk.userinfo()[PASSPORT][0]["documentNumber"] == "099000230"
    found = walk.proof()
    assert found is not None
    assert found.person == SAMPLE_PEOPLE["nia"]


def test_details_are_not_shown_to_a_session_without_the_second_factor(
    kept: Walk, person: Person
) -> None:
    kept.set_out()
    details = person.url
    kept.sign_in(level="Cl")
    for path in ("prove/details", "prove", "share"):
        person.open(kept.page(path) if "/j/" in person.url else details)
        assert "Margaret" not in person.page.text
        assert kept.path == "code"


def test_a_journey_without_a_session_leads_to_signing_in(walk: Walk, person: Person) -> None:
    walk.set_out()
    person.client.delete_cookie("onepass-session", domain="id.onepass.localhost")
    person.open(walk.page("prove/stand-in"))
    assert walk.path == "start"


def test_a_level_that_no_client_may_ask_for_is_not_proved(walk: Walk, person: Person) -> None:
    walk.party.levels = ("P2",)
    register(walk.session, walk.services, walk.party)
    walk.session.commit()
    walk.set_out(vtr='["Cl.Cm.P3"]')
    assert walk.answer()["error_description"] == "Request vtr is not permitted"


def test_signing_in_by_hand_and_proving_end_at_the_service(
    walk: Walk, browser: Callable[[], Person], clock: FixedClock, bob: Citizen
) -> None:
    """The whole way, form by form, in a browser that knows nobody."""
    stranger = browser()
    tax = IdentityParty(walk.party.issuer, vtr="Cl.Cm", asks=())
    register(walk.session, walk.services, tax)
    walk.session.commit()
    sign_in(stranger, tax, bob, clock)
    walk.person = stranger
    walk.set_out()
    walk.check("declan", "P2")
    stranger.send()
    stranger.send()
    told = walk.userinfo()
    assert told[PERMIT] == [
        {"personalNumber": "99003417", "expiryDate": "2029-12-01", "issuedBy": "DVA"}
    ]
