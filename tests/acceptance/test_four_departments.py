"""One sign-in, four departments: the journey this whole house exists for."""

import pytest

from tests.acceptance.walking import (
    SIGNED_IN,
    choose_to_sign_in,
    code_from_mailbox,
    enter_code,
    enter_email,
    enter_password,
    path_in_journey,
    posts_to_onepass,
    prove_identity,
    save_codes,
    set_out,
    sign_in,
    typed_key,
)
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.servers import SLUGS, Street


def walk_through_all_four(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    sign_in(visitor, street, "tax", citizen)
    assert citizen.email in visitor.text

    # This one has to know who we are, once; it does not ask who signs in again.
    before = len(visitor.visits)
    set_out(visitor, street, "driving")
    prove_identity(visitor)
    assert visitor.heading == SIGNED_IN["driving"]
    assert {path_in_journey(visit) for visit in posts_to_onepass(visitor, before)} == {
        "prove",
        "prove/stand-in",
        "prove/result",
        "share",
    }
    for slug in ("library", "housing"):
        before = len(visitor.visits)
        set_out(visitor, street, slug)
        assert visitor.heading == SIGNED_IN[slug]
        assert posts_to_onepass(visitor, before) == [], f"{slug} made us fill a form again"

    visitor.open(f"{street.url('library')}/account")
    visitor.press("Sign out")
    assert visitor.page.url.startswith(f"{street.url('library')}/signed-out")
    street.work()
    for slug in SLUGS:
        visitor.open(f"{street.url(slug)}/account")
        assert visitor.page.url == f"{street.url(slug)}/signed-out"
        said = "Rydych wedi allgofnodi" if slug == "housing" else "You are signed out"
        assert visitor.heading == said

    set_out(visitor, street, "tax")
    assert visitor.page.url.startswith(street.issuer), "one of the four still let us in"


def test_the_demos_citizen_signs_in_once_and_signs_out_of_all_four(
    street: Street, visitor: Visitor
) -> None:
    walk_through_all_four(visitor, street, street.citizen)


def test_the_same_journey_works_without_javascript(
    street: Street, visitor_without_javascript: Visitor, citizen: Citizen
) -> None:
    walk_through_all_four(visitor_without_javascript, street, citizen)


def create_account(visitor: Visitor, street: Street, slug: str, citizen: Citizen) -> None:
    set_out(visitor, street, slug)
    visitor.submit(0)
    enter_email(visitor, citizen.email)
    assert citizen.email in visitor.text
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()
    enter_password(visitor, citizen.password)
    citizen.seed = typed_key(visitor)
    enter_code(visitor, street, citizen)


def test_a_new_citizen_creates_an_account_from_a_department_and_lands_signed_in(
    street: Street, visitor: Visitor
) -> None:
    newcomer = Citizen(email="newcomer@example.com")
    create_account(visitor, street, "driving", newcomer)
    save_codes(visitor)
    assert visitor.heading == "You have created your Onepass account"
    visitor.press("Continue to Renew your driving licence")
    prove_identity(visitor, "kwame")
    assert visitor.heading == SIGNED_IN["driving"]
    assert "Kwame O’Connor" in visitor.text
    assert newcomer.email in visitor.text

    before = len(visitor.visits)
    set_out(visitor, street, "tax")
    assert visitor.heading == SIGNED_IN["tax"]
    assert posts_to_onepass(visitor, before) == []


def test_s13_the_library_asks_for_a_password_alone(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    set_out(visitor, street, "library")
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    assert visitor.heading == SIGNED_IN["library"]


@pytest.mark.parametrize("where", ["at the library itself", "at another department"])
def test_s27_stepping_up_asks_for_a_code_only(
    street: Street, visitor: Visitor, citizen: Citizen, where: str
) -> None:
    set_out(visitor, street, "library")
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    before = len(visitor.visits)
    if where == "at the library itself":
        visitor.press("Pay a fine")
    else:
        set_out(visitor, street, "tax")
    assert visitor.page.url.endswith("/code")
    enter_code(visitor, street, citizen)
    assert len(posts_to_onepass(visitor, before)) == 1
    assert visitor.page.url.startswith(
        street.url("library" if where == "at the library itself" else "tax")
    )


def test_s29_housing_asks_who_you_are_again_before_bank_details_change(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "housing", citizen)
    street.clock.move(120)
    before = len(visitor.visits)
    visitor.press("Newid manylion banc")
    assert visitor.page.url.endswith("/password"), "nobody asked for the password again"
    enter_password(visitor, citizen.password)
    if visitor.page.url.endswith("/code"):
        enter_code(visitor, street, citizen)
    assert posts_to_onepass(visitor, before)
    assert visitor.page.url == f"{street.url('housing')}/actions/change-bank-details"
    visitor.submit()
    assert visitor.heading == "Manylion banc wedi’u newid"
