"""Answers that a real browser posts to a service with npm `openid-client`, with scripts or not."""

import json
from typing import Any

import pytest

from tests.interop.node_service import NodeService, OpenNodeService
from tests.interop.provider import SIGN_IN, RunningProvider
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.processes import free_port


@pytest.fixture
def service(open_node_service: OpenNodeService) -> NodeService:
    """A service of plain OpenID Connect that takes its people back on this machine."""
    service = open_node_service(port=free_port(), more={"profile": "openid"})
    assert service.ask("begin", {}), "it has not started"
    return service


def walk_to_the_code(
    provider: RunningProvider, visitor: Visitor, address: str, citizen: Citizen
) -> None:
    """Sign in up to the last page, with the code typed and not yet sent."""
    visitor.open(address)
    visitor.submit(SIGN_IN)
    visitor.fill("email", citizen.email)
    visitor.submit()
    visitor.fill("password", citizen.password)
    visitor.submit()
    visitor.fill("code", citizen.code(provider.services.clock.now()))


def held(visitor: Visitor, service: NodeService) -> dict[str, Any]:
    """What the service says once the browser has posted to it, by a form and nothing else."""
    visitor.page.wait_for_url(service.party.redirect_uri)
    visitor.look()
    at_the_service = {visit for visit in visitor.visits if f" {service.party.origin}/" in visit}
    assert at_the_service == {f"POST 200 {service.party.redirect_uri}"}
    answer: dict[str, Any] = json.loads(visitor.page.locator("pre").inner_text())
    return answer


def test_the_browser_posts_by_itself_where_it_runs_scripts(
    provider: RunningProvider, service: NodeService, visitor: Visitor
) -> None:
    citizen = provider.citizen()
    silent = service.begin(response_mode="form_post", prompt="none")
    visitor.page.goto(silent)
    assert held(visitor, service)["refused"] == "login_required"

    address = service.begin(response_mode="form_post")
    walk_to_the_code(provider, visitor, address, citizen)
    visitor.page.locator("main form button[type=submit]").click()
    answer = held(visitor, service)
    assert visitor.heading == "You are signed in"
    assert answer["claims"]["acr"] == "Cl.Cm"
    assert answer["userinfo"]["email"] == citizen.email

    visitor.page.goto(service.begin(response_mode="form_post"))
    again = held(visitor, service)
    assert again["claims"]["sub"] == answer["claims"]["sub"]


def test_the_person_posts_where_no_script_runs(
    provider: RunningProvider, service: NodeService, visitor_without_javascript: Visitor
) -> None:
    visitor, citizen = visitor_without_javascript, provider.citizen()
    address = service.begin(response_mode="form_post")
    walk_to_the_code(provider, visitor, address, citizen)
    visitor.submit()
    assert visitor.heading == "Going back to the service"
    assert "tokens_issued" not in provider.facts(client_id=service.party.client_id)
    visitor.press("Continue")
    assert held(visitor, service)["userinfo"]["email"] == citizen.email
    assert "tokens_issued" in provider.facts(client_id=service.party.client_id)
