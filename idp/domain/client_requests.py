"""What became of a client's requests, read from the facts of the audit record.

Owns: which facts tell of a request, and what a team may know of one: its own subject for a person,
never the account, a token or a session. Nothing is written for it on the way of a request that
succeeds. Does not own the words for people (`idp.web.refusal_words`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain.audit_entries import AuditEntry, EntryColumns, SealedEntry
from idp.domain.clients import Client
from idp.domain.grants import Grant
from idp.protocol.differences import mark

MOST: Final = 200
_SUCCEEDED: Final[Mapping[str, str]] = {
    "code_issued": "authorize",
    "tokens_issued": "token",
    "claims_released": "userinfo",
    "token_introspected": "introspect",
    "token_revoked": "revoke",
    "logout_notice_delivered": "logout notice",
}
_FAILED: Final[Mapping[str, str]] = {
    "authorization_refused": "authorize",
    "client_authentication_refused": "token",
    "request_refused": "",
    "logout_notice_failed": "logout notice",
}


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """One request: `where` it came, and if it was refused the `check` that it failed.

    `difference` and `nearest` say more of an address: in what it differs from a registered one.
    `subject` is who it was about, by the client's own name for them.
    """

    at: int
    where: str
    refused: bool
    check: str
    difference: str
    nearest: str
    subject: str | None
    reference: str | None


def last_of(
    session: Session, client: Client, *, failed: bool = False, reference: str = ""
) -> list[ClientRequest]:
    """Return the client's last requests, newest first; only those refused, or of one reference."""
    facts = list(_FAILED if failed else {**_SUCCEEDED, **_FAILED})
    entries = [
        *_newest(session, AuditEntry, AuditEntry.id, client.client_id, facts, reference),
        *_newest(session, SealedEntry, SealedEntry.log_index, client.client_id, facts, reference),
    ][:MOST]
    subjects = _subjects(session, client.client_id, entries)
    registered = {mark(address): address for address in _addresses(client.members)}
    return [_request(entry, subjects, registered) for entry in entries]


def _newest(
    session: Session,
    table: type[AuditEntry] | type[SealedEntry],
    order: Any,
    client_id: str,
    facts: list[str],
    reference: str,
) -> list[EntryColumns]:
    wanted = select(table).where(table.client_id == client_id, table.fact.in_(facts))
    if reference:
        wanted = wanted.where(table.request_id == reference)
    newest = wanted.order_by(table.at.desc(), order.desc()).limit(MOST)
    return list(session.scalars(newest))


def _subjects(session: Session, client_id: str, entries: list[EntryColumns]) -> dict[str, str]:
    ids = {entry.grant_id for entry in entries if entry.grant_id}
    if not ids:
        return {}
    # A foreign grant may be named in an entry: whose subject it holds is nobody's business.
    known = select(Grant.id, Grant.subject).where(Grant.id.in_(ids), Grant.client_id == client_id)
    return {row[0]: row[1] for row in session.execute(known)}


def _addresses(members: Mapping[str, Any]) -> list[str]:
    listed = (members.get(name) for name in ("redirect_uris", "post_logout_redirect_uris"))
    return [address for each in listed if isinstance(each, list) for address in each]


def _request(
    entry: EntryColumns, subjects: Mapping[str, str], registered: Mapping[str, str]
) -> ClientRequest:
    detail = orjson.loads(entry.detail)
    refused = entry.fact in _FAILED
    where = _FAILED[entry.fact] if refused else _SUCCEEDED[entry.fact]
    check = detail.get("check") or detail.get("reason") or detail.get("error") or entry.fact
    return ClientRequest(
        at=entry.at,
        where=detail.get("where") or where,
        refused=refused,
        check=str(check) if refused else "",
        difference=str(detail.get("difference") or ""),
        nearest=registered.get(str(detail.get("nearest")), ""),
        subject=subjects.get(entry.grant_id or ""),
        reference=entry.request_id,
    )
