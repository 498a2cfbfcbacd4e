"""What a team is told of each key at its address, one by one."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey, RSAKey

from idp.domain.client_keys import MOST_KEYS
from idp.domain.key_sets import ExaminedSet, KeyTrouble, examine
from idp.kernel.fetching import Fault, Fetched
from tests.support.relying_party import ec_key, rsa_key

EC = dict(ECKey.import_key(ec_key("sets")).as_dict(private=False)) | {"kid": "one"}
RSA = dict(RSAKey.import_key(rsa_key("sets")).as_dict(private=False)) | {"kid": "two"}
P384 = dict(ECKey.import_key(ec.generate_private_key(ec.SECP384R1())).as_dict(private=False))


def found(body: Any, status: int = 200) -> ExaminedSet:
    return examine(Fetched(status, "application/json", json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("key", "trouble"),
    [
        (EC, []),
        (RSA | {"use": "sig"}, []),
        ("no key", [KeyTrouble.UNREADABLE]),
        (EC | {"d": "x"}, [KeyTrouble.PRIVATE]),
        (EC | {"kid": ""}, [KeyTrouble.NO_KID]),
        (EC | {"kid": 7}, [KeyTrouble.NO_KID]),
        (EC | {"use": "enc"}, [KeyTrouble.USE]),
        (EC | {"kty": "oct"}, [KeyTrouble.KIND]),
        (P384 | {"kid": "three"}, [KeyTrouble.CURVE]),
        (RSA | {"n": "_" * 171}, [KeyTrouble.WEAK]),
        (RSA | {"n": None}, [KeyTrouble.UNREADABLE]),
        (RSA | {"n": "é"}, [KeyTrouble.UNREADABLE]),
        (EC | {"x": "AAAA"}, [KeyTrouble.UNREADABLE]),
    ],
)
def test_each_key_is_told_what_is_wrong_with_it(key: Any, trouble: list[KeyTrouble]) -> None:
    examined = found({"keys": [key]})
    assert [list(each.trouble) for each in examined.keys] == [trouble]
    assert examined.usable == (not trouble)


def test_half_a_character_is_told_as_a_question_mark() -> None:
    [key] = found({"keys": [EC | {"kid": "a\ud800", "alg": "\udfff"}]}).keys
    assert (key.kid, key.kind) == ("a?", "EC P-256 ?")


def test_a_name_twice_and_keys_too_many_count_for_nothing() -> None:
    assert [key.trouble for key in found({"keys": [EC, EC]}).keys] == [
        (KeyTrouble.DOUBLE_KID,),
        (KeyTrouble.DOUBLE_KID,),
    ]
    many = found({"keys": [EC | {"kid": str(number)} for number in range(3 * MOST_KEYS)]})
    assert (len(many.keys), many.usable) == (2 * MOST_KEYS, MOST_KEYS)
    assert many.keys[-1].trouble == (KeyTrouble.TOO_MANY,)


def test_what_is_no_key_set_says_why() -> None:
    assert found({"keys": []}, status=404).fault is Fault.STATUS
    bodies: list[Any] = [[], {}, {"keys": "one"}]
    for body in bodies:
        assert found(body).fault is Fault.NOT_JSON
    assert examine(Fetched(200, "", b"<html>")).fault is Fault.NOT_JSON
