"""The record and the figures in every state: what `showing` has for the other pages."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from idp.domain import audit, audit_checks, feedback, members
from idp.domain.audit_entries import SealedEntry
from idp.domain.clients import Client
from idp.domain.feedback import After
from idp.domain.members import Role
from tests.acceptance.at_the_levers import come_to, new_operator
from tests.acceptance.shown import Shown, Walk, newcomer
from tests.support.chromium import Visitor
from tests.support.servers import Street


@contextmanager
def one_row_changed(street: Street) -> Iterator[int]:
    """Somebody changes a row of the record behind our back, and puts it back at the end.

    It is one whose like is nowhere else: of two that are alike, it would be said to be moved.
    """
    street.work()
    newest = sa.select(sa.func.max(SealedEntry.log_index)).where(
        SealedEntry.fact == "operator_added"
    )
    with street.records() as session:
        index = session.scalar(newest)
        assert index is not None
        before = session.get_one(SealedEntry, index).at
    change = sa.text("UPDATE audit_log SET at = :at WHERE log_index = :index")
    with street.records() as session:
        session.execute(change, {"at": before + 1, "index": index})
    try:
        yield index
    finally:
        with street.records() as session:
            session.execute(change, {"at": before, "index": index})


def check_the_record(visitor: Visitor, street: Street) -> None:
    """Press the button that has the record proved; a long one is the worker's, played here.

    The street's own worker proves on a thread, for which a test could only wait.
    """
    with visitor.page.expect_navigation(wait_until="load"):
        visitor.page.locator("form[action='/ops/audit/verify'] button").click()
    with street.records() as session:
        audit_checks.verify_if_due(session, street.services)
    visitor.open(f"{street.issuer}ops/audit")


def minding_the_record(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """The record not looked at yet, searched, found whole, found broken, and being proved."""
    operator = new_operator(street)
    come_to(visitor, street, operator, f"ops/audit?lng={language}")
    yield Shown("/ops/audit")
    visitor.open(f"{street.issuer}ops/audit?account_id={operator.account_id}")
    yield Shown("/ops/audit", "account not looked up")
    visitor.open(f"{street.issuer}ops/audit")
    check_the_record(visitor, street)
    yield Shown("/ops/audit", "whole")
    with one_row_changed(street):
        check_the_record(visitor, street)
        yield Shown("/ops/audit", "broken")
    with street.records() as session:
        audit_checks.ask(session, street.clock.now())
    visitor.open(f"{street.issuer}ops/audit?client_id=nobody")
    yield Shown("/ops/audit", "nothing found")
    visitor.open(f"{street.issuer}ops/audit?since=yesterday&client_id={'x' * 65}")
    yield Shown("/ops/audit", "not a day")


def reading_figures(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Figures of a few days, with nothing in them and with enough for pictures."""
    come_to(visitor, street, new_operator(street), f"ops/metrics?days=7&lng={language}")
    yield Shown("/ops/metrics", "few")
    now = street.clock.now()
    with street.records() as session:
        for number in range(90):
            at = now - number % 10 * 86_400
            for fact in (
                audit.SignedInWithPassword(account_id="a", sid="s"),
                audit.AccountCompleted(account_id="a"),
                audit.AuthorizationRefused(client_id="tax-account", reason="redirect_uri"),
                audit.Locked(kind="password"),
            ):
                audit.record(session, fact, now=at)
        for number in range(12):
            feedback.give(
                session,
                street.services,
                after=After.SIGNING_OUT,
                language="en",
                satisfaction=5 - number % 2,
                words="",
            )
    street.clock.move(61)
    street.work()
    visitor.open(f"{street.issuer}ops/metrics?days=7")
    yield Shown("/ops/metrics")
    visitor.open(f"{street.issuer}ops/metrics?days=90")
    visitor.page.locator("details summary").first.click()
    yield Shown("/ops/metrics", "90 days")


def reading_ones_services_record(
    visitor: Visitor, street: Street, language: str
) -> Iterator[Shown]:
    """What was done to a service, all of it and nothing of it."""
    reader = newcomer(street, "reader")
    with street.records() as session:
        client = session.get_one(Client, "tax-account")
        members.add(session, street.services, client.service_id, reader.account_id, Role.READER)
        address = f"team/services/{client.service_id}/audit"
    street.work()
    come_to(visitor, street, reader, f"{address}?lng={language}")
    yield Shown("/team/services/<service_id>/audit")
    visitor.open(f"{street.issuer}{address}?fact=service_described&client=tax-account")
    yield Shown("/team/services/<service_id>/audit", "nothing found")


WALKS: dict[str, Walk] = {
    "minding the record": minding_the_record,
    "reading figures": reading_figures,
    "reading the record of one's service": reading_ones_services_record,
}

ROUTES = {"/ops/audit", "/ops/metrics", "/team/services/<service_id>/audit"}
"""Every route of these that shows a page."""
