"""A person as an identity check knows them, and how services are told of it.

Every field's name on the wire is the same name in camel case; what nobody knows is left out.
Dates are texts, `YYYY-MM-DD`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

GIVEN_NAME: Final = "GivenName"
FAMILY_NAME: Final = "FamilyName"


@dataclass(frozen=True, slots=True)
class NamePart:
    """One part of a name: a given name or a family name."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name somebody has or had, its parts in the order they are said."""

    parts: tuple[NamePart, ...]
    valid_from: str | None = None
    valid_until: str | None = None

    @property
    def text(self) -> str:
        """The name as it is written."""
        return " ".join(part.value for part in self.parts)


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody lives, or lived until `valid_until`."""

    uprn: int | None = None
    organisation_name: str | None = None
    department_name: str | None = None
    sub_building_name: str | None = None
    building_number: str | None = None
    building_name: str | None = None
    dependent_street_name: str | None = None
    street_name: str | None = None
    double_dependent_address_locality: str | None = None
    dependent_address_locality: str | None = None
    address_locality: str | None = None
    address_region: str | None = None
    postal_code: str | None = None
    address_country: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The address as it is written on an envelope, without the country."""
        nearest, further = self.dependent_street_name, self.street_name
        if not nearest:
            nearest, further = further, None
        lines = (
            self.organisation_name,
            self.department_name,
            self.sub_building_name,
            self.building_name,
            " ".join(part for part in (self.building_number, nearest) if part),
            further,
            self.double_dependent_address_locality,
            self.dependent_address_locality,
            self.address_locality,
            self.address_region,
            self.postal_code,
        )
        return tuple(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class Passport:
    """A passport that was part of the evidence."""

    document_number: str
    icao_issuer_code: str
    expiry_date: str


@dataclass(frozen=True, slots=True)
class DrivingPermit:
    """A driving licence that was part of the evidence; only DVLA ones have an issue number."""

    personal_number: str
    expiry_date: str
    issued_by: str
    issue_number: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What an identity check found out; where somebody has had several, the present one is first.

    Passports and driving licences are those that were used as evidence.
    """

    names: tuple[Name, ...]
    birth_dates: tuple[str, ...]
    addresses: tuple[Address, ...] = ()
    passports: tuple[Passport, ...] = ()
    driving_permits: tuple[DrivingPermit, ...] = ()


Document = TypeVar("Document", Address, Passport, DrivingPermit)


def same_person(one: Person, other: Person) -> bool:
    """Say whether two checks found the same person: a date of birth and a name in common.

    Names change, so a former one counts; capitals and white space do not.
    """
    names = ({" ".join(name.text.casefold().split()) for name in who.names} for who in (one, other))
    dates = (set(who.birth_dates) for who in (one, other))
    return bool(set.intersection(*names)) and bool(set.intersection(*dates))


def names_claim(names: tuple[Name, ...]) -> list[dict[str, object]]:
    """Write names as the core identity credential has them."""
    return [
        {"nameParts": [{"type": part.kind, "value": part.value} for part in name.parts]}
        | _times(name)
        for name in names
    ]


def birth_dates_claim(birth_dates: tuple[str, ...]) -> list[dict[str, object]]:
    """Write dates of birth as the core identity credential has them."""
    return [{"value": date} for date in birth_dates]


def documents_claim(
    documents: tuple[Address, ...] | tuple[Passport, ...] | tuple[DrivingPermit, ...],
) -> list[dict[str, object]]:
    """Write addresses, passports or driving licences as UserInfo has them."""
    return [
        {
            _camel_case(field.name): value
            for field in fields(document)
            if (value := getattr(document, field.name)) is not None
        }
        for document in documents
    ]


def to_members(person: Person) -> dict[str, Any]:
    """Write a person down, for keeping: the members of all claims together."""
    return {
        "name": names_claim(person.names),
        "birthDate": birth_dates_claim(person.birth_dates),
        "address": documents_claim(person.addresses),
        "passport": documents_claim(person.passports),
        "drivingPermit": documents_claim(person.driving_permits),
    }


def from_members(members: Mapping[str, Any]) -> Person:
    """Read a person written by `to_members`."""
    return Person(
        names=tuple(
            Name(
                tuple(NamePart(part["type"], part["value"]) for part in name["nameParts"]),
                name.get("validFrom"),
                name.get("validUntil"),
            )
            for name in members["name"]
        ),
        birth_dates=tuple(date["value"] for date in members["birthDate"]),
        addresses=_documents(Address, members["address"]),
        passports=_documents(Passport, members["passport"]),
        driving_permits=_documents(DrivingPermit, members["drivingPermit"]),
    )


def _documents(kind: type[Document], written: list[Mapping[str, Any]]) -> tuple[Document, ...]:
    names = {_camel_case(field.name): field.name for field in fields(kind)}
    return tuple(
        kind(**{names[name]: value for name, value in document.items()}) for document in written
    )


def _times(name: Name) -> dict[str, object]:
    times = {"validFrom": name.valid_from, "validUntil": name.valid_until}
    return {member: time for member, time in times.items() if time is not None}


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
