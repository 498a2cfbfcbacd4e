"""`onepass registration-keys`: keys with which service teams register their own clients."""

from typing import Any

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import registration_keys as keys_of
from idp.domain.registration_keys import RegistrationKey

_DAY = 86_400


@click.group(name="registration-keys")
def registration_keys() -> None:
    """Keys that let service teams register and change their own clients over HTTP."""


@registration_keys.command()
@click.argument("team")
@click.option(
    "--days",
    default=90,
    show_default=True,
    type=click.IntRange(1, keys_of.LONGEST_LIFETIME // _DAY),
    help="How long the key is good for.",
)
@as_json
@pass_workplace
def issue(workplace: Workplace, team: str, days: int, as_json: bool) -> None:
    """Give TEAM a key. It is shown once. Clients belong to the team, whichever key it uses.

    Refused in production mode, which has no registration over HTTP.
    """
    if workplace.settings.mode == "production":
        raise click.ClickException("In production mode only operators register clients.")
    if not (team.strip() and team.isprintable() and len(team) <= 64):
        raise click.ClickException("A team has a name of 1 to 64 characters.")
    with workplace.session() as session:
        issued = keys_of.issue(session, workplace.services, team, days * _DAY)
        document = _told(workplace, issued.key) | {"key": issued.text}
    words = f"{issued.text}\nKey {issued.key.id} of {team}, good for {days} days. Shown once."
    tell(as_json, document, words)


@registration_keys.command(name="list")
@as_json
@pass_workplace
def list_keys(workplace: Workplace, as_json: bool) -> None:
    """List every key with its team and state; the keys themselves are not stored."""
    with workplace.session() as session:
        found = [_told(workplace, key) for key in keys_of.all_keys(session)]
    words = "\n".join(f"{key['id']}  {key['state']}  {key['team']}" for key in found)
    tell(as_json, found, words or "There are no registration keys.")


@registration_keys.command()
@click.argument("key_id")
@as_json
@pass_workplace
def revoke(workplace: Workplace, key_id: str, as_json: bool) -> None:
    """Take a key back, at once. The clients it registered stay."""
    with workplace.session() as session:
        if not keys_of.revoke(session, key_id, workplace.services.clock.now()):
            raise click.ClickException(f"There is no key {key_id} that could be revoked.")
    tell(as_json, {"id": key_id, "state": "revoked"}, f"{key_id} is revoked.")


def _told(workplace: Workplace, key: RegistrationKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "team": key.name,
        "state": key.state(workplace.services.clock.now()),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }
