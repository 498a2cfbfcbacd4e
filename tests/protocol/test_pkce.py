import pytest

from idp.protocol.pkce import challenge_of, challenge_to_match, is_challenge, is_verifier
from tests.protocol.examples import CHALLENGE, VERIFIER


def test_the_challenge_is_the_rfcs() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE
    assert is_challenge(CHALLENGE)
    assert is_verifier(VERIFIER)


@pytest.mark.parametrize(
    ("verifier", "challenge", "answer"),
    [
        (VERIFIER, CHALLENGE, True),
        (None, None, True),
        (None, CHALLENGE, False),
        (VERIFIER, None, False),
        (VERIFIER[:-1] + "x", CHALLENGE, False),
        (VERIFIER, CHALLENGE[:-1] + "x", False),
        (CHALLENGE, CHALLENGE, False),
        ("", challenge_of(""), False),
        ("a" * 42, challenge_of("a" * 42), False),
        ("a" * 43, challenge_of("a" * 43), True),
        ("a" * 128, challenge_of("a" * 128), True),
        ("a" * 129, challenge_of("a" * 129), False),
        ("-._~" * 11, challenge_of("-._~" * 11), True),
        ("a" * 43 + "\n", challenge_of("a" * 43 + "\n"), False),
        ("a" * 43 + "+", challenge_of("a" * 43 + "+"), False),
        ("ŵ" * 43, CHALLENGE, False),
        (VERIFIER, "ŵ" * 43, False),
    ],
)
def test_only_the_right_verifier_matches(
    verifier: str | None, challenge: str | None, answer: bool
) -> None:
    assert (challenge_to_match(verifier) == challenge) is answer


@pytest.mark.parametrize("text", ["", CHALLENGE[:-1], CHALLENGE + "A", CHALLENGE[:-1] + "="])
def test_a_challenge_is_43_characters_of_base64url(text: str) -> None:
    assert not is_challenge(text)
