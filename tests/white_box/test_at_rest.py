"""Whoever reads the database, the files or a backup finds nothing to sign in or to sign with."""

import base64
import tarfile
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from idp.domain import backups, key_files, signing_keys
from idp.domain.accounts import Account
from idp.settings import Settings, SettingsError
from tests.endpoints.provider import Provider
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.building import PRODUCTION, environment
from tests.support.citizens import Citizen, give_codes
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


def everything_below(folder: Path) -> bytes:
    """The bytes of every file in a folder, whatever it is, and of what archives hold."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            found.append(path.read_bytes())
            if tarfile.is_tarfile(path):
                with tarfile.open(path) as archive:
                    members = [archive.extractfile(member) for member in archive]
                    found += [member.read() for member in members if member]
    return b"\n".join(found)


def private_parts(provider: Provider) -> list[bytes]:
    """What of each private key must be nowhere: its DER, plain or as text, and its number."""
    parts = []
    with provider.records() as session:
        kids = [key.kid for key in signing_keys.states(session)]
    for kid in kids:
        der = key_files.read(provider.settings.keys_dir, kid, provider.services.sealer)
        key = load_der_private_key(der, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        numbers = key.private_numbers()
        secret = numbers.d if isinstance(numbers, rsa.RSAPrivateNumbers) else numbers.private_value
        parts += [
            der[40:],
            base64.urlsafe_b64encode(der)[60:180],
            secret.to_bytes((secret.bit_length() + 7) // 8),
        ]
    return parts


@pytest.mark.threat("KEY-03")
def test_key_03_no_file_holds_a_secret_and_only_its_owner_reads_the_keys(
    provider: Provider,
    person: Person,
    post: Post,
    alice: Citizen,
    clock: FixedClock,
    tmp_path: Path,
) -> None:
    party = provider.party(method="client_secret_post")
    with provider.records() as session:
        codes = give_codes(session, provider.services, alice)
        # The others were made by another process, and laid here.
        provider.services.keyring.generate(session, "ES256")
    walks.come_to_app(person, party, post, "new@example.com")
    pending = walks.seed_shown(person)
    walks.sign_in(Person(provider.app, provider.issuer, "127.0.0.9"), party, alice, clock)
    asked, tokens = provider.tokens(party, provider.signed_in(citizen=alice))
    backups.write(provider.engine, provider.services, tmp_path / "backup.tar")

    kept = everything_below(tmp_path)
    assert alice.email.encode() in kept, "the database was not read"
    assert b"authenticator_apps" in kept
    words = [alice.password, alice.seed, pending, walks.NEW_PASSWORD, *codes]
    words += [party.secret or "", tokens["access_token"], tokens["id_token"], asked.verifier]
    for word in words:
        assert len(word) > 9
        assert word.encode() not in kept, f"a file holds {word[:6]}…"
    for part in private_parts(provider):
        assert part not in kept, "a file holds a private key"
    keys = provider.settings.keys_dir
    assert keys.stat().st_mode & 0o077 == 0
    files = [*keys.iterdir(), tmp_path / "backup.tar"]
    assert len(files) > len(signing_keys.RINGS)
    assert [file.name for file in files if file.stat().st_mode & 0o077] == []


@pytest.mark.threat("LOGIN-08")
def test_login_08_passwords_are_kept_as_slow_salted_hashes_and_renewed_at_sign_in(
    provider: Provider, person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    def kept() -> str:
        with provider.records() as session:
            return session.get_one(Account, alice.account_id).password_hash

    def keep(password_hash: str) -> None:
        with provider.records() as session:
            session.get_one(Account, alice.account_id).password_hash = password_hash

    today = extract_parameters(kept())
    cheap = PasswordHasher(time_cost=2, memory_cost=32, parallelism=1).hash(alice.password)
    keep(cheap)
    walks.come_to_password(person, library, alice.email)
    person.send({"password": "guess after guess"})
    assert kept() == cheap
    person.send({"password": alice.password})
    assert person.url.endswith("/code")
    renewed = kept()
    assert renewed.startswith("$argon2id$")
    assert extract_parameters(renewed) == today
    another = provider.services.hasher.hash(alice.password)
    assert len({text.split("$")[4] for text in (renewed, cheap, another)}) == 3, "a salt twice"
    again = Person(provider.app, provider.issuer, "127.0.0.9")
    walks.sign_in(again, library, alice, clock)
    assert kept() == renewed, "it is renewed once"


@pytest.mark.threat("LOGIN-08")
def test_login_08_production_does_not_run_with_a_cheap_hash(tmp_path: Path) -> None:
    base = environment("postgresql://db/x", tmp_path, issuer="https://id.example/") | PRODUCTION
    settings = Settings.from_environment(base)
    assert (settings.argon2_memory_kib, settings.argon2_time) >= (19_456, 2)
    for name, value in (("ONEPASS_ARGON2_MEMORY_KIB", "19455"), ("ONEPASS_ARGON2_TIME", "1")):
        with pytest.raises(SettingsError):
            Settings.from_environment(base | {name: value})
