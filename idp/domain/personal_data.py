"""Everything that is kept about one person, for them to take away. No secret and no hash in it."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import (
    activity,
    activity_reports,
    identities,
    known_subjects,
    operator_acts,
    second_factors,
    sessions,
)
from idp.domain.accounts import Account
from idp.domain.clients import Client, Service
from idp.domain.disclosures import Disclosure
from idp.domain.members import Member
from idp.domain.operators import Operator
from idp.domain.recoveries import Recovery
from idp.domain.services import Services
from idp.protocol.person import to_members

TOLD: Final = {
    "accounts": "account",
    "activity_reports": "reports",
    "authenticator_apps": "authenticator_apps",
    "browser_sessions": "devices_signed_in",
    "disclosures": "shared_with_services",
    "grants": "names_services_know_you_by",
    "identities": "identity",
    "known_subjects": "names_services_know_you_by",
    "members": "parts_in_services",
    "operator_acts": "operators_acted",
    "operators": "operator_since",
    "passkeys": "passkeys",
    "recoveries": "recovery",
    "recovery_code_sets": "recovery_codes",
}
"""By each table that refers to accounts, the part of the copy that tells what is in it."""
NOT_TOLD: Final = {
    "recovery_codes": "their hashes: how many are left is told",
    "audit_entries": "what of it is about the owner is told as the activity",
    "audit_log": "what of it is about the owner is told as the activity",
    "journeys": "pages under way, gone within a day",
    "client_drafts": "a form under way about a service, gone in 30 days",
    "test_citizens": "people that a service's team made up, and what they sign in with",
    "provings": "a check under way: its result is told as the identity once there is one",
}
"""Tables whose rows are not told, and why."""


def copy_of(session: Session, services: Services, account: Account) -> dict[str, Any]:
    """Return all that is kept about the account's owner, as JSON values; moments in ISO 8601."""
    return {
        "made_at": _moment(services.clock.now()),
        "account": _account(account),
        **_second_factors(session, account.id),
        "identity": _identity(session, services, account.id),
        **_services(session, account.id),
        "devices_signed_in": [
            {
                "browser": each.device,
                "started_at": _moment(each.started_at),
                "last_seen_at": _moment(each.last_seen_at),
            }
            for each in sessions.of_account(session, services, account.id)
        ],
        "recovery": _recoveries(session, account.id),
        "reports": [
            {"number": each.number, "at": _moment(each.at)}
            for each in activity_reports.numbers(session, account.id).values()
        ],
        **_parts(session, account.id),
        "operators_acted": [
            {"at": _moment(each.at), "what": each.act}
            for each in operator_acts.of_account(session, account.id, limit=1000)
        ],
        "activity": _activity(session, account.id),
    }


def _parts(session: Session, account_id: str) -> dict[str, Any]:
    operator = session.get(Operator, account_id)
    mine = select(Service.name, Member.role, Member.added_at).join(Member)
    return {
        "parts_in_services": [
            {"service": name, "role": role.lower(), "since": _moment(at)}
            for name, role, at in session.execute(
                mine.where(Member.account_id == account_id).order_by(Service.name)
            )
        ],
        "operator_since": _moment(operator.added_at) if operator else None,
    }


def _account(account: Account) -> dict[str, Any]:
    return {
        "number": account.id,
        "email": account.email,
        "email_proved_at": _moment(account.email_verified_at),
        "password_set_at": _moment(account.password_set_at),
        "password_reset_at": _moment_or_none(account.password_reset_at),
        "new_password_wanted_because": account.reset_because,
        "passkey_offered_at": _moment_or_none(account.passkey_offered_at),
        "language": account.language,
        "state": account.state,
        "created_at": _moment(account.created_at),
        "terms_version_agreed": account.terms_version,
        "terms_agreed_at": _moment(account.terms_agreed_at),
    }


def _second_factors(session: Session, account_id: str) -> dict[str, Any]:
    factors = second_factors.of(session, account_id)
    return {
        "authenticator_apps": [{"added_at": _moment(each.added_at)} for each in factors.apps],
        "passkeys": [
            {
                "browser": each.device,
                "added_at": _moment(each.added_at),
                "last_seen_at": _moment_or_none(each.last_used_at),
            }
            for each in factors.passkeys
        ],
        "recovery_codes": {
            "created_at": _moment(factors.codes.made_at) if factors.codes.number else None,
            "left": factors.codes.left,
        },
    }


def _identity(session: Session, services: Services, account_id: str) -> dict[str, Any] | None:
    proof = identities.find(session, services, account_id)
    if proof is None:
        return None
    return {
        "confidence": proof.level,
        "proved_at": _moment(proof.proved_at),
        "person": to_members(proof.person),
    }


def _services(session: Session, account_id: str) -> dict[str, Any]:
    shared = select(Disclosure).where(Disclosure.account_id == account_id)
    services_of = _service_names(session)
    return {
        "shared_with_services": [
            {
                "client": each.client_id,
                "service": services_of.get(each.client_id),
                "claim": each.claim,
                "first_at": _moment(each.first_at),
                "last_at": _moment(each.last_at),
                "withdrawn_at": _moment_or_none(each.withdrawn_at),
            }
            for each in session.scalars(shared.order_by(Disclosure.client_id, Disclosure.claim))
        ],
        "names_services_know_you_by": [
            {"client": client_id, "service": services_of.get(client_id), "subject": subject}
            for client_id, subject in known_subjects.of_account(session, account_id)
        ],
    }


def _recoveries(session: Session, account_id: str) -> list[dict[str, Any]]:
    mine = select(Recovery).where(Recovery.account_id == account_id)
    return [
        {
            "at": _moment(each.begun_at),
            "ready_at": _moment(each.ready_at),
            "state": each.ended_because or "open",
        }
        for each in session.scalars(mine.order_by(Recovery.begun_at))
    ]


def _activity(session: Session, account_id: str) -> list[dict[str, Any]]:
    services_of = _service_names(session)
    return [
        {
            "at": _moment(event.at),
            "what": event.fact,
            "client": event.client_id,
            "service": services_of.get(event.client_id or ""),
            "browser": event.device,
        }
        for event in activity.everything(session, account_id)
    ]


def _service_names(session: Session) -> dict[str, str]:
    rows = session.execute(
        select(Client.client_id, Service.name).join(Service, Service.id == Client.service_id)
    )
    return {row.client_id: row.name for row in rows}


def _moment_or_none(at: int | None) -> str | None:
    return None if at is None else _moment(at)


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
