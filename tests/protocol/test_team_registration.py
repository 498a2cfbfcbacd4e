from typing import Any

import pytest

from idp.protocol.client_policy import policy_from_registration
from idp.protocol.errors import InvalidClientMetadata
from idp.protocol.registration_names import MEMBERS, OPERATORS_ALONE, STORED_NAMES, canonical
from idp.protocol.team_registration import REQUIRED, check_team_may_have, members_of_a_team
from tests.protocol.examples import REGISTRATION

GOOD: dict[str, Any] = {
    name: value for name, value in REGISTRATION.items() if name != "client_id"
} | {"subject_type": "pairwise"}


def refusal(registration: dict[str, Any], *, new: bool) -> InvalidClientMetadata:
    with pytest.raises(InvalidClientMetadata) as caught:
        members_of_a_team(registration, new=new)
    return caught.value


def test_both_names_of_a_member_are_one() -> None:
    for stored, name in STORED_NAMES.items():
        assert canonical({stored: 1}) == canonical({name: 1}) == {name: 1}


def test_what_nobody_knows_is_not_kept() -> None:
    assert canonical(GOOD | {"client_secret": "pasted by mistake", "x": 1}) == GOOD


def test_every_member_is_somebodys() -> None:
    assert OPERATORS_ALONE < MEMBERS
    assert set(REQUIRED) <= MEMBERS - OPERATORS_ALONE


def test_a_team_may_register_what_is_its_own() -> None:
    assert members_of_a_team(GOOD, new=True) == GOOD
    assert members_of_a_team(GOOD | {"environment": "integration"}, new=True) == GOOD


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("absent", ["left out", "null"])
def test_a_new_client_needs_these(name: str, absent: str) -> None:
    without: dict[str, Any] = {n: v for n, v in GOOD.items() if n != name}
    refused = refusal(without | ({name: None} if absent == "null" else {}), new=True)
    assert (refused.error, refused.description) == ("invalid_request", f"Missing {name}")
    members_of_a_team(without, new=False)


@pytest.mark.parametrize("name", sorted(OPERATORS_ALONE))
@pytest.mark.parametrize("new", [True, False])
def test_operators_keep_these_to_themselves(name: str, new: bool) -> None:
    refused = refusal(GOOD | {name: "production"}, new=new)
    assert refused.error == "invalid_client_metadata"
    assert refused.description == f"{name} is for operators"
    members_of_a_team(GOOD, new=new)


def test_the_stored_name_is_no_way_around() -> None:
    assert (
        refusal(GOOD | {"RateLimit": None}, new=False).description == "rate_limit is for operators"
    )


@pytest.mark.parametrize(
    ("profile", "method", "good"),
    [
        ("one_login", "private_key_jwt", True),
        ("one_login", "client_secret_post", False),
        ("openid", "private_key_jwt", True),
        ("openid", "client_secret_post", True),
        ("openid", "client_secret_basic", True),
    ],
)
def test_how_a_teams_client_may_authenticate(profile: str, method: str, good: bool) -> None:
    asked = {"profile": profile, "token_endpoint_auth_method": method}
    key = {"public_key": GOOD["public_key"] if method == "private_key_jwt" else None}
    policy = policy_from_registration(GOOD | asked | key)
    # What an operator gave out stays, whatever else is changed.
    check_team_may_have({"client_name": "Another name"}, policy)
    if good:
        check_team_may_have(asked, policy)
        return
    with pytest.raises(InvalidClientMetadata) as caught:
        check_team_may_have(asked, policy)
    assert caught.value.description == "token_endpoint_auth_method is for operators"
