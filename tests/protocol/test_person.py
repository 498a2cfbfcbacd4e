import json

import pytest

from idp.protocol.person import (
    Address,
    Name,
    NamePart,
    Passport,
    Person,
    birth_dates_claim,
    documents_claim,
    from_members,
    names_claim,
    same_person,
    to_members,
)
from tests.protocol.examples import AN_IDENTITY

# Every member that the contract has for an address, in its spelling.
ADDRESS_MEMBERS = {
    "uprn": 10022812929,
    "organisationName": "a",
    "departmentName": "b",
    "subBuildingName": "c",
    "buildingNumber": "d",
    "buildingName": "e",
    "dependentStreetName": "f",
    "streetName": "g",
    "doubleDependentAddressLocality": "h",
    "dependentAddressLocality": "i",
    "addressLocality": "j",
    "addressRegion": "k",
    "postalCode": "l",
    "addressCountry": "FR",
    "validFrom": "2020-01-01",
    "validUntil": "2021-01-01",
}


def test_names_and_dates_of_birth_are_written_as_the_contract_has_them() -> None:
    assert names_claim(AN_IDENTITY.names) == [
        {
            "nameParts": [
                {"type": "GivenName", "value": "Ada"},
                {"type": "FamilyName", "value": "Quill"},
            ],
            "validFrom": "2001-01-01",
        },
        {"nameParts": [{"type": "FamilyName", "value": "Reed"}], "validUntil": "2001-01-01"},
    ]
    assert birth_dates_claim(("1980-05-06", "1980-05-07")) == [
        {"value": "1980-05-06"},
        {"value": "1980-05-07"},
    ]


def test_documents_are_written_as_the_contract_has_them() -> None:
    assert documents_claim(AN_IDENTITY.passports) == [
        {"documentNumber": "1", "icaoIssuerCode": "GBR", "expiryDate": "2030-01-01"}
    ]
    assert documents_claim(AN_IDENTITY.driving_permits) == [
        {
            "personalNumber": "2",
            "expiryDate": "2031-01-01",
            "issuedBy": "DVLA",
            "issueNumber": "7",
        }
    ]


def test_every_member_of_an_address_has_its_name() -> None:
    members: dict[str, object] = {"name": [], "birthDate": [], "passport": [], "drivingPermit": []}
    person = from_members({**members, "address": [ADDRESS_MEMBERS]})
    assert documents_claim(person.addresses) == [ADDRESS_MEMBERS]
    assert person.addresses[0].lines == (*"abce", "d f", *"ghijkl")


def test_what_nobody_knows_is_left_out() -> None:
    assert documents_claim((Address(postal_code="ZZ1 1AA"),)) == [{"postalCode": "ZZ1 1AA"}]
    assert documents_claim((Passport("1", "GBR", "2030-01-01"),))[0].keys() == {
        "documentNumber",
        "icaoIssuerCode",
        "expiryDate",
    }


@pytest.mark.parametrize("person", [AN_IDENTITY, Person(names=(), birth_dates=())])
def test_what_is_written_down_is_read_again(person: Person) -> None:
    assert from_members(json.loads(json.dumps(to_members(person)))) == person


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (AN_IDENTITY.addresses[0], ("5 Mill Lane", "ZZ1 1AA")),
        (Address(building_name="The Forge", street_name="Mill Lane"), ("The Forge", "Mill Lane")),
        (Address(building_number="5"), ("5",)),
        (Address(), ()),
    ],
)
def test_an_address_is_written_line_by_line(address: Address, lines: tuple[str, ...]) -> None:
    assert address.lines == lines


def test_a_name_is_written_in_the_order_of_its_parts() -> None:
    assert Name((NamePart("FamilyName", "Ito"), NamePart("GivenName", "Aki"))).text == "Ito Aki"


NIA = Person(
    names=(Name((NamePart("GivenName", "Nia"), NamePart("FamilyName", "Roberts"))),),
    birth_dates=("1987-02-14",),
)


@pytest.mark.parametrize(
    ("names", "dates", "same"),
    [
        ((("Nia", "Roberts"),), ("1987-02-14",), True),
        ((("NIA ", " roberts"),), ("1987-02-14",), True),
        ((("Nia", "Griffiths"), ("Nia", "Roberts")), ("1987-02-14",), True),
        ((("Nia", "Roberts"),), ("1987-02-15",), False),
        ((("Mia", "Roberts"),), ("1987-02-14",), False),
        ((("Roberts", "Nia"),), ("1987-02-14",), False),
        ((), ("1987-02-14",), False),
        ((("Nia", "Roberts"),), (), False),
    ],
)
def test_a_person_is_found_again_by_a_name_and_a_date_of_birth(
    names: tuple[tuple[str, str], ...], dates: tuple[str, ...], same: bool
) -> None:
    other = Person(
        names=tuple(
            Name((NamePart("GivenName", first), NamePart("FamilyName", last)))
            for first, last in names
        ),
        birth_dates=dates,
    )
    assert same_person(NIA, other) is same
    assert same_person(other, NIA) is same
