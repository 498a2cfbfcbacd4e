"""Attacks on the registration of clients, by strangers and by teams that may register some."""

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.seen import SCRIPT, followed
from tests.auth_flows.probe import Probe
from tests.auth_flows.targets import Client
from tests.auth_flows.team import REFUSED, Metadata, Team
from tests.auth_flows.wire import Answer

MOST_REGISTERED = 130
"""A quota that is reached later than that is none."""


@attack("REG-01", fix="Ask for a token of those who register, or switch open registration off.")
def strangers(probe: Probe) -> None:
    team = Team(probe)
    team.registers()
    for token, tried in (
        ("", "without a token"),
        ("wrong", "with a wrong token"),
        (team.token[:-1], "with a token cut short"),
        (team.token.swapcase(), "with a token in other letters"),
        (probe.client.secret or "none", "with a client's secret as token"),
        ("A" * 5000, "with a token of 5,000 characters"),
    ):
        answer = team.send(team.good, token=token)
        probe.expect(
            answer.status in (*REFUSED, 431) and "client_id" not in answer.json,
            answer,
            tried=f"registering {tried}",
            wanted="401, and no client",
        )


@attack("REG-02", fix="Register https addresses without fragment, wildcard or user only.",
        left_out="a star in a path, where it stands for itself")  # fmt: skip
def dangerous_addresses(probe: Probe) -> None:
    team = Team(probe)
    team.registers()
    good = team.good["redirect_uris"][0]
    for address in (
        good + "#fragment", good + "#", "http://service.example/back", "javascript:alert(1)",
        "data:text/html,x", "file:///etc/passwd", "vbscript:x", "https://*.service.example/back",
        "https://user@service.example/", "https:///back", "//service.example/back", "/back", "",
        "https://service.example\\@attacker.example/", "http://127.0.0.1.attacker.example/",
        "http://localhost.attacker.example/", "https://service.example/\tback", "urn:x", "*", 7,
        "ftp://service.example/back", "https://service.example:0/", "https://ser\u0456ice.example/",
    ):  # fmt: skip
        team.refused(f"redirect_uris holds {address!r}", {"redirect_uris": [address]})
    team.refused("redirect_uris is empty", {"redirect_uris": []})
    team.refused("a bad address beside a good one", {"redirect_uris": [good, "javascript:x"]})
    for address in ("javascript:alert(1)", "http://service.example/out", good + "#x"):
        changes: Metadata = {"post_logout_redirect_uris": [address]}
        team.refused(f"post_logout_redirect_uris holds {address!r}", changes)


TOO_MUCH: tuple[Metadata, ...] = (
    {"scopes": ["openid", "admin"], "scope": "openid admin"},
    {"scopes": ["openid", "*"], "scope": "openid *"},
    {"grant_types": ["password", "implicit"]},
    {"response_types": ["token", "id_token token"]},
    {"token_endpoint_auth_method": "none"},
    {"token_endpoint_auth_method": "tls_client_auth"},
    {"id_token_signing_algorithm": "none", "id_token_signed_response_alg": "none"},
    {"id_token_signing_algorithm": "HS256", "id_token_signed_response_alg": "HS256"},
    {"request_object_signing_alg": "none", "userinfo_signed_response_alg": "none"},
    {"rate_limit": 1_000_000},
    {"environment": "production"},
    {"client_id": "chosen-by-the-team"},
    {"client_secret": "chosen-by-the-team", "client_secret_hash": "x"},
    {"permit_missing_nonce": True},
    {"test_client": True, "one_login_service": True},
)


@attack(
    "REG-05",
    fix="Refuse or leave out what a team may not have, also when it changes a client.",
    left_out="members that are taken without the answer saying so",
)
def too_much(probe: Probe) -> None:
    team = Team(probe)
    answer = team.registers()
    client_id = str(answer.json["client_id"])
    for asked in TOO_MUCH:
        for words, one in (("new", ""), ("changed", client_id)):
            answer = team.send((team.good if not one else {}) | asked, client_id=one)
            kept = [name for name, value in asked.items() if answer.json.get(name) == value]
            probe.expect(
                answer.status < 500 and not kept,
                answer,
                tried=f"{asked}, {words}",
                wanted="refused, reduced or left out",
            )


@attack("REG-06", fix="Let a token manage the clients of its own team; store its hash.",
        left_out="a token after its client is deleted")  # fmt: skip
def clients_of_others(probe: Probe) -> None:
    team, other = Team(probe), Team(probe)
    name = str(team.good["client_name"])
    client_id = str(team.registers().json["client_id"])
    changed = team.send({"client_name": f"{name} changed"}, client_id=client_id)
    probe.works(changed.status in (200, 201), changed, "changing one's own client")
    ours = probe.client.id
    for token, which, tried in (
        ("", client_id, "a client, without a token"),
        ("wrong", client_id, "a client, with a wrong token"),
        (other.token, client_id, "the client of another team"),
        (team.token, ours, "a client that no team registered"),
        (team.token, "../" + ours, "a client by a crooked address"),
        (team.token, client_id + "%00", "a client by an odd id"),
    ):
        answer = team.send({"client_name": "Taken over"}, client_id=which, token=token)
        probe.expect(
            answer.status in REFUSED and "client_name" not in answer.json,
            answer,
            tried=f"changing {tried}",
            wanted="401, or nobody by that name",
        )
    after = team.send({"client_name": name}, client_id=client_id)
    probe.works(after.status in (200, 201), after, "changing one's own client after that")


@attack("REG-07", fix="Show a secret in the answer that made it, and keep its hash.")
def secrets_again(probe: Probe) -> None:
    team = Team(probe)
    made = team.registers(token_endpoint_auth_method="client_secret_post")
    secret, client_id = str(made.json.get("client_secret", "")), str(made.json["client_id"])
    probe.works(bool(secret), made, "a secret that is made and shown")
    address = f"{team.url}/{client_id}"
    headers = {"Authorization": f"Bearer {team.token}"}
    wire = probe.ground.wire
    answers = {
        "changing the client": team.send(
            {"client_name": f"{team.good['client_name']} again"}, client_id=client_id
        ),
        "changing nothing": team.send({}, client_id=client_id),
        "reading the client": wire.send("GET", address, headers=headers),
        "listing clients": wire.send("GET", team.url, headers=headers),
    }
    for words, answer in answers.items():
        probe.expect(
            secret not in answer.body and "secret_hash" not in answer.body,
            answer,
            tried=f"{words}, to see the secret again",
            wanted="it is not there, nor its hash",
        )


@attack("REG-08", fix="Limit how often a token may be used, and how many clients it may have.")
def without_end(probe: Probe) -> None:
    team = Team(probe)
    answer = team.registers()
    for _ in range(MOST_REGISTERED):
        answer = team.send(team.good)
        if answer.status not in (200, 201):
            break
    probe.expect(
        answer.status in (403, 429),
        answer,
        tried=f"registering up to {MOST_REGISTERED} clients",
        wanted="a limit is reached",
    )


@attack("REG-09", fix="Escape what a registration says; accept https addresses of pages only.")
def markup_in_metadata(probe: Probe) -> None:
    team = Team(probe)
    client_id = str(team.registers().json["client_id"])
    shown = _page_of(probe, team, client_id)
    probe.works(shown.status == 200, shown, "the first page of a sign-in at that client")
    names = ("client_name", "service", "service_cy", "contacts", "client_uri", "policy_uri")
    for name in names:
        value: object = [SCRIPT] if name == "contacts" else SCRIPT
        answer = team.send(team.good | {name: value})
        kept = str(answer.json.get("client_id", ""))
        page = _page_of(probe, team, kept) if kept else answer
        probe.expect(
            SCRIPT not in page.body and "<script>alert(1)" not in page.body,
            page,
            tried=f"markup in {name}, and the page of a sign-in there",
            wanted="refused, or escaped",
        )
    for name in ("landing_page_url", "client_uri", "logo_uri", "policy_uri", "tos_uri"):
        answer = team.send(team.good | {name: "javascript:alert(1)"})
        probe.expect(
            answer.json.get(name) != "javascript:alert(1)",
            answer,
            tried=f"{name}: javascript:alert(1)",
            wanted="refused, or left out",
        )


def _page_of(probe: Probe, team: Team, client_id: str) -> Answer:
    address = str(team.good["redirect_uris"][0])
    client = Client(client_id, "client_secret_post", address, secret="unused")
    browser = probe.browser()
    asked = probe.ask(client)
    return followed(probe, browser, probe.authorize(asked, browser=browser))
