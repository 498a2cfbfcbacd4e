"""`onepass audit`: prove the record, and read it."""

from typing import Any

import click
import orjson
from sqlalchemy import ColumnElement, select

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain.audit_entries import ENTRY_COLUMNS, SealedEntry
from idp.domain.audit_log import AuditLogBroken, seal_arrivals
from idp.domain.audit_verification import Verdict
from idp.domain.audit_verification import verify as verify_log
from idp.domain.fact_catalogue import FACTS


@click.group()
def audit() -> None:
    """The record of what happened, sealed so that no entry can be changed unseen."""


@audit.command()
@as_json
@pass_workplace
def verify(workplace: Workplace, as_json: bool) -> None:
    """Recompute the whole record; exit 1 when it does not hold, or is not witnessed outside."""
    with workplace.session() as session:
        verdict = verify_log(session, workplace.services)
    broken = verdict.broken
    document: dict[str, Any] = {
        "holds": verdict.holds,
        "entries": verdict.entries,
        "checkpoints": verdict.checkpoints,
        "file_checkpoints": verdict.file_checkpoints,
        "root_hash": verdict.root_hash,
        "unsealed": verdict.unsealed,
        "oldest_unsealed_at": verdict.oldest_unsealed_at,
        "broken": broken
        and {"log_index": broken.log_index, "breach": broken.breach.value, "words": broken.words},
    }
    tell(as_json, document, _words(verdict))
    if broken is not None or _lacking_outside(verdict):
        raise SystemExit(1)


def _lacking_outside(verdict: Verdict) -> int:
    """Return how many checkpoints the copy outside lacks; the newest may be on its way there."""
    return max(0, verdict.checkpoints - verdict.file_checkpoints - 1)


def _words(verdict: Verdict) -> str:
    unsealed = f"{verdict.unsealed} more wait to be sealed."
    if verdict.broken is not None:
        return (
            f"BROKEN at entry {verdict.broken.log_index}: {verdict.broken.breach.value} "
            f"({verdict.broken.words}). The {verdict.entries} entries before hold; {unsealed}"
        )
    words = (
        f"The record holds: {verdict.entries} entries under {verdict.checkpoints} checkpoints, "
        f"{verdict.file_checkpoints} of them kept outside the database; {unsealed}"
    )
    if lacking := _lacking_outside(verdict):
        words += f" The copy outside lacks {lacking}: an end cut off before might not be seen."
    return words


@audit.command()
@as_json
@pass_workplace
def seal(workplace: Workplace, as_json: bool) -> None:
    """Seal what has arrived, as the worker does all the time."""
    count = 0
    try:
        with workplace.bare_session() as session:
            while batch := seal_arrivals(session, workplace.services):
                count += batch
    except AuditLogBroken as broken:
        raise click.ClickException(f"The record cannot grow: {broken}.") from broken
    tell(as_json, {"sealed": count}, f"{count} entries were sealed.")


@audit.command(name="list")
@click.option("--fact", type=click.Choice(sorted(FACTS)), help="Only this fact.")
@click.option("--account", help="Only this account's id.")
@click.option("--client", help="Only this client's id.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@as_json
@pass_workplace
def list_entries(
    workplace: Workplace,
    fact: str | None,
    account: str | None,
    client: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the newest sealed entries, oldest first."""
    wanted: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (SealedEntry.fact, fact),
            (SealedEntry.account_id, account),
            (SealedEntry.client_id, client),
        )
        if value is not None
    ]
    with workplace.session() as session:
        rows = session.scalars(
            select(SealedEntry).where(*wanted).order_by(SealedEntry.log_index.desc()).limit(limit)
        ).all()
    entries = [_told(row) for row in reversed(rows)]
    words = "\n".join(
        f"{entry['log_index']:>8}  {entry['at']}  {entry['fact']:<28}"
        f"  {entry['account_id'] or '-':<32}  {entry['client_id'] or '-'}"
        for entry in entries
    )
    tell(as_json, entries, words or "There are no such entries.")


def _told(row: SealedEntry) -> dict[str, Any]:
    entry: dict[str, Any] = {name: getattr(row, name) for name in ENTRY_COLUMNS}
    return {"log_index": row.log_index} | entry | {"detail": orjson.loads(row.detail)}
