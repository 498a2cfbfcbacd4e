"""Rows about what our own provider has not notice a fault, and raise no alarm without one.

Refresh tokens, devices, hybrid answers, frames: no fault of them can be planted in `idp/`.
"""

import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.auth_flows import attacks, catalogue
from tests.auth_flows.care import Pace
from tests.auth_flows.clocks import SECONDS
from tests.auth_flows.faulty.answers import serving
from tests.auth_flows.faulty.provider import Provider
from tests.auth_flows.faulty.tokens import CLIENTS, SECRET
from tests.auth_flows.ground import Ground
from tests.auth_flows.masking import Masker
from tests.auth_flows.run import run
from tests.auth_flows.targets import Care, Citizen, Client, Target
from tests.auth_flows.verdicts import Result, Verdict
from tests.auth_flows.wire import Wire

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
SEED = "JBSWY3DPEHPK3PXP"
ROWS = catalogue.load()
FAULTS = {
    "TOKEN-01": ("code",),
    "TOKEN-14": ("old", "family"),
    "TOKEN-15": ("grace",),
    "TOKEN-16": ("any_client", "proof"),
    "TOKEN-17": ("scope",),
    "TOKEN-19": ("password", "account", "session"),
    "REVOKE-02": ("access", "hint"),
    "IDT-02": ("c_hash", "at_hash", "no_nonce", "query"),
    "DEV-01": ("short", "long", "fast", "any_device", "proof", "twice", "guesses", "link",
               "nobody", "name", "immortal", "factor"),
    "LOGOUT-08": ("unmarked", "silent", "stranger", "blocked", "open"),
    "LOGOUT-09": ("anybody", "loud", "unsalted", "told", "readable"),
}  # fmt: skip


def tried(folder: Path, rows: Iterable[str], *faults: str) -> list[Result]:
    """What comes of these rows at a provider with these faults."""
    clock = folder / "clock"
    clock.write_bytes(SECONDS.pack(int(time.time())))
    provider = Provider(clock, PEM, *faults)
    clients = [
        Client(name, "client_secret_post", f"https://{name}.example/in", SECRET,
               scope="openid email", front_channel_logout_uri=f"https://{name}.example/out")
        for name in CLIENTS
    ]  # fmt: skip
    people = [Citizen(f"{n}@example.com", "any password", SEED, n > 1) for n in range(6)]
    with serving(provider):
        target = Target(
            issuer=provider.at, authorised_by="this test", clients=tuple(clients),
            citizens=tuple(people), care=Care(1000), clock_file=str(clock),
            pages={"password": "password", "delete": "delete"},
        )  # fmt: skip
        ground = Ground(target, Wire(Pace(target.care), Masker()))
        chosen = {row: found for row, found in ROWS.items() if row in rows}
        return run(ground, chosen, attacks.load())


def test_a_careful_provider_defends_itself(tmp_path: Path) -> None:
    for result in tried(tmp_path, FAULTS):
        assert result.verdict is Verdict.DEFENDED, result


@pytest.mark.parametrize(
    ("row", "fault"), [(row, fault) for row, faults in FAULTS.items() for fault in faults]
)
def test_each_fault_is_noticed(tmp_path: Path, row: str, fault: str) -> None:
    (result,) = tried(tmp_path, [row], fault)
    assert result.verdict is Verdict.VULNERABLE, result
