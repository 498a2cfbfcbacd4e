"""What the record says is counted once, whoever counts and wherever they stopped."""

import sqlalchemy as sa

from idp.domain import audit, clients, daily_counts, exposition
from idp.domain.audit import Fact
from idp.domain.audit_log import seal_arrivals
from idp.domain.daily_counts import COUNTED, DAY, EVER, KEPT_FOR, DailyCount
from idp.domain.fact_catalogue import FACTS
from tests.domain.conftest import Installation
from tests.support.building import ISSUER
from tests.support.relying_party import RelyingParty


def record(installation: Installation, *facts: Fact) -> None:
    with installation.session() as session:
        for fact in facts:
            audit.record(session, fact, now=installation.clock.now())
        session.commit()
        while seal_arrivals(session, installation.services):
            pass


def count(installation: Installation, limit: int = 1000) -> int:
    with installation.session() as session:
        counted = daily_counts.count_sealed(session, limit)
        session.commit()
        return counted


def counts(installation: Installation) -> dict[tuple[int, str, str, str], int]:
    with installation.session() as session:
        rows = session.scalars(sa.select(DailyCount)).all()
        return {(row.day, row.fact, row.client_id, row.reason): row.count for row in rows}


def test_every_counted_fact_exists_and_has_the_field_that_says_why() -> None:
    for name, field in COUNTED.items():
        assert field is None or field in FACTS[name].__dataclass_fields__, name


def test_each_entry_is_counted_once_in_its_day_and_in_all(installation: Installation) -> None:
    with installation.session() as session:
        party = RelyingParty(ISSUER)
        clients.apply(session, installation.services, party.registration())
        session.commit()
    known = party.client_id
    refused = audit.AuthorizationRefused(client_id=known, reason="a rule")
    unknown = audit.AuthorizationRefused(client_id="<script>", reason="a rule")
    day = installation.clock.now() // DAY * DAY
    record(installation, refused, refused, unknown, audit.Locked(kind="password"))
    total = 0
    while done := count(installation, 2):
        assert done <= 2
        total += done
    assert total == 5
    assert count(installation) == 0
    installation.clock.move(DAY)
    record(installation, refused)
    assert count(installation) == 1
    found = counts(installation)
    assert found == {
        (EVER, "authorization_refused", known, "a rule"): 3,
        (EVER, "authorization_refused", "", "a rule"): 1,
        (EVER, "locked", "", "password"): 1,
        (day, "authorization_refused", known, "a rule"): 2,
        (day, "authorization_refused", "", "a rule"): 1,
        (day, "locked", "", "password"): 1,
        (day + DAY, "authorization_refused", known, "a rule"): 1,
    }
    with installation.session() as session:
        text = exposition.text(session, installation.services).decode()
        assert daily_counts.behind(session) == 0
    line = f'onepass_events_total{{event="authorization_refused",client="{known}",reason="a rule"}}'
    assert f"{line} 3\n" in text
    assert "script" not in text


def test_who_dies_while_counting_has_counted_nothing(installation: Installation) -> None:
    record(installation, audit.Locked(kind="password"))
    with installation.session() as session:
        assert daily_counts.count_sealed(session) == 1
        session.rollback()
    assert count(installation) == 1
    assert counts(installation)[EVER, "locked", "", "password"] == 1


def test_counts_of_a_year_ago_go_and_the_total_stays(installation: Installation) -> None:
    record(installation, audit.Locked(kind="password"))
    count(installation)
    with installation.session() as session:
        now = installation.clock.now()
        assert daily_counts.sweep(session, now + KEPT_FOR - DAY) == 0
        assert daily_counts.sweep(session, now + KEPT_FOR + DAY) == 1
        session.commit()
    assert list(counts(installation)) == [(EVER, "locked", "", "password")]
