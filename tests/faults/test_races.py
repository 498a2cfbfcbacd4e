"""Single use and counts hold when two processes are asked at the same moment (PostgreSQL)."""

from collections import Counter

import pytest
import requests
import sqlalchemy as sa

from idp.domain import throttles
from tests.faults.conftest import Pair, all_at_once
from tests.support.databases import server_version
from tests.support.person import DistantPerson
from tests.support.relying_party import RelyingParty


def refusals(answers: list[requests.Response]) -> Counter[str]:
    return Counter(answer.json().get("error", "tokens") for answer in answers)


def test_the_races_run_on_postgresql(pair: Pair) -> None:
    assert server_version(pair.street.database_url).startswith("PostgreSQL 1")


def test_of_32_redemptions_of_one_code_one_wins_and_its_tokens_are_revoked(pair: Pair) -> None:
    party = pair.party()
    asked, code = pair.code(party, pair.cookie(pair.citizen("race.code@example.com")))
    connections = [pair.connection(number) for number in range(32)]
    forms = [party.token_form(asked, code, pair.street.clock.now()) for _ in connections]

    answers = all_at_once(
        32,
        lambda number: connections[number].post(
            f"{pair.server(number)}/token", data=forms[number], timeout=30
        ),
    )

    assert refusals(answers) == {"tokens": 1, "invalid_grant": 31}
    won = next(answer for answer in answers if answer.status_code == 200)
    assert pair.userinfo(won.json()["access_token"]).status_code == 401


def test_a_code_used_again_later_revokes_what_it_gave(pair: Pair) -> None:
    party = pair.party()
    asked, code = pair.code(party, pair.cookie(pair.citizen("used.again@example.com")))
    first = pair.redeem(party, asked, code)
    token = first.json()["access_token"]
    assert pair.userinfo(token).status_code == 200
    again = pair.redeem(party, asked, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert pair.userinfo(token).status_code == 401


def test_a_code_that_another_client_presents_has_leaked_and_is_worth_nothing(pair: Pair) -> None:
    owner, stranger = pair.party(), pair.party()
    asked, code = pair.code(owner, pair.cookie(pair.citizen("stranger@example.com")))
    token = pair.redeem(owner, asked, code).json()["access_token"]
    assert pair.redeem(stranger, asked, code).json()["error"] == "invalid_grant"
    assert pair.userinfo(token).status_code == 401


def test_one_assertion_proves_its_client_once(pair: Pair) -> None:
    party = pair.party()
    cookie = pair.cookie(pair.citizen("assertion@example.com"))
    codes = [pair.code(party, cookie) for _ in range(8)]
    assertion = party.assertion(pair.street.clock.now())
    connections = [pair.connection(number) for number in range(8)]

    def redeem(number: int) -> requests.Response:
        asked, code = codes[number]
        form = party.token_form(asked, code, 0, client_assertion=assertion)
        return connections[number].post(f"{pair.server(number)}/token", data=form, timeout=30)

    answers = all_at_once(8, redeem)
    assert refusals(answers)["tokens"] == 1, refusals(answers)

    # The refused ones used up nothing: the same codes are good with an assertion of their own.
    lost = [number for number, answer in enumerate(answers) if answer.status_code != 200]
    assert pair.redeem(party, *codes[lost[0]]).status_code == 200


def at_password(pair: Pair, party: RelyingParty, number: int, email: str) -> DistantPerson:
    person = pair.person(number)
    person.open(party.url(party.ask()))
    person.send(button=1)
    person.send({"email": email})
    return person


@pytest.mark.parametrize("known", [True, False], ids=["an account", "no account"])
def test_wrong_passwords_in_parallel_are_counted_exactly(pair: Pair, known: bool) -> None:
    party, email = pair.party(), f"parallel.{known}@example.com".lower()
    citizen = pair.citizen(email) if known else None
    people = [at_password(pair, party, number, email) for number in range(10)]

    all_at_once(10, lambda number: people[number].send({"password": "wrong horse battery"}))

    # Who found the hashing busy was told so, and that cost nobody a try.
    outcomes = Counter("busy" if p.status == 503 else p.url.rsplit("/", 1)[1] for p in people)
    with pair.street.records() as session:
        tries = session.scalar(
            sa.select(throttles.Throttle.tries).where(
                throttles.Throttle.subject_hash == throttles.subject_hash(email)
            )
        )
    wrong = outcomes["password"] + (outcomes["locked"] > 0)
    assert tries == min(6, wrong), outcomes
    assert sum(outcomes.values()) == 10

    for _ in range(6 - tries):
        at_password(pair, party, 0, email).send({"password": "wrong horse battery"})
    late = at_password(pair, party, 1, email)
    late.send({"password": citizen.password if citizen else "wrong horse battery"})
    assert late.url.endswith("/locked"), late.heading


def test_wrong_codes_in_parallel_are_counted_exactly(pair: Pair) -> None:
    party, clock = pair.party(), pair.street.clock
    citizen = pair.citizen("parallel.codes@example.com")
    people = [at_password(pair, party, number, citizen.email) for number in range(10)]
    for person in people:
        person.send({"password": citizen.password})
        assert person.url.endswith("/code"), person.heading
    wrong = citizen.wrong_code(clock.now())

    all_at_once(10, lambda number: people[number].send({"code": wrong}))

    assert Counter(person.url.rsplit("/", 1)[1] for person in people) == {"code": 5, "locked": 5}
    people[0].open(people[0].url)
    assert people[0].url.endswith("/locked")


def test_one_code_of_the_app_is_good_for_one_of_two_browsers(pair: Pair) -> None:
    party, clock = pair.party(), pair.street.clock
    citizen = pair.citizen("one.step@example.com")
    people = [at_password(pair, party, number, citizen.email) for number in range(4)]
    for person in people:
        person.send({"password": citizen.password})
    code = citizen.code(clock.now())

    all_at_once(4, lambda number: people[number].send({"code": code}))

    assert sum(person.left_to is not None for person in people) == 1
