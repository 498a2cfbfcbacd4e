"""People one can pretend to be when proving an identity. All of it is made up.

Each shows something that services get wrong: a former name, several given names, an apostrophe, no
passport, no driving licence, a licence from Northern Ireland, an address abroad.
"""

from collections.abc import Mapping
from typing import Final

from idp.protocol.person import (
    FAMILY_NAME,
    GIVEN_NAME,
    Address,
    DrivingPermit,
    Name,
    NamePart,
    Passport,
    Person,
)


def name(given: str, family: str, *, since: str | None = None, until: str | None = None) -> Name:
    """Return a name from its given names, a space between them, and its family name."""
    parts = [NamePart(GIVEN_NAME, part) for part in given.split()]
    return Name((*parts, NamePart(FAMILY_NAME, family)), valid_from=since, valid_until=until)


SAMPLE_PEOPLE: Final[Mapping[str, Person]] = {
    "nia": Person(
        names=(name("Nia Eleri", "Roberts"),),
        birth_dates=("1987-02-14",),
        addresses=(
            Address(
                uprn=10090000001,
                building_number="14",
                street_name="Heol y Bont",
                address_locality="Aberystwyth",
                postal_code="ZZ23 4AB",
                address_country="GB",
                valid_from="2019-01-01",
            ),
            Address(
                sub_building_name="Flat 3",
                building_name="Tŷ Glas",
                street_name="Quay Street",
                address_locality="Cardiff",
                postal_code="ZZ10 2CD",
                address_country="GB",
                valid_from="2012-01-01",
                valid_until="2019-01-01",
            ),
        ),
        passports=(Passport("099000114", "GBR", "2031-05-27"),),
        driving_permits=(DrivingPermit("ROBER852147NE9AA", "2032-03-13", "DVLA", "14"),),
    ),
    "kwame": Person(
        names=(name("Kwame", "O’Connor"),),
        birth_dates=("1994-11-30",),
        addresses=(
            Address(
                uprn=10090000002,
                building_number="201B",
                street_name="Copper Row",
                dependent_address_locality="Hill Top",
                address_locality="Birmingham",
                postal_code="ZZ1 9EF",
                address_country="GB",
                valid_from="2022-01-01",
            ),
        ),
        passports=(Passport("099000230", "GBR", "2028-10-02"),),
    ),
    "margaret": Person(
        names=(
            name("Margaret Rose", "Whitlock", since="1979-01-01"),
            name("Margaret Rose", "Fairweather", until="1979-01-01"),
        ),
        birth_dates=("1951-07-04",),
        addresses=(
            Address(
                building_name="The Old Forge",
                street_name="Mill Lane",
                double_dependent_address_locality="Nether End",
                dependent_address_locality="Little Harrow",
                address_locality="Norwich",
                postal_code="ZZ14 7GH",
                address_country="GB",
                valid_from="1981-01-01",
            ),
        ),
        driving_permits=(DrivingPermit("WHITL557041MR9BB", "2027-07-03", "DVLA", "62"),),
    ),
    "declan": Person(
        names=(name("Declan", "Ó Néill"),),
        birth_dates=("1978-03-17",),
        addresses=(
            Address(
                building_number="7",
                dependent_street_name="Linen Court",
                street_name="Harbour Road",
                address_locality="Belfast",
                postal_code="ZZ7 5JK",
                address_country="GB",
                valid_from="2004-01-01",
            ),
        ),
        passports=(Passport("PZ9900341", "IRL", "2030-09-19"),),
        driving_permits=(DrivingPermit("99003417", "2029-12-01", "DVA"),),
    ),
    "priya": Person(
        names=(name("Priya", "Anand"),),
        birth_dates=("2001-09-09",),
        addresses=(
            Address(
                sub_building_name="Flat 12",
                building_name="Beacon House",
                building_number="30",
                street_name="Station Approach",
                address_locality="Leeds",
                postal_code="ZZ2 8LM",
                address_country="GB",
                valid_from="2025-01-01",
            ),
            Address(
                building_number="18",
                street_name="rue des Tisserands",
                address_locality="Lyon",
                address_region="Auvergne-Rhône-Alpes",
                postal_code="69000",
                address_country="FR",
                valid_from="2021-01-01",
                valid_until="2025-01-01",
            ),
        ),
        passports=(Passport("099000457", "GBR", "2033-01-15"),),
    ),
    "bartholomew": Person(
        names=(name("Bartholomew Theodoric Augustine", "Montgomery-Featherstonehaugh"),),
        birth_dates=("1966-12-25",),
        addresses=(
            Address(
                organisation_name="Saint Cuthbert’s College",
                department_name="Porters’ Lodge",
                building_name="Great Gate",
                street_name="King’s Causeway",
                address_locality="Durham",
                postal_code="ZZ1 3NP",
                address_country="GB",
                valid_from="2010-01-01",
            ),
        ),
    ),
}
