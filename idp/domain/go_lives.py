"""Going live: what a team tells of its production client, asked for, and what approval makes.

Owns: the draft of each integration client, kept whatever stands in it; that a client goes live
once; the production client that an approval makes, which has an id and addresses of its own. A
client with a secret gets none here: its team makes one. Does not own the checks
(`go_live_checks`), or deciding (`approved_acts`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, String, Text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, change_requests, clients, team_keys, team_notices
from idp.domain.change_requests import Act, CannotBeDone, ChangeRequest, State
from idp.domain.clients import ACTIVE, Client, Service
from idp.domain.go_live_facts import ServiceWentLive
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql
from idp.protocol.client_policy import PRODUCTION
from idp.protocol.client_registration import JWKS, PRIVATE_KEY_JWT, STATIC
from idp.protocol.errors import InvalidClientMetadata

KIND: Final = "go_live"
NOT_THERE: Final = "The integration client is suspended, or there is no such client any more."
LIVE_ALREADY: Final = "This client is live already."
BREAKS_A_RULE: Final = "The registration breaks a rule that production clients have to keep."
SEEN_CHANGED: Final = "What citizens see of the service changed after this was submitted."

LISTS: Final = ("redirect_uris", "post_logout_redirect_uris")
ADDRESSES: Final = (
    "back_channel_logout_uri",
    "landing_page_url",
    "sector_identifier_uri",
    "jwks_uri",
)
ABOUT: Final = (
    "privacy_notice",
    "support_contact",
    "security_contact",
    "expected_volumes",
    "welsh",
    "evidence",
)
ANSWERS: Final = (*LISTS, *ADDRESSES, *ABOUT)
"""What a team is asked, by name; those of `ABOUT` are no part of the registration."""

_NOT_TAKEN_OVER: Final = frozenset(
    {
        *LISTS,
        *ADDRESSES,
        "active",
        "client_id",
        "client_secret_hash",
        "deprecated",
        "environment",
        "public_key",
        "public_key_source",
        "smoke_test",
        "test_client",
        "test_client_email_allowlist",
    }
)
"""What of an integration client its production client does not have."""


class GoLive(Base):
    """One integration client on its way; `keys` is what was found at its address of keys."""

    __tablename__ = "go_lives"

    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True
    )
    answers: Mapped[str] = mapped_column(Text)
    keys: Mapped[str | None] = mapped_column(Text)
    production_client_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class Status(StrEnum):
    """Where a client stands on its way."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_ASKED = "changes_asked"
    REFUSED = "refused"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Standing:
    """A client's way so far: what was answered, the newest request, and what came of it.

    `keys` is what was found at the address of keys that is answered, or None.
    """

    status: Status
    answers: dict[str, Any]
    keys: str | None
    asked: ChangeRequest | None
    live_client_id: str | None
    saved_at: int | None


class NotNow(Exception):
    """It is asked for already, or the client is live."""


class AnswersChanged(Exception):
    """What is kept is not what was to be submitted: somebody kept other answers meanwhile."""


def of(session: Session, client_id: str) -> Standing:
    """Return how far a client is."""
    row = session.get(GoLive, client_id, populate_existing=True)
    asked = change_requests.of_client(session, client_id, KIND)
    if row is None:
        return Standing(Status.DRAFT, {}, None, asked, None, None)
    answers: dict[str, Any] = json.loads(row.answers)
    found: dict[str, str] = json.loads(row.keys) if row.keys else {}
    keys = found.get("found") if found.get("at") == answers.get("jwks_uri") else None
    live = row.production_client_id
    return Standing(_status(asked, live), answers, keys, asked, live, row.updated_at)


def keep(
    session: Session, services: Services, client_id: str, answers: Mapping[str, Any]
) -> dict[str, Any]:
    """Keep what a team answered so far, whatever it is, and return it as `of` will."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    said = {name: answers.get(name) for name in ANSWERS}
    kept = {"answers": json.dumps(said), "updated_at": services.clock.now()}
    session.execute(
        insert(GoLive)
        .values(client_id=client_id, **kept)
        .on_conflict_do_update(index_elements=[GoLive.client_id], set_=kept)
    )
    return said


def found_keys(session: Session, client_id: str, address: str, found: str) -> None:
    """Keep what was found at an address of keys."""
    session.execute(
        update(GoLive)
        .where(GoLive.client_id == client_id)
        .values(keys=json.dumps({"at": address, "found": found}))
        .execution_options(synchronize_session=False)
    )


def production_registration(
    client: Client, service: Service, answers: Mapping[str, Any], method: str
) -> dict[str, Any]:
    """Return the registration that a production client would have, without its id.

    Where no address of keys is answered, a key that was pasted is taken over.
    """
    kept = {name: it for name, it in client.members.items() if name not in _NOT_TAKEN_OVER}
    told = {name: answers.get(name) for name in (*LISTS, *ADDRESSES)}
    if method != PRIVATE_KEY_JWT:
        del told["jwks_uri"]
    elif told["jwks_uri"] or not pasted_key(client):
        told["public_key_source"] = JWKS
    else:
        told |= {"public_key_source": STATIC, "public_key": pasted_key(client)}
    given = {name: it for name, it in told.items() if it}
    return {**kept, **given, "environment": PRODUCTION, **as_seen(service, given)}


def as_seen(service: Service, after: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what citizens would see of the service with a production client of `after`.

    They are shown to who approves, and are what is approved.
    """
    return {
        "service": service.name,
        "service_cy": service.name_cy,
        "landing_page_url": after.get("landing_page_url") or service.landing_page_url,
    }


def pasted_key(client: Client) -> str | None:
    """Return the key that was pasted for a client, if it proves itself with one."""
    is_pasted = team_keys.source(client) == STATIC
    return client.members.get("public_key") if is_pasted else None


def submit(
    session: Session,
    services: Services,
    client: Client,
    *,
    by: str,
    answers: Mapping[str, Any],
    after: Mapping[str, Any],
    passed: list[str],
) -> ChangeRequest:
    """Ask an operator to let a client go live with the registration `after`.

    It is what came of `answers`, and `passed` names the checks that were passed. Raises NotNow
    when it is asked for or done already, AnswersChanged when other answers are kept by now.
    """
    held = session.scalar(
        update(GoLive)
        .where(GoLive.client_id == client.client_id, GoLive.production_client_id.is_(None))
        .values(updated_at=GoLive.updated_at)
        .returning(GoLive)
        .execution_options(populate_existing=True)
    )
    if held is None or of(session, client.client_id).status is Status.SUBMITTED:
        raise NotNow
    if json.loads(held.answers) != answers:
        raise AnswersChanged
    before = {name: it for name, it in client.members.items() if name != "client_id"}
    return change_requests.submit(
        session,
        services,
        KIND,
        {
            "before": before,
            "after": dict(after),
            "about": {name: answers.get(name) for name in ABOUT},
            "checks": passed,
        },
        by=by,
        service_id=client.service_id,
        client_id=client.client_id,
    )


def _as_asked(session: Session, services: Services, asked: ChangeRequest, by: str) -> None:
    """Make the production client that a request asks for. Raises CannotBeDone."""
    clients.name_services_one_at_a_time(session)
    integration = clients.held(session, asked.client_id or "")
    if integration is None or integration.state != ACTIVE:
        raise CannotBeDone(NOT_THERE)
    fresh = clients.fresh_client_id(services)
    claimed = session.scalar(
        update(GoLive)
        .where(GoLive.client_id == integration.client_id, GoLive.production_client_id.is_(None))
        .values(production_client_id=fresh)
        .returning(GoLive.client_id)
        .execution_options(synchronize_session=False)
    )
    if claimed is None:
        raise CannotBeDone(LIVE_ALREADY)
    service = session.get_one(Service, integration.service_id)
    after: dict[str, Any] = asked.asked["after"]
    if any(after.get(name) != it for name, it in as_seen(service, after).items()):
        raise CannotBeDone(SEEN_CHANGED)
    fields = {**after, "client_id": fresh}
    try:
        clients.judged(fields)
    except InvalidClientMetadata as error:
        raise CannotBeDone(BREAKS_A_RULE) from error
    clients.write(session, services, None, fields, service, by=asked.requested_by)
    # Nobody is there to be shown a secret: the team makes one where it is shown.
    session.get_one(Client, fresh).secret_hash = None
    fact = ServiceWentLive(
        account_id=by, client_id=fresh, service_id=service.id, of=integration.client_id
    )
    audit.record(session, fact, now=services.clock.now())


def _decided(session: Session, services: Services, asked: ChangeRequest) -> None:
    service_id, client_id = asked.service_id or "", asked.client_id or ""
    if asked.state == State.APPROVED:
        live = of(session, client_id).live_client_id or ""
        team_notices.tell_managers(
            session, services, service_id, "go_live_approved", client=client_id, live=live
        )
        return
    template = "go_live_refused" if asked.state == State.REFUSED else "go_live_changes_asked"
    team_notices.tell_managers(session, services, service_id, template, client=client_id)


ACT: Final = Act(KIND, _as_asked, _decided)


def _status(asked: ChangeRequest | None, live_client_id: str | None) -> Status:
    if live_client_id:
        return Status.APPROVED
    if asked is None or asked.state in (State.WITHDRAWN, State.APPROVED):
        return Status.DRAFT
    return Status(asked.state)
