"""A new password and a new second factor are had once, whoever asks at once (PostgreSQL)."""

import json
import re
from collections.abc import Callable

import pyotp
import sqlalchemy as sa

from idp.domain import authenticator_apps, notices, outbox, recoveries, throttles
from idp.domain.accounts import Account
from idp.domain.recoveries import DAY, Recovery
from tests.faults.conftest import Pair, all_at_once
from tests.support.citizens import Citizen
from tests.support.person import DistantPerson
from tests.support.relying_party import RelyingParty

NEW = ("velvet tractor seventeen", "copper lantern wednesday")


def code_in(body: str) -> str:
    found = re.search(r"^[0-9]{6}$", body, re.MULTILINE)
    assert found is not None
    return found.group()


def newest_mail(pair: Pair, to: str) -> str:
    """The body of the newest mail that waits in the outbox for somebody."""
    services = pair.street.services
    with pair.street.records() as session:
        rows = session.scalars(
            sa.select(outbox.OutboxMessage)
            .where(outbox.OutboxMessage.kind == notices.KIND)
            .order_by(outbox.OutboxMessage.id.desc())
        ).all()
        for row in rows:
            sealed = services.sealer.open(row.payload_sealed, "outbox payload", row.id)
            mail = notices.Mail.of(row.id, json.loads(sealed), 0)
            if mail.to == to:
                return mail.body
    raise AssertionError(f"no mail to {to}")


def page(person: DistantPerson, path: str) -> DistantPerson:
    start, _, rest = person.url.partition("/j/")
    person.open(f"{start}/j/{rest.partition('/')[0]}/{path}")
    return person


def at_reset_code(pair: Pair, party: RelyingParty, number: int, citizen: Citizen) -> DistantPerson:
    person = pair.person(number)
    person.open(party.url(party.ask()))
    person.send(button=1)
    person.send({"email": citizen.email})
    page(person, "reset/request").send()
    return person


def at_new_password(
    pair: Pair, party: RelyingParty, number: int, citizen: Citizen
) -> DistantPerson:
    person = at_reset_code(pair, party, number, citizen)
    person.send({"code": code_in(newest_mail(pair, citizen.email))})
    pair.street.clock.move(30)
    person.send({"code": citizen.code(pair.street.clock.now())})
    assert person.url.endswith("/reset/password"), person.heading
    return person


def until_not_busy(act: Callable[[], object], person: DistantPerson) -> None:
    """Do it again for as long as the house is full, as the page asks people to."""
    before = person.answer, person.url
    act()
    while person.status == 503:
        person.answer, person.url = before
        act()


def test_of_two_resets_at_once_one_sets_the_password(pair: Pair) -> None:
    party, citizen = pair.party(), pair.citizen("two.resets@example.com")
    people = [at_new_password(pair, party, number, citizen) for number in range(2)]

    all_at_once(
        2,
        lambda number: until_not_busy(
            lambda: people[number].send({"password": NEW[number]}), people[number]
        ),
    )

    assert sorted(person.left_to is not None for person in people) == [False, True]
    won = next(number for number, person in enumerate(people) if person.left_to is not None)
    with pair.street.records() as session:
        account = session.get_one(Account, citizen.account_id)
        assert pair.street.services.hasher.verify(account.password_hash, NEW[won])


def test_one_new_password_posted_eight_times_at_once_is_set_once(pair: Pair) -> None:
    party, citizen = pair.party(), pair.citizen("one.reset@example.com")
    person = at_new_password(pair, party, 0, citizen)
    form = person.form().values | {"password": NEW[0]}
    connections = [pair.connection(number) for number in range(8)]
    for connection in connections:
        connection.cookies.update(person.session.cookies)

    def post(number: int) -> bool:
        answer = connections[number].post(
            person.url.replace(pair.street.issuer, f"{pair.server(number)}/"),
            data=form,
            headers={
                "Host": pair.street.issuer.split("/")[2],
                "Origin": pair.street.issuer.rstrip("/"),
            },
            allow_redirects=False,
            timeout=30,
        )
        return "onepass-session" in answer.headers.get("Set-Cookie", "")

    assert all_at_once(8, post).count(True) <= 1
    with pair.street.records() as session:
        facts = session.scalars(
            sa.text("SELECT fact FROM audit_entries WHERE account_id = :account").bindparams(
                account=citizen.account_id
            )
        ).all()
        assert facts.count("password_reset") == 1


def test_one_mailed_code_opens_one_door_of_two(pair: Pair) -> None:
    party, citizen = pair.party(), pair.citizen("one.mailed@example.com")
    person = at_reset_code(pair, party, 0, citizen)
    form = person.form().values | {"code": code_in(newest_mail(pair, citizen.email))}
    connections = [pair.connection(number) for number in range(4)]
    for connection in connections:
        connection.cookies.update(person.session.cookies)

    all_at_once(
        4,
        lambda number: connections[number].post(
            person.url.replace(pair.street.issuer, f"{pair.server(number)}/"),
            data=form,
            headers={
                "Host": pair.street.issuer.split("/")[2],
                "Origin": pair.street.issuer.rstrip("/"),
            },
            allow_redirects=False,
            timeout=30,
        ),
    )

    with pair.street.records() as session:
        facts = session.scalars(
            sa.text("SELECT fact FROM audit_entries WHERE account_id = :account").bindparams(
                account=citizen.account_id
            )
        ).all()
        assert facts.count("email_proved") == 1
        key = throttles.subject_hash(citizen.email)
        kept = sa.select(throttles.Throttle.tries).where(throttles.Throttle.subject_hash == key)
        assert all(tries <= 6 for tries in session.scalars(kept))


def test_of_two_new_apps_at_once_one_is_kept(pair: Pair) -> None:
    party, citizen = pair.party(), pair.citizen("two.apps@example.com")
    services, clock = pair.street.services, pair.street.clock
    with pair.street.records() as session:
        account = session.get_one(Account, citizen.account_id)
        assert recoveries.begin(session, services, account, device="")
    clock.move(7 * DAY)
    people, seeds = [], []
    for number in range(2):
        person = pair.person(number)
        person.open(party.url(party.ask()))
        person.send(button=1)
        person.send({"email": citizen.email})
        person.send({"password": citizen.password})
        page(person, "recover").send()
        assert person.url.endswith("/create/app"), person.heading
        seeds.append("".join(re.findall(r"<span>([A-Z2-7]{4})</span>", person.html)))
        people.append(person)
    codes = [pyotp.TOTP(seed).at(clock.now()) for seed in seeds]

    all_at_once(
        2,
        lambda number: until_not_busy(
            lambda: people[number].send({"code": codes[number]}), people[number]
        ),
    )

    assert sorted(person.url.endswith("/create/recovery-codes") for person in people) == [
        False,
        True,
    ]
    with pair.street.records() as session:
        [app] = session.scalars(
            sa.select(authenticator_apps.AuthenticatorApp).where(
                authenticator_apps.AuthenticatorApp.account_id == citizen.account_id
            )
        )
        assert app.added_at == clock.now()
        [ended] = session.scalars(
            sa.select(Recovery.ended_because).where(Recovery.account_id == citizen.account_id)
        )
        assert ended == "finished"
