"""`onepass doctor`: what is wrong with this installation, in words.

What a check is stands in `findings`; none changes anything.
"""

import shutil
from pathlib import Path

import click
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

import idp
from idp.commands import Workplace, as_json, mail_checks, tell
from idp.commands.findings import Check, Finding, Wrong
from idp.domain import key_files, outbox, schema, signing_keys
from idp.domain.audit_entries import Checkpoint
from idp.domain.audit_log import unsealed
from idp.domain.checkpoints import last_size_in_file
from idp.settings import SettingsError

PACKAGE = Path(idp.__file__).resolve().parent
LONGEST_WAIT = 60
"""Seconds after which a message due or an entry unsealed means that no worker works."""
CLOCK_TOLERANCE = 5
LEAST_FREE_BYTES = 200_000_000


def settings_are_safe(workplace: Workplace) -> str:
    """Judge what `Settings` accepts and an operator should still know."""
    settings = workplace.settings
    if settings.mode == "production":
        if any(entry.endswith(":*") for entry in settings.egress_allow):
            raise Wrong("ONEPASS_EGRESS_ALLOW opens every port of a host: name the ports.")
        if settings.database_url.startswith("sqlite"):
            return f"Production for {settings.issuer}, on SQLite: one machine only."
    return f"{settings.mode.capitalize()} mode for {settings.issuer}."


def database_answers(workplace: Workplace) -> str:
    """Ask the database who it is."""
    dialect = workplace.engine.dialect.name
    query = (
        "SELECT version()" if dialect == "postgresql" else "SELECT 'SQLite ' || sqlite_version()"
    )
    with workplace.session() as session:
        version = str(session.scalar(text(query)))
    return f"{' '.join(version.split()[:2])} answers."


def schema_is_newest(workplace: Workplace) -> str:
    """Compare the database's revision with the one that this code needs."""
    with workplace.session() as session:
        current = schema.current(session)
    if current != schema.newest():
        raise Wrong(
            f"The schema is {current or 'empty'}, this version needs {schema.newest()}: "
            "run `onepass db upgrade`."
        )
    return f"The schema is {current}, the newest."


def every_ring_has_a_current_key(workplace: Workplace) -> str:
    """See that there is something to sign with, for each purpose and algorithm."""
    with workplace.session() as session:
        missing = [
            f"{alg} for {purpose}"
            for purpose, alg in signing_keys.RINGS
            if signing_keys.current(session, purpose, alg) is None
        ]
    if missing:
        raise Wrong(
            f"There is no current key: {', '.join(missing)}. Run `onepass keys generate --missing`."
        )
    return "Every ring has a current key."


def private_keys_can_be_used(workplace: Workplace) -> str:
    """Open the file of every key that signs or will sign, and check who else could."""
    folder, sealer = workplace.settings.keys_dir, workplace.services.sealer
    with workplace.session() as session:
        keys = signing_keys.states(session)
    faults = [
        f"The row of key {key.kid[:16]} was not written by a holder of the sealing key: it is not "
        "trusted. Find out who wrote it."
        for key in keys
        if not signing_keys.seal_holds(key, sealer)
    ]
    for key in keys:
        if key.state == "retired":
            continue
        try:
            key_files.read(folder, key.kid, sealer)
        except key_files.KeyFileUnusable as fault:
            faults.append(f"{fault}.")
    if folder.exists() and folder.stat().st_mode & 0o022:
        faults.append(f"Others can write to {folder}: make its mode 0700.")
    if faults:
        raise Wrong(" ".join(faults))
    return f"{len(keys)} signing keys; the files of those in use open, and only for their owner."


def jwks_is_computed(workplace: Workplace) -> str:
    """Compute the JWKS as the endpoint does."""
    published = workplace.services.keyring.public_jwks()["keys"]
    algorithms = {key["alg"] for key in published}
    if not {"ES256", "RS256"} <= algorithms:
        raise Wrong("The JWKS lacks an algorithm: services could not verify their tokens.")
    return f"The JWKS holds {len(published)} keys."


def assets_are_built(_workplace: Workplace) -> str:
    """See that pages will have their styles."""
    if not any((PACKAGE / "web" / "static" / "govuk").glob("*")):
        raise Wrong("The page assets are not built: run `make demo`, or use the image.")
    return "The page assets are built."


def translations_are_compiled(_workplace: Workplace) -> str:
    """See that every catalogue of messages is compiled, and since its last change."""
    for source in PACKAGE.glob("translations/*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            language = source.parent.parent.name
            raise Wrong(f"The translation {language!r} is not compiled: run `make demo`.")
    return "The translations are compiled."


def messages_are_delivered(workplace: Workplace) -> str:
    """See that the worker keeps up, and that nobody has to look at a dead message."""
    with workplace.session() as session:
        due_at = outbox.oldest_due_at(session)
        dead = outbox.counts(session).get("dead", 0)
        given_up = outbox.given_up(session)
    late = 0 if due_at is None else workplace.services.clock.now() - due_at
    if late > LONGEST_WAIT:
        raise Wrong(f"A message has been due for {late} seconds: is `onepass worker` running?")
    if given_up:
        raise Wrong(f"{given_up} messages could not be delivered: see `onepass outbox list`.")
    # A mail to an address that does not exist is nobody's fault here, and happens every day.
    refused = f" {dead} were refused for good, as to a mistyped address." if dead else ""
    return f"No message is late.{refused}"


def facts_are_sealed(workplace: Workplace) -> str:
    """See that the worker seals the audit record within seconds."""
    with workplace.session() as session:
        count, oldest_at = unsealed(session)
    age = 0 if oldest_at is None else workplace.services.clock.now() - oldest_at
    if age > LONGEST_WAIT:
        raise Wrong(
            f"{count} audit entries are unsealed, the oldest for {age} seconds: is "
            "`onepass worker` running, and what does its log say?"
        )
    return "The audit record is sealed."


def checkpoints_leave_the_database(workplace: Workplace) -> str:
    """See that the file of checkpoints is where the log is."""
    with workplace.session() as session:
        size = session.scalar(select(func.max(Checkpoint.size))) or 0
    in_file = last_size_in_file(workplace.services)
    if in_file > size:
        raise Wrong(
            f"The checkpoint file knows of {in_file} audit entries, the database of {size}: the "
            "end of the record was cut off. Run `onepass audit verify`."
        )
    if in_file < size:
        raise Wrong(
            f"{workplace.settings.checkpoint_file} lacks the newest checkpoints: can the worker "
            "write to it?"
        )
    return "The checkpoint file is complete."


def clock_is_sane(workplace: Workplace) -> str:
    """Compare this machine's clock with the database's, and with what was already recorded."""
    now = workplace.services.clock.now()
    with workplace.session() as session:
        recorded = session.scalar(select(func.max(Checkpoint.at))) or 0
        if workplace.engine.dialect.name == "postgresql":
            theirs = int(session.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
            if abs(theirs - now) > CLOCK_TOLERANCE:
                raise Wrong(f"This clock and the database's differ by {abs(theirs - now)} seconds.")
    if recorded > now + CLOCK_TOLERANCE:
        raise Wrong(
            f"The newest checkpoint is {recorded - now} seconds ahead of this clock: "
            "was it set back?"
        )
    return "The clock agrees with what is known."


def disk_has_room(workplace: Workplace) -> str:
    """Look at the free space where this installation writes."""
    folder = workplace.settings.var_dir
    free = shutil.disk_usage(folder if folder.exists() else folder.absolute().parent).free
    if free < LEAST_FREE_BYTES:
        raise Wrong(f"Only {free // 1_000_000} MB are free at {folder}.")
    return f"{free // 1_000_000_000} GB are free."


CHECKS: tuple[Check, ...] = (
    settings_are_safe,
    database_answers,
    schema_is_newest,
    every_ring_has_a_current_key,
    private_keys_can_be_used,
    jwks_is_computed,
    assets_are_built,
    translations_are_compiled,
    messages_are_delivered,
    mail_checks.mails_have_somewhere_to_go,
    mail_checks.mails_are_taken,
    facts_are_sealed,
    checkpoints_leave_the_database,
    clock_is_sane,
    disk_has_room,
)


def examine(workplace: Workplace, checks: tuple[Check, ...] = CHECKS) -> list[Finding]:
    """Run every check; one that cannot look counts as wrong."""
    return [_finding(workplace, check) for check in checks]


def _finding(workplace: Workplace, check: Check) -> Finding:
    name = check.__name__
    try:
        return Finding(name, good=True, words=check(workplace))
    except Wrong as wrong:
        return Finding(name, good=False, words=str(wrong))
    except SQLAlchemyError as fault:
        question = name.replace("_", " ").capitalize()
        words = f"{question}? The database could not be asked ({type(fault).__name__})."
        return Finding(name, good=False, words=words)
    except OSError as fault:
        return Finding(name, good=False, words=f"A file could not be read: {fault}.")


@click.command()
@click.option("--mail", is_flag=True, help="Also connect to the mail server; sends no mail.")
@as_json
@click.pass_context
def doctor(context: click.Context, mail: bool, as_json: bool) -> None:
    """Say what is right and what is wrong with this installation; exit 1 if anything is."""
    found = context.find_root().obj
    if isinstance(found, SettingsError):
        findings = [Finding("settings_are_safe", good=False, words=" ".join(found.problems))]
    else:
        findings = examine(found, (*CHECKS, mail_checks.mail_server_answers) if mail else CHECKS)
    healthy = all(finding.good for finding in findings)
    document = {
        "healthy": healthy,
        "findings": [
            {"check": finding.name, "good": finding.good, "words": finding.words}
            for finding in findings
        ],
    }
    words = "\n".join(
        f"{'ok   ' if finding.good else 'WRONG'}  {finding.words}" for finding in findings
    )
    tell(as_json, document, words)
    if not healthy:
        raise SystemExit(1)
