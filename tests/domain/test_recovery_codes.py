"""Recovery codes: ten, each good once, seen by whoever makes them and by nobody later."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import accounts, guessing, recovery_codes, second_factors, throttles
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.guessing import Counter
from idp.domain.outbox import OutboxMessage
from idp.domain.recovery_codes import RecoveryCode, SetFacts, Shown
from idp.domain.services import Services
from idp.domain.throttles import Kind, Locked
from tests.support.citizens import Citizen, enrol
from tests.support.clock import NOON, FixedClock


@pytest.fixture
def alice(session: Session, services: Services) -> Account:
    account = accounts.get(session, enrol(session, services).account_id)
    assert account is not None
    return account


def made(session: Session, services: Services, account: Account, replacing: int = 0) -> Shown:
    shown = recovery_codes.make(session, services, account.id, replacing=replacing)
    assert shown is not None
    return shown


def test_there_are_ten_different_ones_that_can_be_copied_by_hand(
    session: Session, services: Services, alice: Account
) -> None:
    codes = made(session, services, alice).codes
    assert len(set(codes)) == 10
    for code in codes:
        assert re.fullmatch(r"([A-HJ-NP-Z2-9]{4}-){3}[A-HJ-NP-Z2-9]{4}", code)
    assert len(recovery_codes.ALPHABET) == len(set(recovery_codes.ALPHABET)) == 32


def test_nothing_readable_is_stored(session: Session, services: Services, alice: Account) -> None:
    shown = made(session, services, alice)
    stored = " ".join(code.code_hash for code in session.scalars(select(RecoveryCode)))
    for code in shown.codes:
        bare = code.replace("-", "")
        assert bare not in stored
        assert bare not in shown.parcel


def test_each_is_good_once(session: Session, services: Services, alice: Account) -> None:
    codes = made(session, services, alice).codes
    assert recovery_codes.left(session, alice.id) == 10
    assert recovery_codes.use(session, services, alice.id, codes[3]) == 9
    assert recovery_codes.use(session, services, alice.id, codes[3]) is None
    assert recovery_codes.use(session, services, alice.id, codes[4]) == 8
    assert recovery_codes.facts(session, alice.id) == SetFacts(1, NOON, shown=True, left=8)


def test_spacing_and_case_do_not_matter(
    session: Session, services: Services, alice: Account
) -> None:
    codes = made(session, services, alice).codes
    for typed in (
        codes[0].lower(),
        codes[1].replace("-", " "),
        f"  {codes[2].replace('-', '')}\n",
        codes[3].replace("-", "‑"),
    ):
        assert recovery_codes.use(session, services, alice.id, typed) is not None


@pytest.mark.parametrize(
    "typed", ["", "ABCD", "ABCD-EFGH-JKLM-NPQ1", "ABCD-EFGH-JKLM-NPQRS", "123456"]
)
def test_what_can_be_no_code_is_wrong(
    session: Session, services: Services, alice: Account, typed: str
) -> None:
    made(session, services, alice)
    assert recovery_codes.use(session, services, alice.id, typed) is None


@given(st.text())
def test_no_text_breaks_reading_it(typed: str) -> None:
    bare = recovery_codes.cleaned(typed)
    assert bare is None or len(bare) == 16


def test_one_persons_code_is_not_anothers(
    session: Session, services: Services, alice: Account
) -> None:
    bob = enrol(session, services, Citizen("bob@example.com"))
    codes = made(session, services, alice).codes
    assert recovery_codes.use(session, services, bob.account_id, codes[0]) is None
    assert recovery_codes.use(session, services, alice.id, codes[0]) == 9


def test_a_new_set_cancels_the_old_one_and_is_made_once(
    session: Session, services: Services, alice: Account
) -> None:
    first = made(session, services, alice)
    assert recovery_codes.make(session, services, alice.id, replacing=0) is None
    second = made(session, services, alice, 1)
    assert recovery_codes.make(session, services, alice.id, replacing=1) is None
    assert recovery_codes.use(session, services, alice.id, first.codes[0]) is None
    assert recovery_codes.use(session, services, alice.id, second.codes[0]) == 9


def test_a_parcel_opens_once_while_its_page_is_in_hand(
    session: Session, services: Services, alice: Account, clock: FixedClock
) -> None:
    first = made(session, services, alice)
    assert recovery_codes.to_keep(session, services, alice.id, first.parcel) is not None
    again = recovery_codes.show_again(session, services, alice.id, first.parcel)
    assert again is not None
    assert again.codes == first.codes
    for spent in (first.parcel, "", "nonsense", again.parcel[:-2]):
        assert recovery_codes.show_again(session, services, alice.id, spent) is None
        assert recovery_codes.to_keep(session, services, alice.id, spent) is None
    kept = recovery_codes.to_keep(session, services, alice.id, again.parcel)
    assert kept is not None
    assert [recovery_codes.in_groups(code) for code in kept] == list(first.codes)
    recovery_codes.saved(session, alice.id, clock.now())
    assert recovery_codes.show_again(session, services, alice.id, again.parcel) is None
    assert recovery_codes.to_keep(session, services, alice.id, again.parcel) is None
    assert recovery_codes.facts(session, alice.id).saved


def test_a_parcel_is_for_its_owner(session: Session, services: Services, alice: Account) -> None:
    bob = enrol(session, services, Citizen("bob@example.com"))
    parcel = made(session, services, alice).parcel
    assert recovery_codes.show_again(session, services, bob.account_id, parcel) is None


def test_whoever_has_none_has_none(session: Session, services: Services, alice: Account) -> None:
    assert recovery_codes.facts(session, alice.id) == SetFacts()
    assert recovery_codes.left(session, alice.id) == 0


def test_after_all_are_removed_no_page_of_before_counts(
    session: Session, services: Services, alice: Account
) -> None:
    first = made(session, services, alice)
    recovery_codes.remove_all(session, alice.id)
    assert recovery_codes.use(session, services, alice.id, first.codes[0]) is None
    assert recovery_codes.show_again(session, services, alice.id, first.parcel) is None
    facts = recovery_codes.facts(session, alice.id)
    assert (facts.shown, facts.left) == (False, 0)
    assert recovery_codes.make(session, services, alice.id, replacing=1) is None
    assert made(session, services, alice, facts.number).codes


def test_a_right_guess_tells_the_owner_and_gives_the_tries_back(
    session: Session, services: Services, alice: Account
) -> None:
    counter = Counter(Kind.RECOVERY_CODE, alice.id)
    codes = made(session, services, alice).codes
    for left in range(4, 0, -1):
        assert guessing.take_code_try(session, services, counter) == left
    use = (session, services, counter, alice.id)
    assert not guessing.use_recovery_code(*use, "ABCD-EFGH-JKLM-NPQR", device="")
    assert guessing.use_recovery_code(*use, codes[0], device="")
    assert not guessing.use_recovery_code(*use, codes[0], device="")
    assert guessing.take_code_try(session, services, counter) == 4, "the tries came back"
    assert len(session.scalars(select(OutboxMessage)).all()) == 1
    assert session.scalars(select(AuditEntry.fact)).all().count("recovery_code_used") == 1


def test_five_wrong_ones_lock_them_for_two_hours(
    session: Session, services: Services, alice: Account, clock: FixedClock
) -> None:
    counter = Counter(Kind.RECOVERY_CODE, alice.id)
    for left in range(4, -1, -1):
        assert guessing.take_code_try(session, services, counter) == left
    with pytest.raises(Locked) as locked:
        guessing.take_code_try(session, services, counter)
    assert locked.value.until == clock.now() + 7200
    app = Counter(Kind.APP_CODE, alice.id)
    assert guessing.take_code_try(session, services, app) == 5, "an app's codes have their own"


def test_the_owner_hears_of_new_codes_but_not_of_their_first(
    session: Session, services: Services, alice: Account
) -> None:
    def mails() -> int:
        return len(session.scalars(select(OutboxMessage)).all())

    make = second_factors.make_recovery_codes
    assert make(session, services, alice, replacing=0, device="") is not None
    assert mails() == 0
    assert make(session, services, alice, replacing=0, device="") is None
    assert make(session, services, alice, replacing=1, device="") is not None
    assert mails() == 1
    assert throttles.LIMITS[Kind.RECOVERY_CODE].tries == 5
