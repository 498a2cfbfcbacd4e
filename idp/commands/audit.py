"""`onepass audit`: prove the record, and read it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.commands.operator_named import operator_named
from idp.domain import audit as facts
from idp.domain import audit_checks, audit_search
from idp.domain.audit_log import AuditLogBroken, seal_arrivals
from idp.domain.audit_search import Wanted
from idp.domain.audit_verification import Verdict
from idp.domain.audit_verification import verify as verify_log
from idp.domain.fact_catalogue import FACTS
from idp.domain.record_facts import AuditExported
from idp.journeys.operators import audit_steps
from idp.journeys.operators.audit_steps import NotLookedUp


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
        audit_checks.settle(session, verdict, workplace.services.clock.now())
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


def wanted_entries(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which entries are wanted."""
    day = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
    for option in reversed(
        (
            click.option("--fact", type=click.Choice(sorted(FACTS)), help="Only this fact."),
            click.option("--account", help="Only this account's id; look it up first, with --as."),
            click.option("--as", "operator", metavar="EMAIL", help="The operator who reads."),
            click.option("--client", help="Only this client's id."),
            click.option("--request", help="Only the request with this reference."),
            click.option("--since", type=day, help="Not before this time (UTC)."),
            click.option("--until", type=day, help="Not after this time (UTC)."),
        )
    ):
        command = option(command)
    return command


@audit.command(name="list")
@wanted_entries
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@as_json
@pass_workplace
def list_entries(workplace: Workplace, limit: int, as_json: bool, **options: Any) -> None:
    """List the newest sealed entries, oldest first."""
    with workplace.session() as session:
        by = _reader(session, options)
        with _looked_up():
            if by is None:
                found = audit_search.page(session, _wanted(options), limit)
            else:
                wanted, services = _wanted(options), workplace.services
                found = audit_steps.search(session, services, wanted, by=by, size=limit)
    entries = [audit_search.told(entry) for entry in reversed(found.entries)]
    words = "\n".join(
        f"{entry['log_index']:>8}  {entry['at']}  {entry['fact']:<28}"
        f"  {entry['account_id'] or '-':<32}  {entry['client_id'] or '-'}"
        for entry in entries
    )
    tell(as_json, entries, words or "There are no such entries.")


@audit.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@wanted_entries
@as_json
@pass_workplace
def export(workplace: Workplace, file: Path, as_json: bool, **options: Any) -> None:
    """Write entries to FILE as lines of JSON, newest first; `-` is standard output."""
    with workplace.session() as session:
        by = _reader(session, options)
        with _looked_up():
            if by is None:
                facts.record(session, AuditExported(), now=workplace.services.clock.now())
            else:
                wanted, services = _wanted(options), workplace.services
                audit_steps.record_export(session, services, wanted, by=by)
    found = audit_search.lines(workplace.engine, _wanted(options))
    if str(file) == "-":
        for chunk in found:
            sys.stdout.buffer.write(chunk)
        return
    count = 0
    with file.open("wb") as written:
        for chunk in found:
            count += chunk.count(b"\n")
            written.write(chunk)
    tell(as_json, {"file": str(file), "entries": count}, f"{count} entries are in {file}.")


def _reader(session: Session, options: dict[str, Any]) -> str | None:
    """Return which operator reads; nobody reads what is said of one account without a name."""
    if options["operator"] is not None:
        return operator_named(session, options["operator"])
    if options["account"] is not None:
        raise click.UsageError("Say with --as who reads what the record says of an account.")
    return None


@contextmanager
def _looked_up() -> Iterator[None]:
    try:
        yield
    except NotLookedUp as closed:
        raise click.ClickException(
            "Look the citizen up first, for a reason: onepass accounts show WHO --as … --reason …"
        ) from closed


def _wanted(options: dict[str, Any]) -> Wanted:
    def seconds(at: datetime | None) -> int | None:
        return None if at is None else int(at.replace(tzinfo=UTC).timestamp())

    return Wanted(
        fact=options["fact"],
        account_id=options["account"],
        client_id=options["client"],
        request_id=options["request"],
        since=seconds(options["since"]),
        until=seconds(options["until"]),
    )
