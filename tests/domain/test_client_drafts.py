"""Drafts of clients: registered once, by one, and no more of them than a service may have."""

import pytest
import sqlalchemy as sa

from idp.domain import client_drafts
from idp.domain.client_drafts import Clashing, NoDraft, TooManyClients
from idp.domain.clients import Client, Service
from idp.domain.team_services import Seen, create
from tests.domain.conftest import Installation
from tests.support.citizens import Citizen, enrol

GIVEN = {
    "profile": "openid",
    "redirect_uris": ["http://localhost:3000/callback"],
    "token_endpoint_auth_method": "client_secret_post",
}


class Draft:
    """A service, and what its manager said of a new client."""

    def __init__(self, at: Installation) -> None:
        self.at = at
        with at.session() as session, session.begin():
            self.account = enrol(session, at.services, Citizen("team@example.com")).account_id
            seen = Seen("Apply for a permit", None)
            self.service = create(session, at.services, self.account, "Permits", seen)

    def say(self, **given: object) -> None:
        begun = client_drafts.begun(self.service, "team@example.com")
        with self.at.session() as session, session.begin():
            client_drafts.keep(
                session, self.at.services, self.service.id, self.account, given, begun=begun
            )

    def said(self) -> dict[str, object] | None:
        with self.at.session() as session:
            return client_drafts.find(session, self.service.id, self.account)

    def register(self) -> str | None:
        with self.at.session() as session, session.begin():
            service = session.get_one(Service, self.service.id)
            applied = client_drafts.register(session, self.at.services, service, self.account)
            return applied.client_secret

    def clients(self) -> int:
        with self.at.session() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(Client)) or 0


@pytest.fixture
def draft(bare: Installation) -> Draft:
    """Of a service without a client."""
    return Draft(bare)


def test_a_draft_is_added_to_and_becomes_one_client(draft: Draft) -> None:
    assert draft.said() is None
    draft.say(**GIVEN, id_token_signing_algorithm="RS256")
    draft.say(id_token_signing_algorithm=None)
    assert (draft.said() or {}).keys() >= {*GIVEN, "contacts", "scopes"}
    assert "id_token_signing_algorithm" not in (draft.said() or {})
    assert draft.register()
    assert (draft.said(), draft.clients()) == (None, 1)
    with pytest.raises(NoDraft):
        draft.register()
    assert draft.clients() == 1


def test_what_cannot_be_registered_stays_a_draft(
    draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft.say(**GIVEN, identity_verification_supported=True)
    with pytest.raises(Clashing):
        draft.register()
    draft.say(identity_verification_supported=None)
    monkeypatch.setattr(client_drafts, "MOST_CLIENTS", 0)
    with pytest.raises(TooManyClients):
        draft.register()
    assert (draft.clients(), draft.said() is not None) == (0, True)


def test_drafts_are_thrown_away_by_hand_and_after_thirty_days(draft: Draft) -> None:
    def sweep() -> int:
        with draft.at.session() as session, session.begin():
            return client_drafts.sweep(session, draft.at.clock.now(), 10)

    draft.say(**GIVEN)
    with draft.at.session() as session, session.begin():
        client_drafts.discard(session, draft.service.id, draft.account)
    assert draft.said() is None
    draft.say(**GIVEN)
    draft.at.clock.move(client_drafts.KEPT_FOR)
    assert sweep() == 0
    draft.at.clock.move(1)
    assert sweep() == 1
    assert draft.said() is None
