"""One signed-in flow keeps to its budget, counted by the database with everything on.

PostgreSQL: 5 statements and 3 commits; SQLite: 9 and 3. Two signatures, two verifications; no
password hash, no template, no key parsed, nobody called. Beside it a service's own rate costs two
statements and a commit for every block of requests that a process leases.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from idp.domain.services import Services
from idp.kernel.database import db
from idp.settings import Settings
from idp.web import cookies
from idp.web.arrivals import Arrival
from idp.web.current import Application
from tests.support.building import register
from tests.support.citizens import enrol, signed_in_cookie
from tests.support.clock import FixedClock
from tests.support.counting import (
    DatabaseWork,
    counting_effort,
    counting_postgresql,
    counting_sqlite,
)
from tests.support.person import Person
from tests.support.relying_party import RelyingParty, verified
from tests.support.secrets import one_logins_hash

STATEMENTS = {"postgresql": 5, "sqlite": 9}
COMMITS = 3
FIRST_VISIT_MORE = 4


@pytest.fixture
def work(database_url: str, request: pytest.FixtureRequest) -> Iterator[DatabaseWork]:
    """What the database is asked; made before `app`, so that every connection is seen."""
    if database_url.startswith("sqlite"):
        with counting_sqlite() as work:
            yield work
        return
    with counting_postgresql(request.getfixturevalue("postgres"), database_url) as work:
        yield work


@dataclass
class Flow:
    """A signed-in citizen's browser, the service they open, and the clock they share."""

    app: Application
    person: Person
    party: RelyingParty
    clock: FixedClock

    def run(self) -> None:
        """Authorize, token, UserInfo; each answer checked so that nothing is skipped."""
        request = self.party.ask()
        answer = self.person.request("GET", self.party.url(request), None, {})
        assert answer.status == 302, answer
        code = self.party.answer(request, answer.headers["Location"])["code"]
        form = self.party.token_form(request, code, self.clock.now())
        tokens = self.person.client.post(
            "/token", data=form, base_url=self.party.issuer, headers=self.party.headers
        )
        assert tokens.status_code == 200, tokens.data
        bearer = {"Authorization": f"Bearer {tokens.get_json()['access_token']}"}
        claims = self.person.client.get("/userinfo", headers=bearer, base_url=self.party.issuer)
        assert claims.status_code == 200
        assert claims.get_json()["email"] == "alice@example.com"
        self.last_id_token = tokens.get_json()["id_token"]


METHODS: dict[str, dict[str, Any]] = {
    "ES256": {"alg": "ES256"},
    "RS256": {"alg": "RS256"},
    "PS256": {"alg": "PS256"},
    "secret": {"method": "client_secret_post", "id_token_alg": "RS256"},
    "basic": {"method": "client_secret_basic", "more": {"profile": "openid"}},
    "imported": {
        "method": "client_secret_post",
        "more": {"client_secret_hash": one_logins_hash("imported")},
    },
}


@pytest.fixture(params=METHODS)
def flow(
    request: pytest.FixtureRequest,
    work: DatabaseWork,
    app: Application,
    person: Person,
    session: Session,
    services: Services,
    settings: Settings,
    clock: FixedClock,
) -> Flow:
    """A service of each kind, and Alice signed in at `Cl.Cm`."""
    alice = enrol(session, services)
    party = RelyingParty(settings.issuer, **METHODS[request.param])
    register(session, services, party)
    party.secret = party.secret or "imported"
    secret = signed_in_cookie(session, services, alice)
    session.commit()
    person.client.set_cookie(cookies.SESSION, secret, domain="id.onepass.localhost")
    return Flow(app, person, party, clock)


def kind_of(session: Session) -> str:
    """Which database answers: it is asked, so that none can stand in for the other quietly."""
    name = session.get_bind().dialect.name
    session.scalar(text("SELECT version()" if name == "postgresql" else "SELECT sqlite_version()"))
    return name


def test_a_signed_in_flow_keeps_to_its_statements_and_commits(
    flow: Flow, work: DatabaseWork, session: Session
) -> None:
    flow.run()
    audited = session.scalar(text("SELECT count(*) FROM audit_entries"))
    session.rollback()
    work.clear()
    flow.run()
    work.catch_up()
    statements, commits = list(work.statements), work.commits
    assert len(statements) >= 3, "the flow was not seen"
    assert len(statements) <= STATEMENTS[kind_of(session)], "\n".join(statements)
    assert commits == COMMITS
    assert session.scalar(text("SELECT count(*) FROM audit_entries")) == (audited or 0) + 3


def test_the_first_visit_of_a_service_costs_few_statements_more(
    flow: Flow, work: DatabaseWork, session: Session, services: Services
) -> None:
    flow.run()
    flow.party = register(session, services, RelyingParty(flow.party.issuer))
    session.commit()
    work.clear()
    flow.run()
    work.catch_up()
    most = STATEMENTS[kind_of(session)] + FIRST_VISIT_MORE
    assert len(work.statements) <= most, "\n".join(work.statements)


def test_a_services_own_rate_costs_two_statements_and_a_commit_a_block(
    flow: Flow, work: DatabaseWork, session: Session, services: Services
) -> None:
    """The first flow leased a block of 3, a hundredth of 300 requests a minute."""
    secret, flow.party.more = flow.party.secret, flow.party.more | {"rate_limit": 300}
    register(session, services, flow.party).secret = secret
    session.commit()
    flow.clock.move(31)
    flow.run()
    work.clear()
    for _ in range(6):
        flow.run()
    work.catch_up()
    flows = [statement for statement in work.statements if "client_rates" not in statement]
    leases = [statement for statement in work.statements if "client_rates" in statement]
    assert len(flows) <= 6 * STATEMENTS[kind_of(session)], "\n".join(flows)
    assert len(leases) == 2 * 2, "\n".join(leases)
    assert work.commits == 6 * COMMITS + 2


def test_a_signed_in_flow_signs_and_verifies_twice_and_does_nothing_else_dear(flow: Flow) -> None:
    flow.run()
    request = flow.party.ask()
    answer = flow.person.request("GET", flow.party.url(request), None, {})
    code = flow.party.answer(request, answer.headers["Location"])["code"]
    form = flow.party.token_form(request, code, flow.clock.now())
    url = flow.party.url(flow.party.ask())
    with counting_effort() as effort:
        flow.person.request("GET", url, None, {})
        tokens = flow.person.client.post("/token", data=form, headers=flow.party.headers)
        bearer = {"Authorization": f"Bearer {tokens.get_json()['access_token']}"}
        claims = flow.person.client.get("/userinfo", headers=bearer)
    assert claims.status_code == 200
    verifications = 2 if flow.party.method == "private_key_jwt" else 1
    assert effort == {"sign": 2, "verify": verifications}


def plant(flow: Flow, work_more: Callable[[], object]) -> None:
    """Make every request do something more than it has to, before it is answered."""
    admit = flow.app.admit

    def admit_and_work_more(arrival: Arrival) -> None:
        admit(arrival)
        with flow.app.app_context():
            work_more()

    flow.app.admit = admit_and_work_more


def test_a_statement_more_turns_the_budget_red(
    flow: Flow, work: DatabaseWork, session: Session
) -> None:
    flow.run()
    plant(flow, lambda: db.session.execute(text("SELECT 1")))
    work.clear()
    flow.run()
    work.catch_up()
    assert len(work.statements) > STATEMENTS[kind_of(session)]


def test_a_commit_more_is_counted(flow: Flow, work: DatabaseWork) -> None:
    flow.run()

    def planted() -> None:
        db.session.execute(text("UPDATE accounts SET language = 'cy'"))
        db.session.commit()

    plant(flow, planted)
    work.clear()
    flow.run()
    work.catch_up()
    assert work.commits == 2 * COMMITS


def test_the_tokens_of_the_counted_flow_are_real(flow: Flow, person: Person) -> None:
    flow.run()
    jwks = person.client.get("/.well-known/jwks.json").get_json()
    claims = verified(
        flow.last_id_token,
        jwks,
        audience=flow.party.client_id,
        algorithm=flow.party.id_token_alg,
    )
    assert claims["iss"] == flow.party.issuer
