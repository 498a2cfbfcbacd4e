"""Second factors are used once and the last one stays, whoever asks at once (PostgreSQL)."""

import sqlalchemy as sa

from idp.domain import authenticator_apps, passkeys, recovery_codes, throttles
from idp.domain.authenticator_apps import Role
from idp.domain.passkey_challenges import Asked, Ceremony
from idp.domain.throttles import Kind
from tests.faults.conftest import Pair, all_at_once
from tests.journeys.walks import options_of
from tests.support.citizens import Citizen, give_backup, give_codes, give_passkey
from tests.support.person import DistantPerson
from tests.support.relying_party import RelyingParty

WRONG = "ABCD-EFGH-JKLM-NPQR"


def at_recovery_code(
    pair: Pair, party: RelyingParty, number: int, citizen: Citizen
) -> DistantPerson:
    person = pair.person(number)
    person.open(party.url(party.ask()))
    person.send(button=1)
    person.send({"email": citizen.email})
    person.send({"password": citizen.password})
    person.open(person.url.replace("/code", "/recovery-code"))
    assert person.url.endswith("/recovery-code"), person.heading
    return person


def test_one_recovery_code_opens_one_door_of_four(pair: Pair) -> None:
    citizen, party = pair.citizen("one.recovery.code@example.com"), pair.party()
    with pair.street.records() as session:
        codes = give_codes(session, pair.street.services, citizen)
    people = [at_recovery_code(pair, party, number, citizen) for number in range(4)]
    all_at_once(4, lambda number: people[number].send({"recovery_code": codes[0]}))
    used = [person for person in people if person.url.endswith("/recovery-code/used")]
    assert len(used) == 1, [person.heading for person in people]
    with pair.street.records() as session:
        assert recovery_codes.left(session, citizen.account_id) == 9


def test_wrong_recovery_codes_in_parallel_are_counted_exactly(pair: Pair) -> None:
    citizen, party = pair.citizen("wrong.recovery.codes@example.com"), pair.party()
    with pair.street.records() as session:
        codes = give_codes(session, pair.street.services, citizen)
    people = [at_recovery_code(pair, party, number, citizen) for number in range(8)]
    all_at_once(8, lambda number: people[number].send({"recovery_code": WRONG}))
    with pair.street.records() as session:
        tries = session.scalar(
            sa.select(throttles.Throttle.tries).where(
                throttles.Throttle.kind == Kind.RECOVERY_CODE,
                throttles.Throttle.subject_hash == throttles.subject_hash(citizen.account_id),
            )
        )
    assert tries == 5
    people[0].open(people[0].url)
    people[0].open(people[0].url.replace("/locked", "/recovery-code"))
    assert people[0].url.endswith("/locked"), "a code of the right kind is still taken"
    with pair.street.records() as session:
        assert recovery_codes.left(session, citizen.account_id) == len(codes)


def test_one_answer_of_a_passkey_signs_one_of_four_in(pair: Pair) -> None:
    citizen, party = pair.citizen("one.passkey@example.com"), pair.party()
    with pair.street.records() as session:
        device = give_passkey(session, pair.street.services, citizen)
    first = pair.person(0)
    first.open(party.url(party.ask()))
    first.open(first.url.replace("/start", "/passkey"))
    answer, form = device.get(options_of(first)), dict(first.form().values)
    tabs = [pair.person(number) for number in range(4)]
    for tab in tabs:
        tab.session.cookies.update(first.session.cookies)
        tab.url, tab.answer = first.url, first.answer
    all_at_once(4, lambda n: tabs[n].request("POST", first.url, form | {"answer": answer}, {}))
    with pair.street.records() as session:
        [passkey] = passkeys.of_account(session, citizen.account_id)
        assert passkey.sign_count == 1
        facts = session.scalars(
            sa.text(
                "SELECT fact FROM audit_entries WHERE account_id = :account "
                "UNION ALL SELECT fact FROM audit_log WHERE account_id = :account"
            ).bindparams(account=citizen.account_id)
        ).all()
    assert facts.count("signed_in_with_passkey") == 1


def test_two_signatures_with_one_count_are_one_sign_in(pair: Pair) -> None:
    citizen = pair.citizen("one.count@example.com")
    services = pair.street.services
    asked = [Asked(Ceremony.SIGN_IN, "a" * 64, f"journey {number}") for number in range(8)]
    with pair.street.records() as session:
        device = give_passkey(session, services, citizen)
        answers = []
        for each in asked:
            device.count = 0
            answers.append(device.get(passkeys.options_to_use(session, services, each)))

    def use(number: int) -> str:
        with pair.street.records() as session:
            try:
                passkeys.use(session, services, asked[number], answers[number])
            except passkeys.Refused as refused:
                return refused.because
        return "used"

    assert sorted(all_at_once(8, use)) == [*["count"] * 7, "used"]


def test_however_apps_are_switched_and_removed_one_default_is_left(pair: Pair) -> None:
    services = pair.street.services
    for round_ in range(6):
        citizen = pair.citizen(f"last.app.{round_}@example.com")
        with pair.street.records() as session:
            give_backup(session, services, citizen)

        def change(number: int, account_id: str = citizen.account_id) -> bool:
            with pair.street.records() as session:
                act = authenticator_apps.switch if number % 2 else authenticator_apps.remove_backup
                return act(session, account_id)

        done = all_at_once(6, change)
        with pair.street.records() as session:
            left = authenticator_apps.of_account(session, citizen.account_id)
        assert [app.role for app in left] == [Role.DEFAULT], done
        assert sum(done[::2]) == 1, "one app, removed twice"


def test_a_set_of_recovery_codes_is_made_once(pair: Pair) -> None:
    citizen = pair.citizen("one.set@example.com")

    def make(_: int) -> bool:
        with pair.street.records() as session:
            services = pair.street.services
            made = recovery_codes.make(session, services, citizen.account_id, replacing=0)
        return made is not None

    assert sum(all_at_once(6, make)) == 1
    with pair.street.records() as session:
        assert recovery_codes.left(session, citizen.account_id) == recovery_codes.COUNT
