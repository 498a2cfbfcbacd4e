"""What a department tells the provider about itself, and the key it makes for that."""

import base64
import json
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from relying_party_demo.__main__ import main
from relying_party_demo.keys import load_or_make
from relying_party_demo.store import Store


def printed(capsys: pytest.CaptureFixture[str], slug: str) -> dict[str, object]:
    assert main(["registration", slug]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture(autouse=True)
def _own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEPARTMENT", "tax")
    monkeypatch.setenv("DEPARTMENT_VAR", str(tmp_path / "own"))
    for name in ("DEPARTMENT_URL", "DEPARTMENT_CLIENT_ID", "DEPARTMENT_CLIENT_SECRET_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_published_key_is_registered_by_its_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPARTMENT_URL", "https://tax.localhost:8443/")
    found = printed(capsys, "tax")
    assert found["client_id"] == "tax-account"
    assert found["public_key_source"] == "JWKS"
    assert found["jwks_uri"] == "https://tax.localhost:8443/.well-known/jwks.json"
    assert found["redirect_uris"] == ["https://tax.localhost:8443/callback"]
    assert found["back_channel_logout_uri"] == "https://tax.localhost:8443/back-channel-logout"
    assert found["pkce_enforced"] is True
    assert found["max_age_enabled"] is False
    assert "public_key" not in found


def test_a_static_key_is_registered_itself(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = printed(capsys, "driving")
    key = load_der_public_key(base64.b64decode(str(found["public_key"])))
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048
    assert "jwks_uri" not in found
    assert printed(capsys, "driving") == found


def test_the_library_has_no_key_and_housing_may_ask_for_an_age(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    library = printed(capsys, "library")
    assert library["token_endpoint_auth_method"] == "client_secret_post"
    assert library["id_token_signing_algorithm"] == "RS256"
    assert "public_key_source" not in library
    assert not (tmp_path / "own").exists()
    housing = printed(capsys, "housing")
    assert housing["max_age_enabled"] is True
    assert housing["client_name"] == housing["service_cy"] == "Gwneud cais am gartref"


def test_problems_are_told_on_the_error_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPARTMENT_URL", "http://tax.example")
    assert main(["registration", "tax"]) == 1
    assert "DEPARTMENT_URL: must be https" in capsys.readouterr().err


def test_a_key_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    made = []
    barrier = threading.Barrier(6)

    def make() -> None:
        barrier.wait()
        made.append(load_or_make(tmp_path / "new", "ES256").public_jwk()["kid"])

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["es256.pem"]
    assert (tmp_path / "new" / "es256.pem").stat().st_mode & 0o777 == 0o600
    assert isinstance(load_or_make(tmp_path / "new", "ES256").private, ec.EllipticCurvePrivateKey)


def test_the_store_is_ours_alone(tmp_path: Path) -> None:
    Store(tmp_path / "new")
    assert (tmp_path / "new" / "department.db").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (tmp_path / "es256.pem").write_bytes(pem)
    with pytest.raises(TypeError, match="cannot sign ES256"):
        load_or_make(tmp_path, "ES256")


def test_a_department_is_served_by_one_process_and_several_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served: dict[str, object] = {}

    class Server:
        def __init__(self, target: str, **settings: object) -> None:
            served.update(settings, target=target)

        def serve(self) -> None:
            served["running"] = True

    monkeypatch.setattr("relying_party_demo.__main__.Granian", Server)
    monkeypatch.setenv("DEPARTMENT_PORT", "9001")
    assert main(["serve", "tax"]) == 0
    assert served["running"]
    assert (served["workers"], served["port"], served["address"]) == (1, 9001, "127.0.0.1")
    assert isinstance(served["blocking_threads"], int)
    assert served["blocking_threads"] > 1
    assert served["log_access"] is False
