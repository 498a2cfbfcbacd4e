"""Attacks by documents that a provider fetches: from inside, by redirects, over and over."""

from tests.auth_flows.attacks import attack
from tests.auth_flows.jose import by_secret, compact
from tests.auth_flows.listening import Listening, Reply, listening
from tests.auth_flows.probe import Probe
from tests.auth_flows.proof import assertion_claims, by_assertion
from tests.auth_flows.targets import Client
from tests.auth_flows.team import Metadata, Team
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import Answer

ASKED = 12
MOST_FETCHED = 3
GLANCE = 0.3
"""Seconds in which a call comes that is made at once."""
TYPES = {"Content-Type": "application/json"}
NO_KEYS = Reply(headers=TYPES, body=b'{"keys": []}')
BY_KEYS: Metadata = {"token_endpoint_auth_method": "private_key_jwt", "public_key_source": "JWKS"}


def _make_it_fetch(probe: Probe, client_id: str, kid: str) -> Answer:
    """Send an assertion by a key that the provider can only find by fetching."""
    client = Client(client_id, "private_key_jwt", "", key="none")
    now = int(probe.ground.clock.now())
    claims = assertion_claims(client, probe.endpoint("token_endpoint"), now)
    forged = compact({"alg": "ES256", "kid": kid}, claims, by_secret(b"no key of anybody"))
    fields = [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", "https://x/")]
    return probe.ground.wire.form(
        probe.endpoint("token_endpoint"), fields + by_assertion(forged), patient=False
    )


def _registered(team: Team, address: str) -> tuple[str, Answer]:
    answer = team.send(team.good | BY_KEYS | {"jwks_uri": address})
    return str(answer.json.get("client_id", "")), answer


@attack(
    "REG-03",
    fix="Fetch https and public addresses only, looked up once, briefly, without redirects.",
    left_out="names that lead inside by DNS only",
)
def inside(probe: Probe) -> None:
    team = Team(probe)
    team.registers()
    for name in ("jwks_uri", "back_channel_logout_uri", "backchannel_logout_uri", "logo_uri",
                 "sector_identifier_uri", "initiate_login_uri"):  # fmt: skip
        for address in ("http://169.254.169.254/latest/meta-data", "file:///etc/passwd",
                        "gopher://localhost:25/x", "http://10.0.0.1/keys"):  # fmt: skip
            more = BY_KEYS if name == "jwks_uri" else {}
            answer = team.send(team.good | more | {name: address})
            probe.expect(
                answer.json.get(name) != address and answer.status < 500,
                answer,
                tried=f"{name}: {address}",
                wanted="refused, or left out",
            )
    if not _fetches(probe, team):
        probe.leave_out("what is fetched from inside: the provider fetches no key document of ours")
        return
    for host in ("127.0.0.2", "127.9.9.9"):
        with listening(f"http://{host}:0/keys") as heard:
            client_id, answer = _registered(team, heard.address)
            if client_id:
                answer = _make_it_fetch(probe, client_id, "inside")
            _never_called(probe, heard, answer, f"keys at {host}, inside")
    _led_on(probe, team)


def _fetches(probe: Probe, team: Team) -> bool:
    """Whether a key document of ours is fetched at all; without that, none shows anything."""
    with listening("http://localhost:0/keys") as heard:
        heard.reply = lambda _call: NO_KEYS
        client_id, answer = _registered(team, heard.address)
        if client_id:
            answer = _make_it_fetch(probe, client_id, "allowed")
        came = bool(client_id) and heard.wait_for(lambda _call: True) is not None
        if came:
            probe.works(True, answer, "a key document that is fetched")
        return came


def _led_on(probe: Probe, team: Team) -> None:
    with listening("http://localhost:0/keys") as heard, listening("http://127.0.0.3:0/x") as far:
        heard.reply = lambda _call: Reply(302, {"Location": far.address})
        client_id, answer = _registered(team, heard.address)
        answer = _make_it_fetch(probe, client_id, "led-on")
        asked = heard.wait_for(lambda _call: True)
        probe.works(asked is not None, answer, "fetching the document that redirects")
        _never_called(probe, far, answer, "a key document that redirects inside")
        endless = b'{"keys": [' + b" " * (4 << 20) + b"]}"
        heard.reply = lambda _call: Reply(headers=TYPES, body=endless)
        answer = _make_it_fetch(probe, client_id, "endless")
        probe.expect(
            answer.status in (400, 401),
            answer,
            tried="a key document of 4 MB",
            wanted="given up on",
        )


def _never_called(probe: Probe, heard: Listening, answer: Answer, tried: str) -> None:
    called = heard.wait_for(lambda _call: True, GLANCE)
    probe.expect(
        called is None and answer.status < 500,
        answer,
        tried=tried,
        wanted="nobody calls there",
    )


@attack("DOS-05", fix="Keep key documents, also that a key is not in one; fetch seldom.")
def keys_for_each_request(probe: Probe) -> None:
    team = Team(probe)
    team.registers()
    with listening("http://localhost:0/keys") as heard:
        heard.reply = lambda _call: NO_KEYS
        client_id, answer = _registered(team, heard.address)
        if not client_id:
            raise NotTried(f"no key document of ours can be registered: {answer.told()}")
        answer = _make_it_fetch(probe, client_id, "first")
        came = heard.wait_for(lambda _call: True)
        if came is None:
            raise NotTried("the provider fetches no key document of ours")
        probe.works(True, answer, "a key document that is fetched")
        for number in range(ASKED):
            answer = _make_it_fetch(probe, client_id, f"unknown-{number}")
    fetched = len(heard.calls)
    probe.expect(
        fetched <= MOST_FETCHED,
        answer,
        tried=f"{ASKED} assertions by keys that are not in the document",
        wanted=f"fetched {MOST_FETCHED} times at most, not {fetched} times",
    )
