"""Hashes as One Login keeps them: Argon2id at the costs its documentation names."""

from functools import cache

from argon2 import PasswordHasher


@cache
def one_logins_hash(secret: str) -> str:
    """The encoded hash of a client's secret: 15 MiB, two passes, one lane, 16 bytes."""
    return PasswordHasher(time_cost=2, memory_cost=15_360, parallelism=1, hash_len=16).hash(secret)
