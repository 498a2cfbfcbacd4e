"""`onepass backup` and `onepass restore`: the whole installation in one file, and back."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import audit, backups, restoring
from idp.domain.backups import BackupRefused, Manifest

file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@file_argument
@as_json
@pass_workplace
def backup(workplace: Workplace, file: Path, as_json: bool) -> None:
    """Write everything into FILE while the installation runs.

    The signing keys in it are sealed; the sealing key is not in it: keep that elsewhere.
    """
    services = workplace.services
    try:
        manifest = backups.write(workplace.engine, services, file)
    except (BackupRefused, OSError) as refused:
        raise click.ClickException(f"There is no backup: {refused}.") from refused
    with workplace.session() as session:
        audit.record(session, audit.BackupMade(), now=services.clock.now())
    tell(as_json, _told(manifest, file), f"{file} holds {_words(manifest)}.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what the database holds.")
@as_json
@pass_workplace
def restore(workplace: Workplace, file: Path, force: bool, as_json: bool) -> None:
    """Put a backup in place. Stop the servers and the worker first."""
    try:
        manifest = restoring.restore(workplace.engine, workplace.services, file, force=force)
    except (BackupRefused, SQLAlchemyError) as refused:
        words = str(refused) if isinstance(refused, BackupRefused) else type(refused).__name__
        raise click.ClickException(f"Nothing was restored: {words}.") from refused
    words = f"Restored {_words(manifest)}. Everybody who was signed in has to sign in again."
    tell(as_json, _told(manifest, file), words)


def _told(manifest: Manifest, file: Path) -> dict[str, Any]:
    return {
        "file": str(file),
        "made_at": manifest.made_at,
        "issuer": manifest.issuer,
        "revision": manifest.revision,
        "rows": dict(manifest.rows),
        "keys": sum(name.startswith("keys/") for name in manifest.members),
    }


def _words(manifest: Manifest) -> str:
    rows = sum(manifest.rows.values())
    keys = sum(name.startswith("keys/") for name in manifest.members)
    return f"{rows} rows of {len(manifest.rows)} tables and {keys} sealed keys"
