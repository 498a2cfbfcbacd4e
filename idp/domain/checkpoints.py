"""Checkpoints: what the audit log was at a size, signed, in the database and outside it.

Owns: the signed statement, the file to which every checkpoint is also written, and healing that
file when a crash kept a line from it.
Does not own: sealing (`idp.domain.audit_log`) or verification (`idp.domain.audit_verification`).

Somebody who can write to the database can cut off the end of the log together with its
checkpoints; the copy outside it is what shows that. Keep it where the database's administrators
cannot write: another volume, a collector, a bucket.
"""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain.audit_entries import Checkpoint
from idp.domain.merkle import Frontier
from idp.domain.ring import TokenRefused, decoded
from idp.domain.services import Services

TYP = "onepass-audit-checkpoint+jwt"
PAGE = 1000


@dataclass(frozen=True)
class Witness:
    """A checkpoint as somebody kept it: `fault` says why it is not to be believed."""

    size: int
    root_hash: str
    source: str
    fault: str | None


def sign(services: Services, frontier: Frontier, now: int) -> Checkpoint:
    """Return the checkpoint of a log that has grown to `frontier`."""
    root_hash = frontier.root().hex()
    signature = services.keyring.sign(
        {
            "iss": services.settings.issuer,
            "size": frontier.size,
            "root_hash": root_hash,
            "iat": now,
        },
        alg="ES256",
        typ=TYP,
        purpose="audit",
    )
    return Checkpoint(
        size=frontier.size,
        root_hash=root_hash,
        at=now,
        kid=orjson.loads(decoded(signature.partition(".")[0]))["kid"],
        signature=signature,
        frontier=frontier.text(),
    )


def fault_of(services: Services, size: int, root_hash: str, signature: str) -> str | None:
    """Return why this checkpoint is not one that we signed for this size and root, or None."""
    try:
        said = services.keyring.verify(signature, typ=TYP, purpose="audit")
    except TokenRefused as refused:
        return str(refused)
    if said.get("iss") != services.settings.issuer:
        return "it was signed for another issuer"
    if (said.get("size"), said.get("root_hash")) != (size, root_hash):
        return "its signature is about another size or root"
    return None


def kept_in_database(session: Session, services: Services, up_to: int) -> Iterator[Witness]:
    """Yield every checkpoint of the database up to a size, by size."""
    after = 0
    while True:
        page = session.execute(
            select(Checkpoint.size, Checkpoint.root_hash, Checkpoint.signature)
            .where(Checkpoint.size > after, Checkpoint.size <= up_to)
            .order_by(Checkpoint.size)
            .limit(PAGE)
        ).all()
        for size, root_hash, signature in page:
            fault = fault_of(services, size, root_hash, signature)
            yield Witness(size, root_hash, "database", fault)
        if len(page) < PAGE:
            return
        after = page[-1].size


def file_length(services: Services) -> int:
    """Return the length of the file of checkpoints in bytes; 0 when there is none."""
    try:
        return services.settings.checkpoint_file.stat().st_size
    except FileNotFoundError:
        return 0


def kept_in_file(services: Services, end: int) -> Iterator[Witness]:
    """Yield every checkpoint in the first `end` bytes of the file, by line.

    A last line that a crash cut short is left out. A line that cannot be read has size 0 and a
    fault.
    """
    if end == 0:
        return
    with services.settings.checkpoint_file.open("rb") as file:
        for number, line in enumerate(file, start=1):
            end -= len(line)
            if end < 0 or not line.endswith(b"\n"):
                return
            yield _witness_of(services, line, number)


def _witness_of(services: Services, line: bytes, number: int) -> Witness:
    source = f"line {number} of the checkpoint file"
    try:
        said = orjson.loads(line)
        size, root_hash, signature = said["size"], said["root_hash"], said["signature"]
        fault = fault_of(services, int(size), root_hash, signature)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Witness(0, "", source, "it cannot be read")
    return Witness(int(size), str(root_hash), source, fault)


def write_to_file(session: Session, services: Services) -> int:
    """Append to the file every checkpoint that it lacks, and return how many that were.

    Call it after the commit: the file must never know more than the database does.
    """
    path = services.settings.checkpoint_file
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path) as file:
        after, end = _last_size(file)
        # What a crash cut short is written again, whole.
        file.seek(end)
        file.truncate()
        lacking = session.execute(
            select(
                Checkpoint.size,
                Checkpoint.root_hash,
                Checkpoint.at,
                Checkpoint.kid,
                Checkpoint.signature,
            )
            .where(Checkpoint.size > after)
            .order_by(Checkpoint.size)
            .limit(PAGE)
        ).mappings()
        lines = [orjson.dumps(dict(row), option=orjson.OPT_APPEND_NEWLINE) for row in lacking]
        if lines:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    return len(lines)


def last_size_in_file(services: Services) -> int:
    """Return the largest size that the file of checkpoints knows; 0 when there is none."""
    try:
        with services.settings.checkpoint_file.open("rb") as file:
            return _last_size(file)[0]
    except FileNotFoundError:
        return 0


def _locked(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    file = os.fdopen(descriptor, "r+b")
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # until the file is closed
    return file


def _last_size(file: BinaryIO) -> tuple[int, int]:
    """Return the largest size in the file, and where its last whole line ends."""
    end = file.seek(0, os.SEEK_END)
    start = max(0, end - 65_536)
    file.seek(start)
    tail = file.read()
    whole = tail[: tail.rfind(b"\n") + 1]
    for line in reversed(whole.splitlines()):
        try:
            return int(orjson.loads(line)["size"]), start + len(whole)
        except (ValueError, KeyError, TypeError):
            continue
    return 0, start + len(whole)
