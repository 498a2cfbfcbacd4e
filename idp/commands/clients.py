"""`onepass clients`: register, change, list, suspend and restore clients."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.commands.operator_named import WORDS, as_operator, operator_named
from idp.domain import client_requests, client_search, suspensions, wanted_faults
from idp.domain import clients as clients_of
from idp.protocol.errors import InvalidClientMetadata


@click.group()
def clients() -> None:
    """Clients of services."""


@clients.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@as_json
@pass_workplace
def apply(workplace: Workplace, file: TextIO, as_json: bool) -> None:
    """Create or change clients from the JSON in FILE (one object, or a list; `-`: standard input).

    Field names are those of the registration API. A generated secret is printed once. All of the
    clients are applied, or none.
    """
    try:
        document = json.load(file)
    except ValueError as error:
        raise click.ClickException(f"{file.name} is not JSON: {error}") from error
    registrations: list[Any] = document if isinstance(document, list) else [document]
    if not all(isinstance(registration, dict) for registration in registrations):
        raise click.ClickException("Each client must be a JSON object.")
    applied = []
    with workplace.session() as session:
        for number, registration in enumerate(registrations, 1):
            try:
                result = clients_of.apply(session, workplace.services, registration)
            except InvalidClientMetadata as error:
                raise click.ClickException(
                    f"Client {number}: {error.error}: {error.description}"
                ) from error
            applied.append(_told(result))
    words = "\n".join(
        f"{entry['client_id']}: {'created' if entry['created'] else 'updated'}"
        + (f", secret {entry['client_secret']}" if "client_secret" in entry else "")
        for entry in applied
    )
    tell(as_json, applied if isinstance(document, list) else applied[0], words)


def _told(applied: clients_of.Applied) -> dict[str, object]:
    told: dict[str, object] = {"client_id": applied.client_id, "created": applied.created}
    return told | ({"client_secret": applied.client_secret} if applied.client_secret else {})


@clients.command(name="list")
@click.option("--like", default="", help="Only those whose id, name or service holds this.")
@as_json
@pass_workplace
def list_clients(workplace: Workplace, like: str, as_json: bool) -> None:
    """List every client with its state."""
    with workplace.session() as session:
        rows = [
            {
                "client_id": client.client_id,
                "state": client.state,
                "registered_by": client.registered_by,
            }
            | {
                name: json.loads(client.registration).get(name)
                for name in ("client_name", "service", "profile", "environment")
            }
            for client in client_search.like(session, like)
        ]
    words = "\n".join(f"{row['client_id']}  {row['state']}  {row['client_name']}" for row in rows)
    tell(as_json, rows, words or "There are no clients.")


@clients.command()
@click.argument("client_id")
@as_json
@pass_workplace
def show(workplace: Workplace, client_id: str, as_json: bool) -> None:
    """Show one client's registration; a secret is never shown again."""
    with workplace.session() as session:
        client = session.get(clients_of.Client, client_id)
        if client is None:
            raise click.ClickException(f"There is no client {client_id}.")
        registration = json.loads(client.registration)
        document = registration | {"state": client.state, "registered_by": client.registered_by}
    words = "\n".join(f"{name}: {value}" for name, value in sorted(document.items()))
    tell(as_json, document, words)


@clients.command()
@click.argument("client_id")
@click.option("--failed", is_flag=True, help="Only those that were refused.")
@click.option("--reference", default="", help="The reference that an error page shows.")
@as_json
@pass_workplace
def requests(
    workplace: Workplace, client_id: str, failed: bool, reference: str, as_json: bool
) -> None:
    """Show the last requests of a client, with the check that each refused one failed."""
    with workplace.session() as session:
        client = session.get(clients_of.Client, client_id)
        if client is None:
            raise click.ClickException(f"There is no client {client_id}.")
        found = client_requests.last_of(
            session, client, failed=failed, reference=reference.strip().upper()
        )
    words = "\n".join(
        "  ".join(
            part
            for part in (
                datetime.fromtimestamp(one.at, UTC).isoformat(),
                one.reference or "-",
                one.where,
                "refused" if one.refused else "ok",
                one.check,
                one.difference,
            )
            if part
        )
        for one in found
    )
    document = {"client_id": client_id, "requests": [asdict(one) for one in found]}
    tell(as_json, document, words or "There are no requests.")


@clients.command()
@click.argument("client_id")
@as_operator
@click.option("--reason", required=True, type=WORDS, help="Why; it is kept.")
@click.option("--ticket", help="Where more is written about it; needed to ask another operator.")
@click.option("--emergency", is_flag=True, help="At once, without another operator.")
@as_json
@pass_workplace
def suspend(
    workplace: Workplace,
    client_id: str,
    operator: str,
    reason: str,
    ticket: str | None,
    emergency: bool,
    as_json: bool,
) -> None:
    """Ask another operator to suspend a client; with --emergency, suspend it.

    Everything is then refused to it, everywhere within a minute; citizens' sessions go on.
    """
    if emergency:
        _alone(workplace, suspensions.suspend_alone, client_id, operator, reason, as_json)
        return
    if not ticket:
        raise click.UsageError("Give --ticket, or --emergency.")
    with workplace.session() as session:
        by = operator_named(session, operator)
        client = session.get(clients_of.Client, client_id)
        if client is None:
            raise click.ClickException(f"There is no client {client_id}.")
        asked = suspensions.ask(
            session,
            workplace.services,
            client,
            by=by,
            reason=reason[:1000],
            ticket=ticket[:100],
        )
        if asked is None:
            raise click.ClickException(f"{client_id} is suspended already.")
        document = {"client_id": client_id, "state": client.state, "request": asked.id}
    tell(as_json, document, f"Request {asked.id} waits for another operator.")


@clients.command()
@click.argument("client_id")
@as_operator
@click.option("--reason", required=True, type=WORDS, help="Why; it is kept.")
@as_json
@pass_workplace
def restore(
    workplace: Workplace, client_id: str, operator: str, reason: str, as_json: bool
) -> None:
    """Lift a client's suspension, everywhere within a minute."""
    _alone(workplace, suspensions.restore_alone, client_id, operator, reason, as_json)


@clients.command()
@click.argument("client_id")
@click.argument("wanted", nargs=-1, metavar="[FAULT]...")
@as_json
@pass_workplace
def faults(workplace: Workplace, client_id: str, wanted: tuple[str, ...], as_json: bool) -> None:
    """Give a client answers with these FAULTs from now on; without any, right ones again.

    Never in production. The faults are named in `docs/service-teams.md`.
    """
    with workplace.session() as session:
        try:
            client = wanted_faults.ask(
                session,
                client_id,
                wanted,
                workplace.services.clock.now(),
                offered=workplace.settings.fault_menu,
            )
        except wanted_faults.FaultsRefused as refused:
            raise click.ClickException(str(refused)) from refused
        document = {"client_id": client_id, "faults": (client.faults or "").split()}
    words = f"{client_id}: {', '.join(document['faults']) or 'no faults'}"
    tell(as_json, document, words)


def _alone(
    workplace: Workplace,
    change: Callable[..., bool],
    client_id: str,
    operator: str,
    reason: str,
    as_json: bool,
) -> None:
    with workplace.session() as session:
        by = operator_named(session, operator)
        changed = change(session, workplace.services, client_id, by=by, reason=reason[:1000])
        client = session.get(clients_of.Client, client_id)
        if client is None:
            raise click.ClickException(f"There is no client {client_id}.")
        state = client.state
    words = f"{client_id} is {state}" + ("." if changed else " already.")
    tell(as_json, {"client_id": client_id, "state": state, "changed": changed}, words)
