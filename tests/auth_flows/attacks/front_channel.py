"""Attacks on the frames by which services are told of a sign-out in the browser."""

import html
import re
from urllib.parse import parse_qsl, urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.sign_out import sign_out_to_the_end
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import Answer

_FRAME = re.compile(r"<iframe\b[^>]*?\bsrc=[\"']([^\"']+)", re.IGNORECASE)
FOR_FRAMES = ("frame-src", "child-src", "default-src")
"""Directives that say what a page may frame; the first that is there counts."""


@attack("LOGOUT-08", fix="Frame the addresses of the session's services, with iss and sid.",
        left_out="what services make of it, and browsers that keep cookies from frames",
)  # fmt: skip
def frames_of_services(probe: Probe) -> None:
    told = [client for client in probe.plain_clients() if client.front_channel_logout_uri]
    if not told:
        raise NotTried("no client of the target file has a front_channel_logout_uri")
    browser, person, sessions, token = probe.browser(), probe.ground.next_person(), {}, ""
    for client in told:
        asked = probe.ask(client)
        done = probe.go_through(browser, asked, person)
        code = done.outcome.values.get("code", "")
        answer = probe.token(probe.fields_for(asked, code), client)
        token = str(answer.json.get("id_token", ""))
        probe.works(bool(claims_of(token)), answer, f"an ID token for {client.id}")
        sessions[client.id] = str(claims_of(token).get("sid", ""))
    page = sign_out_to_the_end(probe, browser, id_token_hint=token)
    frames = [html.unescape(address) for address in _FRAME.findall(page.body)]
    for client in told:
        _is_told(probe, page, frames, client, sessions[client.id])
    _nobody_else(probe, page, frames, told)


def _is_told(probe: Probe, page: Answer, frames: list[str], client: Client, session: str) -> None:
    address = client.front_channel_logout_uri
    found = [frame for frame in frames if _plain(frame) == _plain(address)]
    probe.expect(
        len(found) == 1,
        page,
        tried=f"the frames after a sign-out, for {client.id}",
        wanted=f"one of the address that it has registered, not {len(found)}",
    )
    if found and probe.ground.metadata.get("frontchannel_logout_session_supported"):
        values = dict(parse_qsl(urlsplit(found[0]).query))
        right = values.get("iss") == probe.target.issuer and values.get("sid") == session
        probe.expect(
            right and bool(session),
            page,
            tried=f"what the frame tells {client.id}",
            wanted="iss, and the sid of its ID token",
        )


def _nobody_else(probe: Probe, page: Answer, frames: list[str], told: list[Client]) -> None:
    known = {_host(client.front_channel_logout_uri) for client in told}
    known |= {_host(probe.target.issuer), ""}
    away = [frame for frame in frames if _host(frame) not in known]
    probe.expect(
        not away, page, tried="the frames after a sign-out", wanted=f"no others, not {away[:1]}"
    )
    allowed = _may_be_framed(page)
    if allowed is None:
        return
    for client in told:
        probe.expect(
            _host(client.front_channel_logout_uri) in map(_host, allowed),
            page,
            tried=f"the content security policy of that page, for {client.id}",
            wanted="it lets this frame in",
        )
    more = [one for one in allowed if _host(one) not in known and not one.startswith("'")]
    probe.expect(
        not more,
        page,
        tried="the content security policy of that page",
        wanted=f"it lets no other frame in, not {more[:1]}",
    )


def _may_be_framed(page: Answer) -> list[str] | None:
    """The sources that the policy of a page allows for frames; None if it says nothing."""
    rules: dict[str, list[str]] = {}
    for directive in page.header("Content-Security-Policy").split(";"):
        name, *sources = directive.split() or [""]
        rules.setdefault(name.lower(), sources)
    return next((rules[name] for name in FOR_FRAMES if name in rules), None)


def _plain(address: str) -> str:
    return address.partition("#")[0].partition("?")[0]


def _host(address: str) -> str:
    """The host of an address or of a source; of a source that is neither, the source itself."""
    return urlsplit(address).netloc or address.partition("/")[0]
