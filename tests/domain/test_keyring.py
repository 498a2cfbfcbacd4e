"""Keys sign, verify, rotate and retire without a token lost."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from idp.domain import key_files, signing_keys
from idp.domain.key_files import KeyFileUnusable
from idp.domain.keyring import Keyring, NoSigningKey, TokenRefused
from idp.domain.signing_keys import JWKS_CACHE_LIFETIME, REREAD_LIFETIME, KeyRefused, SigningKey
from idp.kernel.sealing import Sealer, SealingKey
from idp.protocol import core_identity, did_document
from tests.domain.conftest import Installation

CLAIMS = {"iss": "http://id.onepass.localhost:8000/", "sub": "someone", "n": 1}
ALGS = ("ES256", "RS256")


def kid_of(token: str) -> str:
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


def published(keyring: Keyring) -> set[str]:
    return {key["kid"] for key in keyring.public_jwks()["keys"]}


def generate(installation: Installation, alg: signing_keys.Alg = "ES256") -> str:
    with installation.session() as session:
        kid = installation.services.keyring.generate(session, alg).kid
        session.commit()
    return kid


def publish(installation: Installation, kid: str) -> None:
    with installation.session() as session:
        installation.services.keyring.publish(session, kid, installation.clock.now())
        session.commit()


def activate(installation: Installation, kid: str, *, emergency: bool = False) -> None:
    with installation.session() as session:
        installation.services.keyring.activate(
            session, kid, installation.clock.now(), emergency=emergency
        )
        session.commit()


def retire(installation: Installation, kid: str, *, emergency: bool = False) -> None:
    with installation.session() as session:
        installation.services.keyring.retire(
            session, kid, installation.clock.now(), emergency=emergency
        )
        session.commit()


def altered(header: dict[str, object], like: str) -> str:
    """The token `like` under another header."""
    text = base64.urlsafe_b64encode(json.dumps(header, separators=(",", ":")).encode())
    return ".".join([text.decode().rstrip("="), *like.split(".")[1:]])


# Signing and verifying


@pytest.mark.parametrize("alg", ALGS)
def test_another_library_verifies_what_we_sign_with_what_we_publish(
    installation: Installation, alg: signing_keys.Alg
) -> None:
    keyring = installation.services.keyring
    token = keyring.sign(CLAIMS, alg=alg, typ="at+jwt")
    keys = {key["kid"]: key for key in keyring.public_jwks()["keys"]}
    assert jwt.decode(token, jwt.PyJWK(keys[kid_of(token)]).key, algorithms=[alg]) == CLAIMS
    assert jwt.get_unverified_header(token) == {"alg": alg, "kid": kid_of(token), "typ": "at+jwt"}
    assert keyring.verify(token, typ="at+jwt") == CLAIMS
    assert keyring.sign(json.dumps(CLAIMS).encode(), alg=alg, typ="JWT") != token


def test_the_jwks_holds_public_members_only(installation: Installation) -> None:
    keys = installation.services.keyring.public_jwks()["keys"]
    assert [sorted(key) for key in keys if key["kty"] == "EC"] == [
        ["alg", "crv", "kid", "kty", "use", "x", "y"]
    ]
    assert [sorted(key) for key in keys if key["kty"] == "RSA"] == [
        ["alg", "e", "kid", "kty", "n", "use"]
    ]
    assert len({key["kid"] for key in keys}) == len(keys) == 2
    assert all(len(key["kid"]) == 64 and int(key["kid"], 16) for key in keys)
    assert {key["use"] for key in keys} == {"sig"}


@pytest.mark.parametrize("alg", ALGS)
def test_a_token_of_another_type_purpose_or_algorithm_is_refused(
    installation: Installation, alg: signing_keys.Alg
) -> None:
    keyring = installation.services.keyring
    token = keyring.sign(CLAIMS, alg=alg, typ="at+jwt")
    for typ in ("JWT", "logout+jwt", "AT+JWT"):
        with pytest.raises(TokenRefused, match="header"):
            keyring.verify(token, typ=typ)
    with pytest.raises(TokenRefused, match="header"):
        keyring.verify(token, typ="at+jwt", purpose="audit")
    with pytest.raises(TokenRefused, match="algorithm"):
        keyring.verify(token, typ="at+jwt", algs=("PS256",))


def test_a_header_that_we_never_write_is_refused(installation: Installation) -> None:
    keyring = installation.services.keyring
    token = keyring.sign(CLAIMS, alg="ES256", typ="JWT")
    ours = jwt.get_unverified_header(token)
    (rsa,) = [key for key in keyring.public_jwks()["keys"] if key["kty"] == "RSA"]
    forged: list[dict[str, object]] = [
        ours | {"alg": "none"},
        ours | {"alg": "HS256"},
        ours | {"alg": "RS256"},
        ours | {"kid": rsa["kid"]},
        ours | {"kid": "../../etc/passwd"},
        ours | {"kid": 7},
        ours | {"crit": ["exp"]},
        ours | {"jwk": rsa},
        ours | {"jku": "http://127.0.0.1:1/"},
        {"alg": "ES256", "typ": "JWT"},
        {},
    ]
    for header in forged:
        with pytest.raises(TokenRefused):
            keyring.verify(altered(header, token), typ="JWT")
    assert keyring.verify(token, typ="JWT") == CLAIMS


@pytest.mark.parametrize("alg", ALGS)
def test_a_token_that_was_touched_is_refused(
    installation: Installation, alg: signing_keys.Alg
) -> None:
    keyring = installation.services.keyring
    header, payload, signature = keyring.sign(CLAIMS, alg=alg, typ="JWT").split(".")
    other = keyring.sign(CLAIMS | {"sub": "other"}, alg=alg, typ="JWT").split(".")[1]
    raw = base64.urlsafe_b64decode(signature + "==")
    touched = [
        f"{header}.{other}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[:-4]}",
        f"{header}.{payload}.{signature}=",
        f"{header}.{payload}.{signature}\n",
        f"{header}.{payload}.{signature}é",
        f"{header}.{payload}.{signature}.{signature}",
        f"{header}.{payload}",
        f"{header}.{payload}.****",
        "",
        "..",
        "é..",
        f"{header}.{payload}." + base64.urlsafe_b64encode(bytes(len(raw))).decode().rstrip("="),
        f"{header}.{'A' * 20_000}.{signature}",
        "AAAA." + f"{payload}.{signature}",
        f"!.{payload}.{signature}",
    ]
    for token in touched:
        with pytest.raises(TokenRefused):
            keyring.verify(token, typ="JWT")


def test_a_signature_has_one_spelling(installation: Installation) -> None:
    keyring = installation.services.keyring
    token = keyring.sign(CLAIMS, alg="ES256", typ="JWT")
    # 64 bytes are 86 characters: the last one holds four bits that say nothing.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = token[:-1] + alphabet[alphabet.index(token[-1]) | 1]
    assert base64.urlsafe_b64decode(twin.split(".")[2] + "==") == base64.urlsafe_b64decode(
        token.split(".")[2] + "=="
    )
    with pytest.raises(TokenRefused, match="canonical"):
        keyring.verify(twin, typ="JWT")


def test_claims_are_an_object(installation: Installation) -> None:
    keyring = installation.services.keyring
    token = keyring.sign(b"[1]", alg="ES256", typ="JWT")
    with pytest.raises(TokenRefused, match="not an object"):
        keyring.verify(token, typ="JWT")


def test_no_key_is_parsed_and_no_statement_run_while_tokens_are_signed(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = installation.services.keyring
    keyring.verify(keyring.sign(CLAIMS, alg="RS256", typ="JWT"), typ="JWT")

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a key was parsed or the database was asked")

    monkeypatch.setattr("idp.domain.ring.load_der_private_key", forbidden)
    monkeypatch.setattr("idp.domain.ring._parsed", forbidden)
    with monkeypatch.context() as patch:
        patch.setattr(keyring, "_connect", forbidden)
        for _ in range(3):
            keyring.verify(keyring.sign(CLAIMS, alg="RS256", typ="JWT"), typ="JWT")
    installation.clock.move(REREAD_LIFETIME)
    keyring.verify(keyring.sign(CLAIMS, alg="RS256", typ="JWT"), typ="JWT")


# The life of a key


def test_an_empty_ring_says_what_to_do_and_can_be_equipped(bare: Installation) -> None:
    keyring = bare.services.keyring
    assert keyring.public_jwks() == {"keys": []}
    with pytest.raises(NoSigningKey, match="no current ES256 key for tokens"):
        keyring.sign(CLAIMS, alg="ES256", typ="JWT")
    with bare.session() as session:
        made = keyring.equip(session, bare.clock.now())
        assert len(made) == len(signing_keys.RINGS)
        assert keyring.equip(session, bare.clock.now()) == []
        session.commit()
    bare.clock.move(1)
    # No wait for the next re-read: the ring had nothing to sign with.
    assert kid_of(keyring.sign(CLAIMS, alg="ES256", typ="JWT")) in published(keyring)
    assert {kid.kid for kid in made if kid.purpose == "tokens"} == published(keyring)


@pytest.mark.parametrize("alg", ALGS)
@pytest.mark.row("1.jwks.rotation")
def test_a_rotation_by_the_book(installation: Installation, alg: signing_keys.Alg) -> None:
    keyring, clock = installation.services.keyring, installation.clock
    before = kid_of(keyring.sign(CLAIMS, alg=alg, typ="JWT"))
    after = generate(installation, alg)
    keyring.reread()
    assert after not in published(keyring)
    with pytest.raises(KeyRefused, match="publish the key first"):
        activate(installation, after)
    publish(installation, after)
    keyring.reread()
    assert after in published(keyring)
    clock.move(JWKS_CACHE_LIFETIME - 1)
    with pytest.raises(KeyRefused, match="for 1 seconds"):
        activate(installation, after)
    clock.move(1)
    token = keyring.sign(CLAIMS, alg=alg, typ="JWT")
    assert kid_of(token) == before
    activate(installation, after)
    keyring.reread()
    assert kid_of(keyring.sign(CLAIMS, alg=alg, typ="JWT")) == after
    assert keyring.verify(token, typ="JWT") == CLAIMS
    assert {before, after} <= published(keyring)
    # The old key disappears when the last token that it signed has expired, not before.
    settings = installation.settings
    clock.move(REREAD_LIFETIME + settings.access_token_lifetime)
    assert before in published(keyring)
    clock.move(signing_keys.CLOCK_LEEWAY)
    assert before not in published(keyring)
    # Sign-out hints may be older than any token's life.
    assert keyring.verify(token, typ="JWT") == CLAIMS
    assert keyring.verification_key(before) is not None


def test_a_process_that_has_not_looked_again_signs_with_the_key_before(
    installation: Installation,
) -> None:
    quick, slow = installation.services.keyring, installation.another_process().keyring
    before = kid_of(slow.sign(CLAIMS, alg="ES256", typ="JWT"))
    after = generate(installation)
    publish(installation, after)
    installation.clock.move(JWKS_CACHE_LIFETIME)
    assert kid_of(slow.sign(CLAIMS, alg="ES256", typ="JWT")) == before
    activate(installation, after)
    quick.reread()
    old, new = (ring.sign(CLAIMS, alg="ES256", typ="JWT") for ring in (slow, quick))
    assert (kid_of(old), kid_of(new)) == (before, after)
    assert quick.verify(old, typ="JWT") == slow.verify(new, typ="JWT") == CLAIMS
    installation.clock.move(REREAD_LIFETIME)
    assert kid_of(slow.sign(CLAIMS, alg="ES256", typ="JWT")) == after


def test_an_emergency_starts_when_every_process_publishes_the_key(
    installation: Installation,
) -> None:
    quick, slow = installation.services.keyring, installation.another_process().keyring
    before = kid_of(slow.sign(CLAIMS, alg="ES256", typ="JWT"))
    after = generate(installation)
    activate(installation, after, emergency=True)
    quick.reread()
    assert kid_of(quick.sign(CLAIMS, alg="ES256", typ="JWT")) == before
    assert after in published(quick)
    installation.clock.move(REREAD_LIFETIME)
    assert kid_of(quick.sign(CLAIMS, alg="ES256", typ="JWT")) == after
    # Whatever process a service asks now, it finds the key.
    assert after in published(slow)


def test_an_emergency_need_not_wait_twice(installation: Installation) -> None:
    after = generate(installation)
    publish(installation, after)
    installation.clock.move(REREAD_LIFETIME)
    activate(installation, after, emergency=True)
    keyring = installation.services.keyring
    keyring.reread()
    assert kid_of(keyring.sign(CLAIMS, alg="ES256", typ="JWT")) == after


def test_a_key_unknown_to_the_cache_makes_it_look_once(installation: Installation) -> None:
    quick, slow = installation.services.keyring, installation.another_process().keyring
    slow.public_jwks()
    (key,) = [k for k in slow.public_jwks()["keys"] if k["kty"] == "EC"]
    retire(installation, key["kid"], emergency=True)
    after = generate(installation)
    activate(installation, after)
    quick.reread()
    token = quick.sign(CLAIMS, alg="ES256", typ="JWT")
    assert kid_of(token) == after
    assert slow.verify(token, typ="JWT") == CLAIMS
    reads = count_reads(slow)
    for number in range(5):
        with pytest.raises(TokenRefused):
            slow.verify(
                altered({"alg": "ES256", "kid": f"{number}" * 64, "typ": "JWT"}, token), typ="JWT"
            )
    assert slow.verification_key("f" * 64) is None
    # One read a second is all that strangers can cause.
    assert len(reads) <= 1
    installation.clock.move(1)
    assert slow.verification_key("f" * 64) is None
    assert 1 <= len(reads) <= 2


def count_reads(keyring: Keyring) -> list[int]:
    reads: list[int] = []
    connect = keyring._connect

    @contextmanager
    def counted() -> Iterator[sa.Connection]:
        reads.append(1)
        with connect() as connection:
            yield connection

    keyring._connect = counted
    return reads


def test_a_withdrawn_key_is_trusted_no_more(installation: Installation) -> None:
    keyring = installation.services.keyring
    token = keyring.sign(CLAIMS, alg="ES256", typ="JWT")
    after = generate(installation)
    activate(installation, after, emergency=True)
    retire(installation, kid_of(token), emergency=True)
    keyring.reread()
    assert kid_of(token) not in published(keyring)
    assert keyring.verification_key(kid_of(token)) is None
    with pytest.raises(TokenRefused):
        keyring.verify(token, typ="JWT")
    # Nothing else is left to sign with, so the new key does not wait.
    assert kid_of(keyring.sign(CLAIMS, alg="ES256", typ="JWT")) == after
    with pytest.raises(KeyRefused, match="withdrawn already"):
        retire(installation, kid_of(token), emergency=True)


def test_steps_out_of_order_are_refused(installation: Installation) -> None:
    keyring = installation.services.keyring
    current = kid_of(keyring.sign(CLAIMS, alg="ES256", typ="JWT"))
    with pytest.raises(KeyRefused, match="only a next key that is not published"):
        publish(installation, current)
    with pytest.raises(KeyRefused, match="only a next key can be activated; this one is current"):
        activate(installation, current)
    with pytest.raises(KeyRefused, match="activate its successor"):
        retire(installation, current)
    with pytest.raises(KeyRefused, match="no key starts with"):
        publish(installation, "%")
    with pytest.raises(KeyRefused, match="several keys start with ''"):
        publish(installation, "")
    after = generate(installation)
    publish(installation, after)
    with pytest.raises(KeyRefused, match="only a next key that is not published"):
        publish(installation, after)
    retire(installation, after)
    keyring.reread()
    assert after not in published(keyring)
    with pytest.raises(KeyRefused, match="retired already; --emergency"):
        retire(installation, after)
    with installation.session() as session, pytest.raises(KeyRefused, match="no RS256 ring"):
        keyring.generate(session, "RS256", "audit")


def named_in_did(keyring: Keyring) -> set[str]:
    return {key["kid"] for key in keyring.identity_keys()}


def test_an_identity_key_signs_under_a_name_of_the_did_document_and_is_in_no_jwks(
    installation: Installation,
) -> None:
    keyring = installation.services.keyring
    token = keyring.sign(CLAIMS, alg="ES256", typ="", purpose="identity")
    assert jwt.get_unverified_header(token).keys() == {"alg", "kid"}
    did, _, kid = kid_of(token).partition("#")
    assert did == "did:web:id.onepass.localhost%3A8000"
    (jwk,) = keyring.identity_keys()
    assert (jwk["kid"], jwk["alg"], jwk["crv"], "d" in jwk) == (kid, "ES256", "P-256", False)
    assert jwt.decode(token, jwt.PyJWK(jwk), algorithms=["ES256"]) == CLAIMS
    assert kid not in published(keyring)
    assert not named_in_did(keyring) & published(keyring)


def test_an_identity_key_is_good_for_nothing_else(installation: Installation) -> None:
    keyring = installation.services.keyring
    token = keyring.sign(CLAIMS, alg="ES256", typ="", purpose="identity")
    assert keyring.verify(token, typ="", purpose="identity") == CLAIMS
    with pytest.raises(TokenRefused):
        keyring.verify(token, typ="")
    with pytest.raises(TokenRefused):
        keyring.verify(token, typ="", purpose="audit")
    # Not under another name of the same key either, nor as a key for somebody else's tokens.
    kid = kid_of(token).partition("#")[2]
    with pytest.raises(TokenRefused):
        keyring.verify(altered({"alg": "ES256", "kid": kid}, token), typ="", purpose="identity")
    assert keyring.verification_key(kid) is None
    own = kid_of(keyring.sign(CLAIMS, alg="ES256", typ=""))
    assert keyring.verification_key(own) is not None
    with pytest.raises(NoSigningKey):
        keyring.sign(CLAIMS, alg="RS256", typ="", purpose="identity")


def test_a_rotation_of_identity_keys_waits_for_the_did_document(
    installation: Installation,
) -> None:
    keyring, clock = installation.services.keyring, installation.clock
    before = keyring.sign(CLAIMS, alg="ES256", typ="", purpose="identity")
    with installation.session() as session:
        after = keyring.generate(session, "ES256", "identity").kid
        session.commit()
    publish(installation, after)
    keyring.reread()
    assert after in named_in_did(keyring)
    clock.move(did_document.LIFETIME - 1)
    with pytest.raises(KeyRefused, match="for 1 seconds"):
        activate(installation, after)
    clock.move(1)
    activate(installation, after)
    keyring.reread()
    now = keyring.sign(CLAIMS, alg="ES256", typ="", purpose="identity")
    assert kid_of(now).endswith(f"#{after}")
    # The old key stays until the last credential that it signed has expired.
    old = kid_of(before).partition("#")[2]
    clock.move(core_identity.LIFETIME + REREAD_LIFETIME + signing_keys.CLOCK_LEEWAY - 1)
    assert named_in_did(keyring) == {old, after}
    clock.move(1)
    assert named_in_did(keyring) == {after}
    retire(installation, after, emergency=True)
    keyring.reread()
    assert named_in_did(keyring) == set()


def test_an_audit_key_changes_without_a_wait_and_is_never_withdrawn(
    installation: Installation,
) -> None:
    keyring = installation.services.keyring
    before = keyring.sign(CLAIMS, alg="ES256", typ="JWT", purpose="audit")
    with pytest.raises(KeyRefused, match="never withdrawn"):
        retire(installation, kid_of(before), emergency=True)
    with installation.session() as session:
        after = keyring.generate(session, "ES256", "audit").kid
        keyring.publish(session, after, installation.clock.now())
        keyring.activate(session, after, installation.clock.now())
        session.commit()
    keyring.reread()
    assert kid_of(keyring.sign(CLAIMS, alg="ES256", typ="JWT", purpose="audit")) == after
    assert keyring.verify(before, typ="JWT", purpose="audit") == CLAIMS
    assert not {kid_of(before), after} & published(keyring)


def test_a_key_is_found_by_the_start_of_its_kid(installation: Installation) -> None:
    after = generate(installation)
    publish(installation, after[:16])
    with installation.session() as session:
        states = {key.kid: key.state for key in signing_keys.states(session)}
    assert states[after] == "next"
    assert sorted(states.values()) == [*["current"] * len(signing_keys.RINGS), "next"]


def test_two_keys_are_never_current_at_once(installation: Installation) -> None:
    after = generate(installation)
    with pytest.raises(IntegrityError):
        installation.execute(
            "UPDATE signing_keys SET state = 'current' WHERE kid = :kid", kid=after
        )


def test_a_clock_that_steps_back_stops_no_signature(bare: Installation) -> None:
    keyring = bare.services.keyring
    with bare.session() as session:
        keyring.equip(session, bare.clock.now())
        session.commit()
    bare.clock.move(-3600)
    token = keyring.sign(CLAIMS, alg="ES256", typ="JWT")
    assert kid_of(token) in published(keyring)


def test_rotation_under_load_breaks_no_signature_and_no_verification(
    installation: Installation,
) -> None:
    """Two processes sign and verify each other's tokens while keys come and go."""
    rings = [installation.services.keyring, installation.another_process().keyring]
    faults: list[BaseException] = []
    stop = threading.Event()
    signed_by: set[str] = set()

    def work(signer: Keyring, verifier: Keyring) -> None:
        try:
            while not stop.is_set():
                before = published(signer)
                token = signer.sign(CLAIMS, alg="ES256", typ="JWT")
                signed_by.add(kid_of(token))
                assert verifier.verify(token, typ="JWT") == CLAIMS
                # An emergency takes a key away at once, maybe since it signed.
                assert kid_of(token) in before | published(signer)
        except BaseException as fault:  # noqa: BLE001 - told to the main thread
            faults.append(fault)

    workers = [
        threading.Thread(target=work, args=(rings[a], rings[b])) for a in (0, 1) for b in (0, 1)
    ]
    for worker in workers:
        worker.start()
    for emergency in (False, True, False):
        kid = generate(installation)
        publish(installation, kid)
        installation.clock.move(1 if emergency else JWKS_CACHE_LIFETIME)
        activate(installation, kid, emergency=emergency)
        installation.clock.move(REREAD_LIFETIME)
        deadline = time.monotonic() + 20
        while kid not in signed_by and not faults and time.monotonic() < deadline:
            stop.wait(0.001)
    stop.set()
    for worker in workers:
        worker.join()
    assert not faults
    assert len(signed_by) == 4


# Files and rows


def test_private_halves_are_sealed_and_closed_to_others(installation: Installation) -> None:
    kid = generate(installation)
    path = key_files.path_of(installation.settings.keys_dir, kid)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.read_text().startswith("v1.test.")
    assert b"PRIVATE" not in path.read_bytes()
    assert [file for file in path.parent.iterdir() if file.suffix != ".sealed"] == []


def test_a_key_file_that_cannot_be_used_says_why(installation: Installation) -> None:
    kid = generate(installation)
    folder = installation.settings.keys_dir
    path = key_files.path_of(folder, kid)
    path.chmod(0o640)
    with pytest.raises(KeyFileUnusable, match="has mode 0640"):
        activate(installation, kid, emergency=True)
    path.chmod(0o600)
    stranger = Sealer((SealingKey("other", bytes(range(1, 33))),))
    with pytest.raises(KeyFileUnusable, match="does not have"):
        key_files.read(folder, kid, stranger)
    path.write_bytes(b"\xff")
    with pytest.raises(KeyFileUnusable, match="UnicodeDecodeError"):
        key_files.read(folder, kid, installation.services.sealer)
    path.unlink()
    with pytest.raises(KeyFileUnusable, match="is missing"):
        activate(installation, kid, emergency=True)


def test_a_file_left_by_a_crash_does_not_stand_in_the_way(installation: Installation) -> None:
    folder = installation.settings.keys_dir
    (folder / ".abc.new").write_text("half")
    key_files.write(folder, "abc", b"private", installation.services.sealer)
    assert key_files.read(folder, "abc", installation.services.sealer) == b"private"


def test_a_row_that_no_holder_of_the_sealing_key_wrote_is_not_trusted(
    installation: Installation,
) -> None:
    """Somebody with the database alone plants a key of their own."""
    from joserfc.jwk import ECKey

    theirs = ECKey.generate_key("P-256")
    kid = signing_keys.kid_of(theirs)
    installation.execute("DELETE FROM signing_keys WHERE alg = 'ES256' AND purpose = 'tokens'")
    installation.execute(
        "INSERT INTO signing_keys (kid, purpose, alg, state, public_jwk, seal, created_at,"
        " published_at, activates_at, activated_at)"
        " VALUES (:kid, 'tokens', 'ES256', 'current', :jwk, :seal, 1, 1, 1, 1)",
        kid=kid,
        jwk=json.dumps(theirs.as_dict(private=False)),
        seal="0" * 64,
    )
    keyring = installation.services.keyring
    assert kid not in published(keyring)
    assert keyring.verification_key(kid) is None
    with pytest.raises(NoSigningKey):
        keyring.sign(CLAIMS, alg="ES256", typ="JWT")


def test_a_new_sealing_key_takes_over(installation: Installation) -> None:
    settings = installation.settings
    kid = generate(installation)
    old = settings.sealing_keys[0]
    new = SealingKey("new", bytes(range(7, 39)))
    for key in installation.settings.keys_dir.glob("*.sealed"):
        if key.stem != kid:
            key.unlink()
    installation.execute("UPDATE signing_keys SET seal = 'x' WHERE state = 'current'")
    with installation.session() as session:
        assert signing_keys.reseal(session, settings, Sealer((new, old))) == 1
        session.commit()
    assert key_files.read(settings.keys_dir, kid, Sealer((new,)))
    with installation.session() as session:
        rows = {key.state: key for key in session.scalars(sa.select(SigningKey))}
    assert signing_keys.seal_holds(rows["next"], Sealer((new,)))
    # A row that was not ours before is not made ours.
    assert not signing_keys.seal_holds(rows["current"], Sealer((new, old)))


def test_the_ring_outlives_a_database_that_is_away(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = installation.services.keyring
    token = keyring.sign(CLAIMS, alg="ES256", typ="JWT")

    def away() -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(keyring, "_connect", away)
    installation.clock.move(REREAD_LIFETIME)
    assert keyring.verify(token, typ="JWT") == CLAIMS
    fresh = installation.another_process().keyring
    monkeypatch.setattr(fresh, "_connect", away)
    with pytest.raises(OperationalError):
        fresh.public_jwks()


def test_threads_that_arrive_together_read_once(installation: Installation) -> None:
    keyring = installation.services.keyring
    reads = count_reads(keyring)
    seen = keyring._ring
    keyring.public_jwks()
    # A thread that saw the ring before the read, and got the lock after it.
    assert keyring._read(seen) is keyring._ring
    assert len(reads) == 1
