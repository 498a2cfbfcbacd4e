"""The operators' audit record, in every state: what `showing` has for the other pages."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from idp.domain import audit_checks
from idp.domain.audit_entries import SealedEntry
from tests.acceptance.at_the_levers import come_to, new_operator
from tests.acceptance.shown import Shown, Walk
from tests.support.chromium import Visitor
from tests.support.servers import Street


@contextmanager
def one_row_changed(street: Street) -> Iterator[int]:
    """Somebody changes a row of the record behind our back, and puts it back at the end."""
    street.work()
    with street.records() as session:
        last = session.scalar(sa.select(sa.func.max(SealedEntry.log_index))) or 0
        index = last // 2
        row = session.get_one(SealedEntry, index)
        before = row.at
    change = sa.text("UPDATE audit_log SET at = :at WHERE log_index = :index")
    with street.records() as session:
        session.execute(change, {"at": before + 1, "index": index})
    try:
        yield index
    finally:
        with street.records() as session:
            session.execute(change, {"at": before, "index": index})


def check_the_record(visitor: Visitor, street: Street) -> None:
    """Press the button that has the record proved; a long one is the worker's."""
    visitor.page.locator("form[action='/ops/audit/verify'] button").click()
    visitor.page.wait_for_load_state("load")
    street.work()
    visitor.open(f"{street.issuer}ops/audit")


def minding_the_record(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """The record not looked at yet, searched, found whole, found broken, and being proved."""
    come_to(visitor, street, new_operator(street), f"ops/audit?lng={language}")
    yield Shown("/ops/audit")
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


WALKS: dict[str, Walk] = {
    "minding the record": minding_the_record,
}

ROUTES = {"/ops/audit"}
"""Every route of these that shows a page."""
