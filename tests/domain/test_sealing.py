"""What is sealed opens only with its key, for its purpose, at its place."""

import base64

import pytest

from idp.kernel.entropy import SystemEntropy
from idp.kernel.sealing import (
    SealBroken,
    Sealer,
    SealingKey,
    generate_sealing_key,
    parse_sealing_keys,
)

OLD = SealingKey("old", bytes(range(32)))
NEW = SealingKey("new", bytes(range(32, 64)))


def text_of(key: SealingKey) -> str:
    return f"{key.id}:{base64.urlsafe_b64encode(key.key).decode().rstrip('=')}"


def test_a_sealed_secret_opens_again() -> None:
    sealer = Sealer((OLD,))
    sealed = sealer.seal(b"hello", "totp", "row-1")
    assert sealed.startswith("v1.old.")
    assert sealer.open(sealed, "totp", "row-1") == b"hello"


def test_the_same_secret_is_never_sealed_to_the_same_text() -> None:
    sealer = Sealer((OLD,))
    assert len({sealer.seal(b"hello", "totp", "row-1") for _ in range(50)}) == 50


@pytest.mark.parametrize(("purpose", "row"), [("totp", "row-2"), ("signing key", "row-1")])
def test_a_sealed_secret_does_not_open_elsewhere(purpose: str, row: str) -> None:
    sealer = Sealer((OLD,))
    with pytest.raises(SealBroken, match="changed, or moved"):
        sealer.open(sealer.seal(b"hello", "totp", "row-1"), purpose, row)


def test_purpose_and_row_cannot_run_into_each_other() -> None:
    sealer = Sealer((OLD,))
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal(b"hello", "ab", "c"), "a", "bc")
    with pytest.raises(ValueError, match="zero character"):
        sealer.seal(b"hello", "a\x00b", "c")


def test_a_changed_byte_is_noticed_wherever_it_is() -> None:
    sealer = Sealer((OLD,))
    version, key_id, body = sealer.seal(b"hello", "totp", "row-1").split(".")
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        text = base64.urlsafe_b64encode(bytes(changed)).decode().rstrip("=")
        with pytest.raises(SealBroken):
            sealer.open(f"{version}.{key_id}.{text}", "totp", "row-1")


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "hello",
        "v2.old.AAAA",
        "v1.OLD.AAAA",
        "v1.old.AAAA",
        "v1.old.!!!!",
        "v1.old.AAA=",
        "v1..A",
    ],
)
def test_what_was_not_sealed_here_is_refused(broken: str) -> None:
    with pytest.raises(SealBroken):
        Sealer((OLD,)).open(broken, "totp", "row-1")


def test_two_spellings_of_the_same_bytes_are_not_both_accepted() -> None:
    sealer = Sealer((OLD,))
    # 12 + 6 + 16 bytes: the last character holds four bits that say nothing.
    sealed = sealer.seal(b"hello!", "totp", "row-1")
    last = sealed[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = sealed[:-1] + alphabet[alphabet.index(last) | 1]
    assert other != sealed
    with pytest.raises(SealBroken):
        sealer.open(other, "totp", "row-1")


def test_rotation_seals_with_the_first_key_and_opens_with_every_key() -> None:
    sealed = Sealer((OLD,)).seal(b"hello", "totp", "row-1")
    both = Sealer((NEW, OLD))
    assert both.open(sealed, "totp", "row-1") == b"hello"
    again = both.seal(b"hello", "totp", "row-1")
    assert both.key_id(again) == both.current_key_id == "new"
    assert Sealer((NEW,)).open(again, "totp", "row-1") == b"hello"
    with pytest.raises(SealBroken, match="'old', which this installation does not have"):
        Sealer((NEW,)).open(sealed, "totp", "row-1")


def test_derived_keys_differ_by_label_and_by_sealing_key() -> None:
    sealer = Sealer((NEW, OLD))
    assert sealer.derive_all("a") == [sealer.derive("a"), Sealer((OLD,)).derive("a")]
    made = {sealer.derive("a"), sealer.derive("b"), Sealer((OLD,)).derive("a"), NEW.key}
    assert len(made) == 4
    assert all(len(key) == 32 for key in made)


def test_a_sealer_needs_a_key() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Sealer(())


def test_sealing_keys_are_read_from_text() -> None:
    assert parse_sealing_keys(f"{text_of(NEW)}, {text_of(OLD)}\n") == (NEW, OLD)
    assert parse_sealing_keys(f"{text_of(NEW)}\n{text_of(OLD)}") == (NEW, OLD)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no sealing key"),
        (",", "no sealing key"),
        ("AAAA", "sealing key 1 must be written id:key"),
        ("Upper:AAAA", "sealing key 1 must be written id:key"),
        (f"{text_of(OLD)},{text_of(OLD)}", "'old' is given twice"),
        ("short:AAAA", "'short' must be 32 bytes, not 3"),
        ("odd:@@@@", "'odd' is not base64url"),
        ("euro:€€€€", "'euro' is not base64url"),
        ("zero:" + "A" * 43, "'zero' is not random"),
    ],
)
def test_bad_sealing_keys_are_refused_without_repeating_them(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        parse_sealing_keys(text)
    secret = text.rpartition(":")[2]
    assert not secret or secret not in str(refused.value)


def test_a_new_sealing_key_can_be_read_back_and_is_not_shown_by_accident() -> None:
    first, second = (generate_sealing_key(SystemEntropy()) for _ in range(2))
    assert first != second
    (key,) = parse_sealing_keys(first)
    assert len(key.key) == 32
    assert first.partition(":")[2] not in repr(key)
    assert repr(key.key) not in repr(key)
