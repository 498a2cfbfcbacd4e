"""The private halves of signing keys: `<kid>.sealed` files in the keys folder.

Owns: writing one atomically with mode 0600, reading one only when nobody else could have.
Does not own: what state a key is in (`idp.domain.signing_keys`).
"""

import os
from pathlib import Path

from idp.kernel.sealing import SealBroken, Sealer

PURPOSE = "signing key"
OWNER_ONLY = 0o600


class KeyFileUnusable(Exception):
    """A private key cannot be used; the message says why and what to do."""


def path_of(keys_dir: Path, kid: str) -> Path:
    """Return where the private half of key `kid` is kept."""
    return keys_dir / f"{kid}.sealed"


def write(keys_dir: Path, kid: str, private: bytes, sealer: Sealer) -> None:
    """Seal a private key (PKCS #8) into its file, whole or not at all."""
    write_sealed(keys_dir, kid, sealer.seal(private, PURPOSE, kid))


def write_sealed(keys_dir: Path, kid: str, sealed: str) -> None:
    """Put sealed text into the file of key `kid`, whole or not at all."""
    keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = keys_dir / f".{kid}.new"
    fresh.unlink(missing_ok=True)
    # Created with its final mode: a file that is made first and closed later was open once.
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as file:
        file.write(sealed + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path_of(keys_dir, kid))
    folder = os.open(keys_dir, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(keys_dir: Path, kid: str, sealer: Sealer) -> bytes:
    """Return the private key (PKCS #8). Raises KeyFileUnusable."""
    sealed = read_sealed(keys_dir, kid)
    try:
        return sealer.open(sealed, PURPOSE, kid)
    except SealBroken as broken:
        raise KeyFileUnusable(f"{path_of(keys_dir, kid)} cannot be opened: {broken}") from broken


def read_sealed(keys_dir: Path, kid: str) -> str:
    """Return the sealed text. Raises KeyFileUnusable when it is missing or open to others."""
    path = path_of(keys_dir, kid)
    try:
        with path.open("r", encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            if mode & 0o077:
                raise KeyFileUnusable(
                    f"{path} has mode {mode:04o}, so others can reach it: make it 0600, "
                    "and replace the key if anybody may have copied it"
                )
            return file.read().strip()
    except FileNotFoundError:
        raise KeyFileUnusable(
            f"{path} is missing: restore it from a backup, or replace the key"
        ) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise KeyFileUnusable(f"{path} cannot be read: {type(fault).__name__}") from fault
