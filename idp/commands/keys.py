"""`onepass keys`: signing keys from their making to their retirement, and the sealing key."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import click
from sqlalchemy.orm import Session

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.commands.operator_named import WORDS, as_operator, operator_named
from idp.domain import audit, emergency_keys, resealing, signing_keys
from idp.domain.key_files import KeyFileUnusable
from idp.domain.signing_keys import Alg, KeyRefused, Purpose, SigningKey
from idp.kernel.entropy import SystemEntropy
from idp.kernel.sealing import SealBroken, generate_sealing_key


def in_emergency(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options with which one operator takes a step at once, alone."""
    for option in (
        click.option("--reason", type=WORDS, help="Why, in an emergency; it is kept."),
        click.option(
            "--as", "operator", metavar="EMAIL", help="The operator whose emergency it is."
        ),
        click.option(
            "--emergency",
            is_flag=True,
            help="A key was stolen or lost: at once, alone; who did it and why is kept.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def keys() -> None:
    """Keys that sign tokens, identity credentials and checkpoints, and the key that seals them."""


@keys.command()
@click.option("--algorithm", type=click.Choice(["ES256", "RS256"]), default="ES256")
@click.option("--purpose", type=click.Choice(["tokens", "identity", "audit"]), default="tokens")
@click.option("--missing", is_flag=True, help="One for every ring without a current key, at work.")
@as_json
@pass_workplace
def generate(
    workplace: Workplace, algorithm: Alg, purpose: Purpose, missing: bool, as_json: bool
) -> None:
    """Make a next key. It is seen by nobody before `publish`.

    With --missing: equip an installation. Every ring that has no current key gets one, which is
    published and signs at once.
    """
    keyring = workplace.services.keyring
    with _step(workplace) as session:
        if missing:
            made = [_told(key) for key in keyring.equip(session, workplace.services.clock.now())]
        else:
            made = [_told(keyring.generate(session, algorithm, purpose))]
    words = "\n".join(_line(key) for key in made)
    tell(as_json, made if missing else made[0], words or "Every ring has a current key.")


@keys.command(name="list")
@as_json
@pass_workplace
def list_keys(workplace: Workplace, as_json: bool) -> None:
    """List every key, ring by ring, with its state."""
    with workplace.session() as session:
        found = [_told(key) for key in signing_keys.states(session)]
    words = "\n".join(_line(key) for key in found)
    tell(as_json, found, words or "There are no keys. Make some: onepass keys generate --missing")


@keys.command()
@click.argument("kid")
@as_json
@pass_workplace
def publish(workplace: Workplace, kid: str, as_json: bool) -> None:
    """Show a next key to services. KID: the key's name or the start of it."""
    _take(workplace, workplace.services.keyring.publish, kid, as_json)


@keys.command()
@click.argument("kid")
@in_emergency
@as_json
@pass_workplace
def activate(workplace: Workplace, kid: str, as_json: bool, **emergency: Any) -> None:
    """Let a next key sign, and retire the one before it.

    Refused until every copy of the published keys that a service may have kept holds it (24 hours
    after it was published, one hour for an identity key), unless the ring has no current key.
    With --emergency it signs in 30 seconds.
    """
    step = partial(workplace.services.keyring.activate, emergency=bool(emergency["emergency"]))
    _take(workplace, step, kid, as_json, **emergency)


@keys.command()
@click.argument("kid")
@in_emergency
@as_json
@pass_workplace
def retire(workplace: Workplace, kid: str, as_json: bool, **emergency: Any) -> None:
    """Give up a next key; with --emergency withdraw any key, and with it all that it signed."""
    step = partial(workplace.services.keyring.retire, emergency=bool(emergency["emergency"]))
    _take(workplace, step, kid, as_json, **emergency)


@keys.command()
@click.argument("kid")
@click.option("--reason", required=True, type=WORDS, help="Why; the operator who decides reads it.")
@as_operator
@as_json
@pass_workplace
def emergency(workplace: Workplace, kid: str, reason: str, operator: str, as_json: bool) -> None:
    """Ask another operator to replace the current key KID at once, and withdraw it.

    A next key of its ring has to be published. What KID signed stops working.
    """
    with _step(workplace) as session:
        key = signing_keys.get(session, kid)
        by = operator_named(session, operator)
        asked = emergency_keys.ask(session, workplace.services, key, by=by, reason=reason[:500])
        document = {"kid": key.kid, "request": asked.id if asked else None}
    if document["request"] is None:
        raise click.ClickException(
            "It does not sign, has no published successor, or waits for another operator already."
        )
    tell(as_json, document, f"Asked for; another operator approves {document['request']}.")


@keys.command()
@as_json
@pass_workplace
def reseal(workplace: Workplace, as_json: bool) -> None:
    """Seal everything anew under the first sealing key, so that the others can be dropped."""
    services = workplace.services
    with _step(workplace) as session:
        files = signing_keys.reseal(session, workplace.settings, services.sealer)
        values = resealing.reseal(session, services.sealer)
        key_id = services.sealer.current_key_id
        audit.record(
            session,
            audit.KeysResealed(key_id=key_id, count=files + values),
            now=services.clock.now(),
        )
    words = f"{files} key files and {values} values in the database are sealed with {key_id}."
    tell(as_json, {"key_id": key_id, "files": files, "values": values}, words)


@keys.command()
@as_json
def sealing(as_json: bool) -> None:
    """Print a new sealing key. Keep it where the database's backups are not."""
    text = generate_sealing_key(SystemEntropy())
    tell(as_json, {"id": text.partition(":")[0], "sealing_key": text}, text)


@contextmanager
def _step(workplace: Workplace) -> Iterator[Session]:
    """Open a transaction, and say in words why a step cannot be taken."""
    try:
        with workplace.session() as session:
            yield session
    except (KeyRefused, KeyFileUnusable, SealBroken) as refused:
        raise click.ClickException(f"{str(refused)[:1].upper()}{str(refused)[1:]}.") from refused


def _take(
    workplace: Workplace,
    step: Callable[[Session, str, int], SigningKey],
    kid: str,
    as_json: bool,
    *,
    emergency: bool = False,
    operator: str | None = None,
    reason: str | None = None,
) -> None:
    if emergency and not (operator and reason):
        raise click.UsageError("Say with --as who acts alone, and why with --reason.")
    services = workplace.services
    with _step(workplace) as session:
        taken = step(session, kid, services.clock.now())
        if emergency and operator and reason:
            by = operator_named(session, operator)
            emergency_keys.keep_alone(session, services, taken, by=by, reason=reason)
        key = _told(taken)
    tell(as_json, key, _line(key))


def _told(key: SigningKey) -> dict[str, Any]:
    return {
        "kid": key.kid,
        "purpose": key.purpose,
        "algorithm": key.alg,
        "state": key.state,
        "created_at": key.created_at,
        "published_at": key.published_at,
        "activates_at": key.activates_at,
        "activated_at": key.activated_at,
        "retired_at": key.retired_at,
        "withdrawn_at": key.withdrawn_at,
    }


def _line(key: dict[str, Any]) -> str:
    state = "withdrawn" if key["withdrawn_at"] else key["state"]
    if state == "next" and key["published_at"]:
        state = "next, published"
    return f"{key['kid'][:16]}  {key['purpose']:<8}  {key['algorithm']}  {state}"
