import hashlib
from base64 import urlsafe_b64encode

from idp.protocol.subjects import pairwise, public, session_name, subject_for
from tests.protocol.examples import a_client


def test_a_subject_is_the_hash_of_sector_account_and_salt() -> None:
    digest = hashlib.sha256(b"tax.example\x00account-1\x00salt").digest()
    name = urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert pairwise("tax.example", "account-1", "salt") == "urn:fdc:onepass:2026:" + name


def test_a_subject_never_changes() -> None:
    # If this fails, every service has lost every citizen.
    assert pairwise("tax.example", "account-1", "salt") == (
        "urn:fdc:onepass:2026:toxlF171KKhHw-PVTLmrHak3kns4rPNKcLm2qWiDaNA"
    )


def test_sectors_accounts_and_salts_are_told_apart() -> None:
    names = {
        pairwise("tax.example", "account-1", "salt"),
        pairwise("library.example", "account-1", "salt"),
        pairwise("tax.example", "account-2", "salt"),
        pairwise("tax.example", "account-1", "pepper"),
        pairwise("tax.exampleaccount-1", "", "salt"),
        public("account-1", "salt"),
        public("account-2", "salt"),
    }
    assert len(names) == 7


def test_a_session_has_another_name_for_each_client() -> None:
    names = {session_name(client, sid) for client in ("tax", "library") for sid in ("one", "two")}
    assert len(names) == 4
    assert all(len(name) == 27 for name in names)
    assert session_name("tax", "one") in names


def test_a_client_gets_the_kind_of_subject_it_is_registered_for() -> None:
    assert subject_for(a_client(), "account-1", "salt") == pairwise(
        "tax.example", "account-1", "salt"
    )
    everybody = a_client(subject_type="public")
    assert subject_for(everybody, "account-1", "salt") == public("account-1", "salt")
