"""Actions that need a stronger or a fresher sign-in."""

import pytest

from tests.relying_party.visiting import Visit


def press(visit: Visit, slug: str) -> str:
    token = visit.form_token(f"/actions/{slug}")
    return visit.browser.post(f"/actions/{slug}", data={"csrf_token": token}).text


def test_paying_a_fine_asks_for_the_second_factor(library: Visit) -> None:
    library.sign_in()
    response = library.get("/actions/pay-a-fine")
    assert response.location == "/sign-in?then=pay-a-fine"
    assert library.sign_in(response.location).location == "/actions/pay-a-fine"
    assert "You owe £2.40" in library.get("/actions/pay-a-fine").text
    assert "Fine paid" in press(library, "pay-a-fine")


def test_a_provider_that_did_not_step_up_is_not_believed(library: Visit) -> None:
    library.sign_in()
    library.provider.change_claims = lambda claims: {**claims, "vot": "Cl"}
    response = library.arrive(library.leave("/sign-in?then=pay-a-fine"))
    assert response.status_code == 400
    assert "You signed in as strongly as we asked" in response.text
    # The session that was there is still there, and still too weak.
    assert library.get("/actions/pay-a-fine").status_code == 303


def test_bank_details_need_a_sign_in_made_for_them(housing: Visit) -> None:
    housing.sign_in()
    housing.clock.move(30)
    response = housing.get("/actions/change-bank-details")
    answer = housing.leave(response.location)
    asked = list(housing.provider.codes.values())[-1].parameters
    assert asked["prompt"] == "login"
    assert asked["max_age"] == "1"
    housing.clock.move(90)
    assert housing.arrive(answer).location == "/actions/change-bank-details"
    assert "Manylion banc wedi’u newid" in press(housing, "change-bank-details")
    housing.clock.move(300)
    assert housing.get("/actions/change-bank-details").status_code == 303
    housing.sign_in()
    assert housing.get("/actions/change-bank-details").status_code == 303


@pytest.mark.parametrize(("before", "status"), [(4, 303), (7, 400), (3000, 400)])
def test_a_sign_in_from_before_is_not_fresh(housing: Visit, before: int, status: int) -> None:
    housing.sign_in()
    housing.provider.auth_time = housing.clock.now() - before
    response = housing.arrive(housing.leave("/sign-in?then=change-bank-details"))
    assert response.status_code == status
    if status == 400:
        assert "Gwnaethoch fewngofnodi’n ddigon diweddar" in response.text


def test_somebody_else_cannot_take_over_half_way(housing: Visit) -> None:
    housing.sign_in()
    answer = housing.leave("/sign-in?then=change-bank-details")
    housing.provider.subject = "urn:fdc:onepass:2026:bea"
    response = housing.arrive(answer)
    assert response.status_code == 400
    assert not housing.signed_in()


def test_an_action_needs_our_own_form(library: Visit) -> None:
    library.sign_in("/sign-in?then=pay-a-fine")
    response = library.browser.post("/actions/pay-a-fine", data={"csrf_token": "0" * 64})
    assert response.status_code == 400


def test_an_action_is_not_done_without_the_sign_in_it_needs(library: Visit) -> None:
    library.sign_in()
    token = library.form_token("/account")
    response = library.browser.post("/actions/pay-a-fine", data={"csrf_token": token})
    assert response.location == "/sign-in?then=pay-a-fine"
    assert library.another_browser().get("/actions/pay-a-fine").location == "/"
    assert library.get("/actions/change-bank-details").status_code == 404
