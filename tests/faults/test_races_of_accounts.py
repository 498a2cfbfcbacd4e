"""What an owner changes is changed once, whatever else happens at that moment (PostgreSQL)."""

from collections.abc import Callable

import pytest
import requests
import sqlalchemy as sa

from idp.domain.accounts import Account
from idp.domain.activity_reports import ActivityReport
from idp.kernel.database import Base
from tests.faults.conftest import Pair, all_at_once
from tests.faults.test_races_of_recoveries import code_in, newest_mail, until_not_busy
from tests.journeys.walks import options_of
from tests.support.authenticator import Authenticator
from tests.support.citizens import Citizen, give_backup, give_codes
from tests.support.person import DistantPerson
from tests.support.relying_party import RelyingParty

NEW = "velvet tractor seventeen"


def at_code(pair: Pair, party: RelyingParty, number: int, citizen: Citizen) -> DistantPerson:
    person = pair.person(number)
    person.open(party.url(party.ask()))
    person.send(button=1)
    person.send({"email": citizen.email})
    person.send({"password": citizen.password})
    assert person.url.endswith("/code"), person.heading
    return person


def signed_in(pair: Pair, party: RelyingParty, number: int, citizen: Citizen) -> DistantPerson:
    person = at_code(pair, party, number, citizen)
    pair.street.clock.move(30)
    person.send({"code": citizen.code(pair.street.clock.now())})
    assert person.left_to is not None, person.heading
    return person


def confirmed(person: DistantPerson, page: str, citizen: Citizen) -> DistantPerson:
    """At a page of the account that had to be confirmed."""
    person.open(f"{person.issuer}account/{page}")
    person.send({"password": citizen.password})
    assert person.url.endswith(f"/account/{page}"), person.heading
    return person


def posts_at_once(
    pair: Pair, person: DistantPerson, count: int, **values: str
) -> list[requests.Response]:
    """The answers to the form that this person sees, sent `count` times at once."""
    connections = [pair.connection(number) for number in range(count)]
    for connection in connections:
        connection.cookies.update(person.session.cookies)
    form = person.form().values | values

    def post(number: int) -> requests.Response:
        return connections[number].post(
            person.url.replace(person.issuer, f"{pair.server(number)}/"),
            data=form,
            headers={"Host": person.issuer.split("/")[2], "Origin": person.issuer.rstrip("/")},
            allow_redirects=False,
            timeout=30,
        )

    return all_at_once(count, post)


def facts(pair: Pair, account_id: str) -> list[str]:
    with pair.street.records() as session:
        entries = sa.text("SELECT fact FROM audit_entries WHERE account_id = :id")
        return list(session.scalars(entries.bindparams(id=account_id)))


def tables_that_name(pair: Pair, account_id: str) -> set[str]:
    with pair.street.records() as session:
        return {
            table.name
            for table in Base.metadata.sorted_tables
            if not table.name.startswith("audit_")
            and any(account_id in map(str, row) for row in session.execute(sa.select(table)))
        }


def test_one_confirmation_deletes_once(pair: Pair) -> None:
    party, citizen = pair.party(), pair.citizen("deleted.once@example.com")
    person = confirmed(signed_in(pair, party, 0, citizen), "delete", citizen)

    answers = posts_at_once(pair, person, 8)

    assert max(answer.status_code for answer in answers) < 500
    assert len([answer for answer in answers if "is deleted" in answer.text]) == 1
    assert facts(pair, citizen.account_id).count("account_deleted") == 1
    assert tables_that_name(pair, citizen.account_id) == set()


@pytest.mark.parametrize("round_", range(3))
def test_an_account_is_deleted_whatever_is_in_flight(pair: Pair, round_: int) -> None:
    party, citizen = pair.party(), pair.citizen(f"in.flight.{round_}@example.com")
    leaving = confirmed(signed_in(pair, party, 0, citizen), "delete", citizen)
    signing_in = [at_code(pair, party, number, citizen) for number in (1, 2)]
    cookie = pair.cookie(citizen)
    asked, code = pair.code(party, cookie)
    token = pair.redeem(party, *pair.code(party, cookie)).json()["access_token"]
    pair.street.clock.move(30)
    shown = citizen.code(pair.street.clock.now())
    opening = party.ask()
    answers: list[int] = []

    def sign_in_again(person: DistantPerson) -> Callable[[], None]:
        def act() -> None:
            person.send({"code": shown})
            answers.append(person.status)

        return act

    def redeem() -> None:
        answers.append(pair.redeem(party, asked, code).status_code)

    def open_service() -> None:
        address = party.url(opening).replace(pair.street.issuer, f"{pair.servers[1]}/")
        answer = requests.get(address, cookies=cookie, allow_redirects=False, timeout=30)
        answers.append(answer.status_code)

    def leave() -> None:
        leaving.send()

    acts = [leave, *map(sign_in_again, signing_in), redeem, open_service]
    all_at_once(len(acts), lambda number: acts[number]())

    assert leaving.heading == "Your account is deleted"
    assert len(answers) == 4
    assert max(answers) < 500, answers
    assert pair.userinfo(token).status_code == 401
    assert tables_that_name(pair, citizen.account_id) == set()
    for person in signing_in:
        person.open(f"{person.issuer}account")
        assert person.url.endswith("/start"), "somebody is signed in to a deleted account"


def test_of_two_accounts_that_want_one_address_one_gets_it(pair: Pair) -> None:
    party, wanted = pair.party(), "wanted.by.two@example.com"
    people, citizens = [], []
    for number in range(2):
        citizen = pair.citizen(f"wants.{number}@example.com")
        person = confirmed(signed_in(pair, party, number, citizen), "email", citizen)
        person.send({"email": wanted})
        people.append((person, code_in(newest_mail(pair, wanted))))
        citizens.append(citizen)

    all_at_once(2, lambda number: people[number][0].send({"code": people[number][1]}))

    changed = [person.url.endswith("/email-changed") for person, _ in people]
    assert sorted(changed) == [False, True]
    lost, _ = people[changed.index(False)]
    assert lost.status == 400
    assert "That code is wrong or has expired" in lost.page.text
    with pair.street.records() as session:
        emails = [session.get_one(Account, citizen.account_id).email for citizen in citizens]
    assert sorted(emails) == sorted([wanted, citizens[changed.index(False)].email])


def test_two_devices_that_change_the_password_at_once_do_not_wait_for_each_other(
    pair: Pair,
) -> None:
    party, citizen = pair.party(), pair.citizen("two.devices@example.com")
    people = [signed_in(pair, party, number, citizen) for number in range(2)]
    for person in people:
        confirmed(person, "password", citizen)

    all_at_once(
        2,
        lambda number: until_not_busy(
            lambda: people[number].send({"password": f"{NEW} {number}"}), people[number]
        ),
    )

    assert [person.heading for person in people].count("Your password is changed") == 1
    assert facts(pair, citizen.account_id).count("password_changed") == 1


def test_one_event_reported_eight_times_at_once_is_one_report(pair: Pair) -> None:
    party, citizen = pair.party(), pair.citizen("reports@example.com")
    person = signed_in(pair, party, 0, citizen)
    person.open(f"{person.issuer}account/history")
    person.open(next(to for to, _ in person.page.links if "/account/history/" in to))

    answers = posts_at_once(pair, person, 8)

    assert {answer.status_code for answer in answers} == {303}
    with pair.street.records() as session:
        of_account = ActivityReport.account_id == citizen.account_id
        assert len(session.scalars(sa.select(ActivityReport).where(of_account)).all()) == 1
    assert facts(pair, citizen.account_id).count("activity_reported") == 1


def test_one_recovery_code_confirms_once_however_often_it_is_sent(pair: Pair) -> None:
    party, citizen = pair.party(), pair.citizen("one.code.confirms@example.com")
    with pair.street.records() as session:
        code = give_codes(session, pair.street.services, citizen)[0]
    people = [signed_in(pair, party, number, citizen) for number in range(2)]
    pair.street.clock.move(901)
    for person in people:
        person.open(f"{person.issuer}account/email")
        person.send({"password": citizen.password})
        person.open(f"{person.issuer}account/confirm/email/recovery-code")
        assert person.heading.startswith("Enter a recovery code"), person.heading

    all_at_once(2, lambda number: people[number].send({"recovery_code": code}))

    arrived = [person.url.endswith("/account/email") for person in people]
    assert sorted(arrived) == [False, True], [person.heading for person in people]
    assert facts(pair, citizen.account_id).count("change_confirmed") == 1


def test_a_change_in_flight_while_the_account_is_deleted_leaves_nothing(pair: Pair) -> None:
    party, citizen = pair.party(), pair.citizen("changed.and.deleted@example.com")
    with pair.street.records() as session:
        give_backup(session, pair.street.services, citizen)
    pages = ("delete", "email", "recovery-codes", "backup", "passkeys")
    people = [signed_in(pair, party, number, citizen) for number in range(len(pages))]
    for person, page in zip(people, pages, strict=True):
        confirmed(person, page, citizen)
    leaving, moving, codes, backup, keys = people
    device = Authenticator(
        leaving.issuer.rstrip("/"), leaving.issuer.split("/")[2].split(":")[0], b"in flight"
    )
    answer = device.create(options_of(keys))
    acts: list[Callable[[], object]] = [
        leaving.send,
        lambda: moving.send({"email": "moved.and.deleted@example.com"}),
        codes.send,
        lambda: backup.send({"change": "switch"}),
        lambda: keys.send({"answer": answer}),
    ]

    all_at_once(len(acts), lambda number: acts[number]())

    assert leaving.heading == "Your account is deleted"
    assert max(person.status for person in people) < 500, [person.status for person in people]
    assert tables_that_name(pair, citizen.account_id) == set()
