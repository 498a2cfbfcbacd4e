"""Attacks on what ends with a session, and on how services are told of it."""

import threading
import time
from typing import Any
from urllib.parse import urljoin

import jwt

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.sign_out import sign_out_to_the_end
from tests.auth_flows.browser import Browser
from tests.auth_flows.listening import Call, Listening, Reply, listening
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.wire import Answer

EVENT = "http://schemas.openid.net/event/backchannel-logout"
SLOW = 4
"""Seconds in which a sign-out ends, whatever a service does."""
GLANCE = 1.5
"""Seconds in which a second call would come that should not."""
MOST_CALLS = 4


class Stay:
    """A citizen signed in at one client, in a browser of their own."""

    def __init__(self, probe: Probe, client: Client) -> None:
        self.probe, self.client = probe, client
        self.browser = probe.browser()
        asked = probe.ask(client)
        done = probe.go_through(self.browser, asked, probe.ground.next_person())
        code = done.outcome.values.get("code", "")
        if not code:
            raise Broken(f"no code came for a good request: {done.answers[-1].told()}")
        self.tokens = probe.token(probe.fields_for(asked, code), client).json
        self.id_token = str(self.tokens.get("id_token", ""))

    def end(self) -> Answer:
        """Sign out with the hint, and say yes if somebody asks."""
        answer = sign_out_to_the_end(self.probe, self.browser, id_token_hint=self.id_token)
        if answer.status >= 400:
            raise Broken(f"unattacked, a sign-out does not work: {answer.told()}")
        return answer

    def silent(self, browser: Browser) -> Answer:
        """A silent sign-in in a browser."""
        return self.probe.authorize(self.probe.ask(self.client, prompt="none"), browser=browser)


def _told(probe: Probe) -> Client:
    for client in probe.target.clients:
        if client.back_channel_logout_uri:
            return client
    raise NotTried("no client of the target file has a back_channel_logout_uri")


def _logout_token(call: Call) -> str:
    return call.fields.get("logout_token", "")


def _about(probe: Probe, stay: Stay) -> Any:
    """Whether a call is about this stay: other calls are of earlier sign-outs, sent again."""
    told = claims_of(stay.id_token)

    def about(call: Call) -> bool:
        claims = claims_of(_logout_token(call))
        return claims.get("iss") == probe.target.issuer and claims.get("sub") == told.get("sub")

    return about


@attack("LOGOUT-05", fix="End the session on the server, and its tokens, and tell every service.")
def going_on(probe: Probe) -> None:
    offered = probe.ground.offers("back_channel_logout")
    client = _told(probe) if offered else probe.client
    stay = Stay(probe, client)
    thief = stay.browser.copy()
    before = stay.silent(thief)
    probe.works("code" in probe.outcome(before, client).values, before, "a silent sign-in")
    token = str(stay.tokens.get("access_token", ""))
    if "userinfo_endpoint" in probe.ground.metadata:
        answer = probe.userinfo(token)
        probe.works(answer.status == 200, answer, "UserInfo with the token")
    if offered:
        with listening(client.back_channel_logout_uri) as heard:
            answer = stay.end()
            call = heard.wait_for(_about(probe, stay))
        probe.expect(
            call is not None,
            answer,
            tried="signing out, and listening as the service",
            wanted="the service is told",
        )
    else:
        stay.end()
    for words, browser in (("the browser", stay.browser), ("a copy of its cookies", thief)):
        answer = stay.silent(browser)
        probe.expect(
            probe.outcome(answer, client).error == "login_required",
            answer,
            tried=f"a silent sign-in after the sign-out, with {words}",
            wanted="login_required",
        )
    if "userinfo_endpoint" in probe.ground.metadata:
        answer = probe.userinfo(token)
        probe.expect(
            answer.status == 401,
            answer,
            tried="UserInfo with the access token after the sign-out",
            wanted="401: it ended with the session",
        )


def _heard(probe: Probe, heard: Listening, stay: Stay) -> tuple[Answer, str]:
    answer = stay.end()
    call = heard.wait_for(_about(probe, stay))
    if call is None:
        raise Broken("no service was told of the sign-out")
    token = _logout_token(call)
    probe.ground.wire.masker.learn(token)
    return answer, token


@attack(
    "LOGOUT-06", fix="Sign logout tokens as Back-Channel Logout 2.4 says, each with its own jti."
)
def logout_tokens(probe: Probe) -> None:
    client = _told(probe)
    stays = [Stay(probe, client) for _ in range(2)]
    probe.works(bool(stays[0].id_token), stays[0].silent(stays[0].browser), "signing in")
    keys = probe.ground.wire.send("GET", probe.endpoint("jwks_uri")).json.get("keys", [])
    seen: set[str] = set()
    with listening(client.back_channel_logout_uri) as heard:
        for stay in stays:
            answer, token = _heard(probe, heard, stay)
            claims = claims_of(token)
            for tried, holds in _rules(probe, client, stay, token, keys).items():
                probe.expect(holds, answer, tried=f"a logout token: {tried}", wanted="it is so")
            jti = str(claims.get("jti", ""))
            probe.expect(
                bool(jti) and jti not in seen,
                answer,
                tried="the jti of a logout token",
                wanted="one that no other token has",
            )
            seen.add(jti)


def _rules(
    probe: Probe, client: Client, stay: Stay, token: str, keys: list[dict[str, Any]]
) -> dict[str, bool]:
    claims, own = claims_of(token), claims_of(stay.id_token)
    header = jwt.get_unverified_header(token)
    now, made = probe.ground.clock.now(), claims.get("iat", 0)
    events = claims.get("events")
    audience = claims.get("aud")
    return {
        "signed by a published key": _is_signed(token, header, keys),
        "typ is logout+jwt": str(header.get("typ", "")).lower() == "logout+jwt",
        "iss is the issuer": claims.get("iss") == probe.target.issuer,
        "aud is the client alone": audience in (client.id, [client.id]),
        "iat is of now": isinstance(made, int) and abs(now - made) < 120,
        "exp is near": made < claims.get("exp", made + 1) <= made + 600,
        "events holds the event of a sign-out": isinstance(events, dict) and EVENT in events,
        "there is no nonce": "nonce" not in claims,
        "sub or sid are those of the ID token": claims.get("sub") == own.get("sub")
        or ("sid" in claims and claims.get("sid") == own.get("sid")),
    }


def _is_signed(token: str, header: dict[str, Any], keys: list[dict[str, Any]]) -> bool:
    for key in keys:
        if key.get("kid") != header.get("kid"):
            continue
        try:
            known = jwt.PyJWK(key, algorithm=header.get("alg"))
            jwt.decode(
                token,
                known.key,
                algorithms=[str(header.get("alg"))],
                options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
            )
        except (jwt.PyJWTError, TypeError, ValueError):
            return False
        return True
    return False


@attack(
    "LOGOUT-07",
    fix="Tell services from a worker: https and public addresses, a deadline, no redirects.",
    left_out="addresses that may not be registered, which REG-03 tries",
)
def service_that_misbehaves(probe: Probe) -> None:
    client = _told(probe)
    stay = Stay(probe, client)
    over = threading.Event()
    address = client.back_channel_logout_uri
    with listening(address) as heard:
        answer = stay.end()
        probe.works(heard.wait_for(_about(probe, stay)) is not None, answer, "telling a service")
        replies = {
            "hangs": Reply(hold=over),
            "fails": Reply(500),
            "redirects": Reply(302, {"Location": urljoin(address, "/elsewhere")}),
        }
        for words, reply in replies.items():
            _misbehaving(probe, heard, client, words, reply)
            over.set()


def _misbehaving(probe: Probe, heard: Listening, client: Client, words: str, reply: Reply) -> None:
    stay = Stay(probe, client)
    about = _about(probe, stay)
    heard.calls.clear()
    heard.reply = lambda call: reply if about(call) else Reply()
    began = time.monotonic()
    answer = stay.end()
    took = time.monotonic() - began
    probe.expect(
        took < SLOW,
        answer,
        tried=f"signing out while a service {words}",
        wanted=f"it ends within {SLOW} s, not after {took:.1f} s",
    )
    called = heard.wait_for(about)
    if called is None:
        raise Broken(f"the service that {words} was never called")
    led = heard.wait_for(lambda call: call.path == "/elsewhere", GLANCE)
    calls = sum(map(about, heard.calls))
    probe.expect(
        led is None and calls <= MOST_CALLS,
        answer,
        tried=f"what comes of it when a service {words}",
        wanted=f"no redirect is followed, and it is not called again and again ({calls} times)",
    )
