"""What the domain does for owners: activity, reports, confirmations, changes, deletion, copies."""

import dataclasses
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import (
    account_changes,
    accounts,
    activity,
    activity_reports,
    audit,
    audit_log,
    confirmations,
    disclosures,
    identities,
    journeys,
    personal_data,
    resets,
    sessions,
)
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.confirmations import Change
from idp.domain.disclosures import Disclosure
from idp.domain.journeys import Journey
from idp.domain.sessions import BrowserSession, Method
from idp.journeys.account.words import HAPPENED
from idp.kernel.database import Base
from idp.protocol.identity_claims import ADDRESS
from tests.domain.conftest import Installation
from tests.protocol.examples import AN_IDENTITY
from tests.support.citizens import Citizen, enrol


def signed_in(session: Session, bare: Installation) -> tuple[Account, BrowserSession]:
    """An account and a session of its owner."""
    citizen = enrol(session, bare.services)
    account = accounts.find_by_email(session, citizen.email)
    assert account is not None
    return account, another_device(session, bare, account)


def another_device(session: Session, bare: Installation, account: Account) -> BrowserSession:
    """One more session of the account."""
    found, _ = sessions.after_password(
        session, bare.services, browser_hash="b", account=account, current=None, device="Chrome/1"
    )
    return found


def a_journey(session: Session, bare: Installation) -> Journey:
    """Somebody on their way."""
    return journeys.open_journey(
        session,
        bare.services,
        browser_id="a browser",
        client_id="a client",
        parameters="",
        language="en",
        wanted=journeys.Wanted(),
    )


def tables_about_accounts() -> set[str]:
    """Every table that names an account, whether the database knows that it does or not."""
    return {
        table.name
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("account_id")
        or any(key.column.table.name == "accounts" for key in column.foreign_keys)
    } | {"accounts"}


NOT_SHOWN = {
    "account_blocked": "nobody gets in to see it",
    "account_created_by_operator": "of test citizens",
    "account_deleted": "nobody is left to see it",
    "authorization_refused": "between the service and us",
    "change_confirmed": "the change itself is shown",
    "claims_released": "reads what was shared, and that is shown",
    "code_refused": "between the service and us",
    "code_replayed": "between the service and us",
    "email_code_refused": "not known to be about the account before the code is right",
    "email_code_sent": "they have the mail",
    "email_proved": "what it was for is shown",
    "identity_disputed": "a new check follows, and is shown",
    "logout_notice_delivered": "signing out is shown",
    "logout_notice_failed": "signing out is shown",
    "reauthentication_failed": "the wrong password or code is shown",
    "recovery_check_ended": "what came of it is shown",
    "recovery_reminded": "they have the mail",
    "recovery_stop_refused": "they have not stopped it",
    "second_factors_removed": "what took their place is shown",
    "token_introspected": "between the service and us",
    "token_revoked": "between the service and us",
    "tokens_issued": "opening the service is shown",
}
"""Facts about an account that its owner is not shown, and why."""


def test_everything_that_is_shown_has_words_and_is_a_fact() -> None:
    assert set(HAPPENED) == activity.SHOWN
    about_accounts = {
        name
        for name, fact in audit.FACTS.items()
        if "account_id" in {field.name for field in dataclasses.fields(fact)}
        # What somebody did in a console stands in a module of its own. Its page shows it; the
        # owner sees what was done to their account.
        and (fact.__module__ == audit.__name__ or name in activity.SHOWN)
    }
    assert about_accounts == activity.SHOWN | set(NOT_SHOWN)
    assert not activity.SHOWN & set(NOT_SHOWN)


def test_activity_has_the_same_name_before_and_after_sealing(installation: Installation) -> None:
    bare = installation
    with bare.session() as session:
        account, _ = signed_in(session, bare)
        session.commit()
        before = activity.page(session, account.id, 1)
        assert [event.fact for event in before.events] == ["signed_in_with_password"]
        assert before.events[0].device == "Chrome/1"
        audit_log.seal_arrivals(session, bare.services)
        session.expire_all()
        assert session.scalars(select(AuditEntry)).all() == []
        assert activity.page(session, account.id, 1).events == before.events
        reference = before.events[0].reference
        assert activity.find(session, account.id, reference) == before.events[0]
        assert activity.find(session, "somebody else", reference) is None
        for odd in ("another", reference[:-1], f"{reference[:-1]}x", "0" * 24):
            assert activity.find(session, account.id, odd) is None


def test_a_report_is_made_once(bare: Installation) -> None:
    with bare.session() as session:
        account, _ = signed_in(session, bare)
        event = activity.everything(session, account.id)[0]
        first = activity_reports.report(session, bare.services, account, event, device="x")
        again = activity_reports.report(session, bare.services, account, event, device="x")
        assert first.number == again.number
        assert activity_reports.numbers(session, account.id) == {event.reference: first}
        assert session.scalars(select(AuditEntry.fact)).all().count("activity_reported") == 1


def test_a_confirmation_is_used_up_by_one_of_two_at_once(bare: Installation) -> None:
    with bare.session() as session:
        account, here = signed_in(session, bare)
        here.otp_at = bare.clock.now()
        confirmations.password_was_given(session, bare.services, account, here, Change.DELETE)
        session.commit()
    with bare.session() as one, bare.session() as other:
        theirs = other.get_one(BrowserSession, here.sid)
        assert confirmations.is_confirmed(bare.services, account, theirs, Change.DELETE)
        other.rollback()
        for owner, used in ((one, True), (other, False)):
            account = owner.get_one(Account, here.account_id)
            browser = owner.get_one(BrowserSession, here.sid)
            assert confirmations.use(owner, bare.services, account, browser, Change.DELETE) is used
            owner.commit()


def test_a_code_is_asked_for_when_the_last_one_is_old(bare: Installation) -> None:
    with bare.session() as session:
        account, here = signed_in(session, bare)
        confirmations.password_was_given(session, bare.services, account, here, Change.EMAIL)
        assert confirmations.is_half_confirmed(bare.services, here, Change.EMAIL)
        assert not confirmations.is_confirmed(bare.services, account, here, Change.EMAIL)
        confirmations.factor_was_given(session, bare.services, here, Change.EMAIL, Method.APP)
        assert confirmations.is_confirmed(bare.services, account, here, Change.EMAIL)
        assert not confirmations.is_confirmed(bare.services, account, here, Change.DELETE)
        bare.clock.move(confirmations.LIFETIME)
        assert not confirmations.is_confirmed(bare.services, account, here, Change.EMAIL)


def test_a_session_that_has_ended_confirms_nothing(bare: Installation) -> None:
    with bare.session() as session:
        account, here = signed_in(session, bare)
        sessions.end(session, bare.services, here, "a test")
        about = (session, bare.services)
        assert confirmations.password_was_given(*about, account, here, Change.EMAIL) is None
        assert confirmations.factor_was_given(*about, here, Change.EMAIL, Method.APP) is None
        assert not confirmations.use(*about, account, here, Change.EMAIL)


def test_an_account_is_held_while_it_is_there(bare: Installation) -> None:
    with bare.session() as session:
        account, _ = signed_in(session, bare)
        assert accounts.hold(session, account.id)
        assert not accounts.hold(session, "another")


def test_a_new_password_or_address_makes_resets_under_way_worthless(bare: Installation) -> None:
    with bare.session() as session:
        account, here = signed_in(session, bare)

        def is_worthless_after(change: Callable[[], None]) -> bool:
            journey = a_journey(session, bare)
            resets.begin(bare.services, journey, account)
            session.flush()
            change()
            session.refresh(journey)
            return journey.reset_account_id is None

        services = bare.services
        assert not is_worthless_after(lambda: None)
        assert is_worthless_after(
            lambda: account_changes.change_password(
                session, services, account, here, password_hash="another"
            )
        )
        assert is_worthless_after(
            lambda: account_changes.change_email(
                session, services, account, here, email="new@example.com"
            )
        )


def test_a_session_long_over_is_not_ended_again(bare: Installation) -> None:
    with bare.session() as session:
        account, _ = signed_in(session, bare)
        bare.clock.move(2 * bare.services.settings.session_lifetime)
        assert sessions.end_all(session, bare.services, account.id, "a test") == 0
        another_device(session, bare, account)
        assert sessions.end_all(session, bare.services, account.id, "a test") == 1


def test_activity_tells_the_device_for_thirty_days(bare: Installation) -> None:
    with bare.session() as session:
        account, _ = signed_in(session, bare)
        for moved, device in ((sessions.KEPT_FOR - 1, "Chrome/1"), (1, "")):
            bare.clock.move(moved)
            sessions.sweep(session, bare.services)
            assert activity.everything(session, account.id)[0].device == device


def test_sharing_stops_for_one_client_alone(bare: Installation) -> None:
    now = bare.clock.now()
    with bare.session() as session:
        account, _ = signed_in(session, bare)
        for client_id in ("one", "other"):
            disclosures.share(
                session, account_id=account.id, client_id=client_id, claims=[ADDRESS], now=now
            )
        account_changes.stop_sharing(session, bare.services, account, ["one"])
        session.expire_all()
        found = session.scalars(select(Disclosure))
        withdrawn = {each.client_id: each.withdrawn_at for each in found}
        assert withdrawn == {"one": now, "other": None}


def test_only_ones_own_device_can_be_signed_out_and_once(bare: Installation) -> None:
    with bare.session() as session:
        account, here = signed_in(session, bare)
        assert not account_changes.sign_out_device(session, bare.services, "another", here.sid)
        assert account_changes.sign_out_device(session, bare.services, account.id, here.sid)
        session.expire_all()
        assert not account_changes.sign_out_device(session, bare.services, account.id, here.sid)
        assert sessions.of_account(session, bare.services, account.id) == []


def test_everything_about_an_account_is_deleted_and_other_accounts_stay(
    bare: Installation,
) -> None:
    with bare.session() as session:
        account, here = signed_in(session, bare)
        enrol(session, bare.services, Citizen("bob@example.com", "seven grey herons"))
        identities.keep(
            session, bare.services, account_id=account.id, level="P2", person=AN_IDENTITY
        )
        event = activity.everything(session, account.id)[0]
        activity_reports.report(session, bare.services, account, event, device="x")
        account_id = account.id
        session.commit()
        account_changes.delete_account(session, bare.services, account, here)
        session.commit()
        for name in tables_about_accounts() - {"audit_entries", "audit_log"}:
            for row in session.execute(sa.select(Base.metadata.tables[name])):
                assert account_id not in [str(value) for value in row], name
        assert [each.email for each in session.scalars(select(Account))] == ["bob@example.com"]
        assert accounts.find_by_email(session, "alice@example.com") is None


def test_the_copy_of_ones_data_has_a_part_for_every_table(bare: Installation) -> None:
    assert tables_about_accounts() == set(personal_data.TOLD) | set(personal_data.NOT_TOLD)
    assert not set(personal_data.TOLD) & set(personal_data.NOT_TOLD)
    with bare.session() as session:
        account, _ = signed_in(session, bare)
        copy = personal_data.copy_of(session, bare.services, account)
        assert copy["identity"] is None
        assert set(personal_data.TOLD.values()) <= set(copy)
        identities.keep(
            session, bare.services, account_id=account.id, level="P2", person=AN_IDENTITY
        )
        copy = personal_data.copy_of(session, bare.services, account)
        assert copy["identity"]["confidence"] == "P2"
