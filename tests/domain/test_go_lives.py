"""Going live: checked, approved by another, and done once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc.jwk import RSAKey

from idp.domain import approved_acts, clients, go_live_checks, go_lives, members, operators
from idp.domain.approved_acts import CannotBeDone, NotWaiting
from idp.domain.clients import Client, Service
from idp.domain.go_lives import AnswersChanged, NotNow, Status
from idp.domain.key_sets import ExaminedSet, examine
from idp.domain.members import Role
from idp.domain.outbox import OutboxMessage
from idp.kernel.fetching import Fault, Fetched
from idp.protocol.client_policy import policy_from_registration
from tests.domain.conftest import Installation
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.going_live import ANSWERS
from tests.support.relying_party import RelyingParty


@dataclass
class Team:
    """A service with an integration client, its manager and two operators."""

    installation: Installation
    client_id: str
    manager: str
    operators: list[str]

    def answer(self, **changes: Any) -> None:
        """Keep good answers with changes, and keys that were looked at."""
        with self.installation.session() as session, session.begin():
            given = ANSWERS | changes
            go_lives.keep(session, self.installation.services, self.client_id, given)
            address = str(given["jwks_uri"])
            go_lives.found_keys(session, self.client_id, address, go_live_checks.GOOD)

    def sign_somebody_in(self) -> None:
        """Let the record say that tokens were issued."""
        self.installation.execute(
            "INSERT INTO audit_entries (at, fact, client_id, grant_id, detail) "
            "VALUES (1, 'tokens_issued', :client_id, 'own', '{}')",
            client_id=self.client_id,
        )

    def failed(self) -> list[str]:
        """The checks that are not passed."""
        with self.installation.session() as session:
            client = session.get_one(Client, self.client_id)
            standing = go_lives.of(session, self.client_id)
            found = go_live_checks.of(session, client, standing)
        return [check.name for check in found if not check.passed]

    def submit(self, **shown: Any) -> str:
        """Ask to go live with what is kept, unless something else was shown."""
        with self.installation.session() as session, session.begin():
            client = session.get_one(Client, self.client_id)
            service = session.get_one(Service, client.service_id)
            standing = go_lives.of(session, self.client_id)
            method = policy_from_registration(client.members).token_endpoint_auth_method
            after = go_lives.production_registration(client, service, standing.answers, method)
            services = self.installation.services
            return go_lives.submit(
                session,
                services,
                client,
                by=self.manager,
                answers=standing.answers | shown,
                after=after,
                passed=["keys"],
            ).id

    def decide(self, act: Callable[..., Any], request: str, **words: str) -> None:
        """Let an operator decide."""
        with self.installation.session() as session, session.begin():
            act(session, self.installation.services, request, by=self.operators[0], **words)

    def standing(self) -> go_lives.Standing:
        """How far the client is."""
        with self.installation.session() as session:
            return go_lives.of(session, self.client_id)

    def live(self) -> list[Client]:
        """The service's other clients."""
        with self.installation.session() as session:
            others = sa.select(Client).where(Client.client_id != self.client_id)
            return list(session.scalars(others))

    def mails(self) -> int:
        """How many were written."""
        with self.installation.session() as session:
            return len(session.scalars(sa.select(OutboxMessage.id)).all())


def team_with(installation: Installation, **more: Any) -> Team:
    services = installation.services
    with installation.session() as session, session.begin():
        fields = RelyingParty(ISSUER).registration() | {"test_client": True} | more
        client_id = clients.apply(session, services, fields).client_id
        service_id = session.get_one(Client, client_id).service_id
        manager = enrol(session, services, Citizen("manager@example.com")).account_id
        members.add(session, services, service_id, manager, Role.MANAGER)
        two = [enrol(session, services, Citizen(f"op{n}@example.com")).account_id for n in "12"]
        for each in two:
            operators.add(session, services, each)
    return Team(installation, client_id, manager, two)


@pytest.fixture
def team(installation: Installation) -> Team:
    """A team whose client has a key."""
    return team_with(installation)


def test_nothing_is_passed_by_saying_nothing(team: Team) -> None:
    assert team.failed() == ["addresses", "sector", "sign_in", "registration"]
    team.answer()
    assert team.failed() == ["sign_in"]
    team.sign_somebody_in()
    assert team.failed() == []


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"redirect_uris": []}, {"addresses", "registration"}),
        ({"redirect_uris": ["http://tax.example/"]}, {"addresses", "registration"}),
        ({"redirect_uris": ["https://localhost/"]}, {"addresses", "registration"}),
        ({"redirect_uris": ["https://127.0.0.1/"]}, {"addresses", "registration"}),
        ({"redirect_uris": ["https://tax.example/?code=1"]}, {"addresses", "registration"}),
        ({"post_logout_redirect_uris": ["http://a.example"]}, {"addresses", "registration"}),
        ({"landing_page_url": "https://localhost/"}, {"addresses", "registration"}),
        ({"sector_identifier_uri": ""}, {"sector"}),
        ({"sector_identifier_uri": "tax"}, {"sector", "addresses", "registration"}),
    ],
)
def test_each_mistake_fails_its_check(
    team: Team, changes: dict[str, Any], failed: set[str]
) -> None:
    team.sign_somebody_in()
    team.answer(**changes)
    assert set(team.failed()) == failed


def test_keys_count_for_the_address_they_were_found_at(team: Team) -> None:
    team.sign_somebody_in()
    team.answer()
    assert team.failed() == []
    with team.installation.session() as session, session.begin():
        other = ANSWERS | {"jwks_uri": "https://other.example/jwks.json"}
        go_lives.keep(session, team.installation.services, team.client_id, other)
    assert team.failed() == ["keys"]


@pytest.mark.parametrize(
    ("more", "failed"),
    [
        ({"pkce_enforced": False}, ["pkce"]),
        ({"pkce_enforced": False, "jar_validation_required": True}, []),
        ({"contacts": []}, ["contacts"]),
    ],
)
def test_what_the_client_lacks_fails_its_check(
    installation: Installation, more: dict[str, Any], failed: list[str]
) -> None:
    team = team_with(installation, **more)
    team.sign_somebody_in()
    team.answer()
    assert team.failed() == failed


KEY = dict(RSAKey.generate_key(2048, {"kid": "one"}).as_dict(private=False))
KEYS = json.dumps({"keys": [KEY]}).encode()


@pytest.mark.parametrize(
    ("found", "judged"),
    [
        (ExaminedSet(0, "", fault=Fault.NOT_PUBLIC), "unreachable"),
        (examine(Fetched(404, "", KEYS)), "unreachable"),
        (examine(Fetched(200, "", b'["no key set"]')), "unusable"),
        (examine(Fetched(200, "", b'{"keys": [{"kty": "oct", "kid": "1"}]}')), "unusable"),
        (examine(Fetched(200, "", KEYS)), "good"),
    ],
)
def test_keys_that_were_found_are_judged(found: ExaminedSet, judged: str) -> None:
    assert go_live_checks.judged(found) == judged


def test_a_try_on_our_pages_is_no_sign_in_of_the_client(team: Team) -> None:
    for number, fact in enumerate(("tokens_issued", "try_redeemed")):
        given = {"fact": fact, "client_id": team.client_id, "n": number}
        team.installation.execute(
            "INSERT INTO audit_entries (at, fact, client_id, grant_id, detail) "
            "VALUES (:n, :fact, :client_id, 'arrived', '{}')",
            **given,
        )
        team.installation.execute(
            "INSERT INTO audit_log "
            "(log_index, at, fact, client_id, grant_id, detail, leaf_hash, seal) "
            "VALUES (:n, 1, :fact, :client_id, 'sealed', '{}', 'x', 'x')",
            **given,
        )
    team.answer()
    assert team.failed() == ["sign_in"]
    team.sign_somebody_in()
    assert team.failed() == []


def test_a_client_goes_live_with_the_key_that_was_pasted_for_it(team: Team) -> None:
    team.sign_somebody_in()
    team.answer(jwks_uri="")
    assert team.failed() == []
    team.decide(approved_acts.approve, team.submit())
    [live] = team.live()
    with team.installation.session() as session:
        integration = session.get_one(Client, team.client_id)
    assert live.members["public_key"] == integration.members["public_key"]
    assert live.members["public_key_source"] == "STATIC"
    assert "jwks_uri" not in live.members


def test_what_was_answered_meanwhile_is_not_submitted(team: Team) -> None:
    team.answer()
    with pytest.raises(AnswersChanged):
        team.submit(evidence="Something else")
    assert team.standing().status is Status.DRAFT


def test_approval_makes_a_production_client_of_its_own(team: Team) -> None:
    team.answer()
    request = team.submit()
    assert team.standing().status is Status.SUBMITTED
    team.decide(approved_acts.approve, request)
    standing = team.standing()
    [live] = team.live()
    assert (standing.status, standing.live_client_id) == (Status.APPROVED, live.client_id)
    policy = policy_from_registration(live.members)
    assert (policy.environment, policy.test_client) == ("production", False)
    assert policy.redirect_uris == set(ANSWERS["redirect_uris"])
    assert (policy.sector, policy.jwks_uri) == ("tax.example", ANSWERS["jwks_uri"])
    with team.installation.session() as session:
        integration = session.get_one(Client, team.client_id)
        assert integration.service_id == live.service_id
    assert team.mails() == 1
    with pytest.raises(NotNow):
        team.submit()


def test_a_client_with_a_secret_gets_none_by_approval(installation: Installation) -> None:
    team = team_with(
        installation,
        token_endpoint_auth_method="client_secret_post",
        public_key=None,
        public_key_source=None,
    )
    team.sign_somebody_in()
    team.answer(jwks_uri="")
    assert team.failed() == []
    team.decide(approved_acts.approve, team.submit())
    [live] = team.live()
    assert live.secret_hash is None
    assert "jwks_uri" not in live.members


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (approved_acts.refuse, Status.REFUSED),
        (approved_acts.ask_for_changes, Status.CHANGES_ASKED),
    ],
)
def test_what_is_not_approved_can_be_changed_and_submitted_again(
    team: Team, act: Callable[..., Any], status: Status
) -> None:
    team.answer()
    team.decide(act, team.submit(), words="not yet")
    standing = team.standing()
    assert (standing.status, standing.answers) == (status, ANSWERS)
    assert standing.asked is not None
    assert standing.asked.decision == "not yet"
    assert (team.live(), team.mails()) == ([], 1)
    team.submit()
    assert team.standing().status is Status.SUBMITTED


def test_it_is_asked_for_once_at_a_time(team: Team) -> None:
    team.answer()
    team.submit()
    with pytest.raises(NotNow):
        team.submit()


def test_a_suspended_client_does_not_go_live(team: Team) -> None:
    team.answer()
    request = team.submit()
    team.installation.execute("UPDATE clients SET state = 'suspended'")
    with pytest.raises(CannotBeDone):
        team.decide(approved_acts.approve, request)
    assert (team.standing().status, team.live()) == (Status.SUBMITTED, [])


def test_a_client_that_is_live_already_does_not_go_live_again(team: Team) -> None:
    team.answer()
    request = team.submit()
    team.installation.execute("UPDATE go_lives SET production_client_id = 'another'")
    with pytest.raises(CannotBeDone, match="live already"):
        team.decide(approved_acts.approve, request)
    assert team.live() == []


def test_what_breaks_a_rule_does_not_go_live(team: Team) -> None:
    team.answer(redirect_uris=["http://tax.example/callback"])
    with pytest.raises(CannotBeDone, match="breaks a rule"):
        team.decide(approved_acts.approve, team.submit())
    assert (team.standing().live_client_id, team.live()) == (None, [])


@pytest.mark.parametrize(
    "changed", ["UPDATE services SET name = 'Other'", "UPDATE services SET name_cy = 'Arall'"]
)
def test_what_citizens_see_is_what_was_submitted_or_nothing(team: Team, changed: str) -> None:
    team.answer()
    request = team.submit()
    team.installation.execute(changed)
    with pytest.raises(CannotBeDone, match="citizens see"):
        team.decide(approved_acts.approve, request)
    assert team.live() == []


@pytest.mark.parametrize(
    "happened",
    [
        "UPDATE members SET role = 'WRITER'",
        "DELETE FROM members",
        "UPDATE accounts SET state = 'suspended' WHERE email = 'manager@example.com'",
        "UPDATE change_requests SET requested_by = 'gone'",
    ],
)
def test_nothing_is_approved_of_somebody_who_may_not_ask_any_more(
    team: Team, happened: str
) -> None:
    team.answer()
    request = team.submit()
    team.installation.execute(happened)
    with pytest.raises(CannotBeDone, match="may not ask"):
        team.decide(approved_acts.approve, request)
    assert team.live() == []


def test_two_operators_at_once_make_one_client(team: Team) -> None:
    team.answer()
    request, start = team.submit(), Barrier(4)

    def approve(number: int) -> bool:
        services = team.installation.another_process()
        with team.installation.session() as session:
            session.execute(sa.text("SELECT 1"))
            start.wait(20)
            try:
                by = team.operators[number % 2]
                approved_acts.approve(session, services, request, by=by)
                session.commit()
            except NotWaiting:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(approve, range(4))) == [False, False, False, True]
    assert len(team.live()) == 1
