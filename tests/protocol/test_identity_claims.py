from dataclasses import replace

import pytest

from idp.protocol.identity_claims import (
    IDENTITY_CLAIMS,
    IdentityTold,
    available,
    identity_claims,
    in_order,
)
from tests.protocol.examples import AN_IDENTITY

V = "https://vocab.account.gov.uk/v1/"
TOLD = IdentityTold(AN_IDENTITY, core_identity_jwt="a.b.c")
VALUES = {
    V + "coreIdentityJWT": "a.b.c",
    V + "address": [
        {
            "uprn": 1,
            "buildingNumber": "5",
            "streetName": "Mill Lane",
            "postalCode": "ZZ1 1AA",
            "addressCountry": "GB",
        }
    ],
    V + "passport": [{"documentNumber": "1", "icaoIssuerCode": "GBR", "expiryDate": "2030-01-01"}],
    V + "drivingPermit": [
        {
            "personalNumber": "2",
            "expiryDate": "2031-01-01",
            "issuedBy": "DVLA",
            "issueNumber": "7",
        }
    ],
    V + "returnCode": [],
}


@pytest.mark.parametrize("name", VALUES)
def test_each_claim_is_told_alone(name: str) -> None:
    assert identity_claims({name}, TOLD) == {name: VALUES[name]}


def test_all_claims_are_told_together_and_no_other() -> None:
    assert identity_claims({*VALUES, V + "inheritedIdentityJWT"}, TOLD) == VALUES
    assert set(VALUES) == IDENTITY_CLAIMS
    assert identity_claims((), TOLD) == {}


@pytest.mark.parametrize(
    ("fields", "absent"),
    [
        ({"passports": ()}, {V + "passport"}),
        ({"driving_permits": (), "addresses": ()}, {V + "drivingPermit", V + "address"}),
        ({}, set()),
    ],
)
def test_a_document_that_was_not_used_is_absent(
    fields: dict[str, object], absent: set[str]
) -> None:
    person = replace(AN_IDENTITY, **fields)  # type: ignore[arg-type]
    told = identity_claims(IDENTITY_CLAIMS, replace(TOLD, person=person))
    assert set(told) == IDENTITY_CLAIMS - absent == available(person)


def test_an_identity_that_was_not_proved_leaves_the_return_code() -> None:
    told = identity_claims(IDENTITY_CLAIMS, IdentityTold(return_codes=("B", "F")))
    assert told == {V + "returnCode": [{"code": "B"}, {"code": "F"}]}


def test_names_come_in_the_tables_order() -> None:
    assert in_order(reversed(VALUES)) == tuple(VALUES)
    assert in_order([V + "unknown"]) == ()
