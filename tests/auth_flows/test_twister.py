"""A Mersenne Twister is found out, and nothing else is taken for one."""

import base64
import random
import secrets

from tests.auth_flows import twister


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_the_next_value_is_worked_out_from_those_before_it() -> None:
    generator = random.Random(7)  # noqa: S311 - it is what is looked for
    values = [text(generator.randbytes(32)) for _ in range(79)]
    assert twister.values_needed(values[0]) == 78
    assert twister.next_value(values[:-1]) == values[-1]


def test_a_secure_generator_is_not_found_out() -> None:
    values = [text(secrets.token_bytes(32)) for _ in range(79)]
    assert twister.next_value(values[:-1]) not in (None, values[-1])


def test_too_few_values_and_other_texts_tell_nothing() -> None:
    assert twister.next_value([text(bytes(32))] * 77) is None
    assert twister.next_value(["no base64 ä"]) is None
    assert twister.values_needed("abc") == 0
