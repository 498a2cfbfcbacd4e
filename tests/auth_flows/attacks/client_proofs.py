"""Attacks on how clients prove themselves by a secret, or by nothing."""

import base64
from urllib.parse import quote

from tests.auth_flows.attacks import attack
from tests.auth_flows.jose import by_secret, compact
from tests.auth_flows.knocking import Knocking
from tests.auth_flows.probe import Probe, got_tokens
from tests.auth_flows.proof import assertion_claims, by_assertion
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import LONGEST_WAIT, Answer, Pairs, asked_to_wait

POST, BASIC, KEY = "client_secret_post", "client_secret_basic", "private_key_jwt"
MOST_GUESSES = 150
FEWEST_CHARACTERS = 22
"""Of a secret: 128 bits need as many in base64url."""
QUERIES = ASK, REVOKE = "introspection_endpoint", "revocation_endpoint"
ENDPOINTS = ("token_endpoint", *QUERIES, "pushed_authorization_request_endpoint")


def in_body(client: Client, secret: str) -> Pairs:
    """A secret as `client_secret_post` sends it."""
    return [("client_id", client.id), ("client_secret", secret)]


def in_header(client_id: str, secret: str) -> dict[str, str]:
    """Id and secret as `client_secret_basic` sends them, without encoding them first."""
    return {"Authorization": f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


def _wrong(secret: str) -> dict[str, str]:
    return {
        "a wrong secret": "x" * len(secret),
        "an empty secret": "",
        "a secret with its last letter cut": secret[:-1],
        "a secret in the other case": secret.swapcase(),
        "a secret with more behind it": secret + "x",
    }


@attack("CLIENT-01", fix="Compare the whole secret in constant time; an empty one is a wrong one.",
        left_out="how long a comparison takes")  # fmt: skip
def wrong_secret(probe: Probe) -> None:
    tried = 0
    for client in probe.clients_by(POST)[:1]:
        knocking, tried = Knocking(probe, client), tried + 1
        for words, secret in _wrong(client.secret).items():
            knocking.is_not_believed(in_body(client, secret), tried=f"{words} in the body")
        knocking.code_was_good()
    for client in probe.clients_by(BASIC)[:1]:
        knocking, tried = Knocking(probe, client), tried + 1
        for words, secret in _wrong(client.secret).items():
            headers = in_header(client.id, secret)
            answer = knocking.is_not_believed([], headers, tried=f"{words} in the header")
            challenged = answer.header("WWW-Authenticate").startswith("Basic")
            probe.expect(
                (answer.status == 401 and challenged) or not secret,
                answer,
                tried=f"{words} in the header",
                wanted="401 with a challenge",
            )
        knocking.code_was_good()
    if not tried:
        raise NotTried("no client of the target file has a secret")


@attack("CLIENT-02", fix="Ask confidential clients for their proof at every endpoint.")
def no_proof(probe: Probe) -> None:
    for client in (probe.client, *probe.clients_by(KEY)[:1]):
        knocking = Knocking(probe, client)
        name: Pairs = [("client_id", client.id)]
        for words, fields, headers in (
            ("the client's name alone", name, {}),
            ("nothing at all", [], {}),
            ("its name and an empty secret", [*name, ("client_secret", "")], {}),
            ("an empty assertion", [*name, *by_assertion("")], {}),
            ("its name in the header", [], in_header(client.id, "")),
        ):
            knocking.is_not_believed(fields, headers, tried=f"{words}, to redeem a good code")
        knocking.code_was_good()
    _no_proof_elsewhere(probe)


def _no_proof_elsewhere(probe: Probe) -> None:
    """Nobody asks about, or revokes, a token of a client's by its name alone."""
    token = str(probe.redeem(probe.grant()).json.get("access_token"))
    offered = [name for name in QUERIES if name in probe.ground.metadata]
    for name in offered:
        if name == ASK:
            good = _query(probe, name, token)
            probe.works(good.json.get("active") is True, good, "introspection with proof")
        for fields in ([], [("client_id", probe.client.id)]):
            answer = probe.ground.wire.form(probe.endpoint(name), [*fields, ("token", token)])
            probe.expect(
                answer.status in (400, 401) and "active" not in answer.json,
                answer,
                tried=f"{name} with {fields[0][0] if fields else 'no'} proof",
                wanted="400 or 401, and nothing about the token",
            )
    answer = probe.userinfo(token)
    probe.expect(
        answer.status == 200,
        answer,
        tried="the token after that",
        wanted="it is still live: nobody revoked it",
    )
    if REVOKE in offered:
        _query(probe, REVOKE, token)
        answer = probe.userinfo(token)
        probe.works(answer.status == 401, answer, "revocation with proof")


def _query(probe: Probe, name: str, token: str) -> Answer:
    proof, headers = probe.proof()
    return probe.ground.wire.form(probe.endpoint(name), [*proof, ("token", token)], headers)


@attack("CLIENT-03", fix="Accept the one method a client is registered for, whatever else fits.")
def another_method(probe: Probe) -> None:
    for client in (*probe.clients_by(POST)[:1], *probe.clients_by(BASIC)[:1]):
        knocking = Knocking(probe, client)
        if client.method == POST:
            quoted = in_header(quote(client.id, safe=""), quote(client.secret, safe=""))
            knocking.is_not_believed([], quoted, tried="the right secret in the header")
        else:
            knocking.is_not_believed(
                in_body(client, client.secret), tried="the right secret in the body"
            )
        knocking.is_not_believed(
            by_assertion(_by_its_secret(probe, client)),
            tried="an assertion signed with its secret (client_secret_jwt)",
        )
        knocking.code_was_good()
    for client in probe.clients_by(KEY)[:1]:
        knocking = Knocking(probe, client)
        for secret in ("anything", client.id):
            knocking.is_not_believed(in_body(client, secret), tried="a secret of a client by key")
            headers = in_header(client.id, secret)
            knocking.is_not_believed([], headers, tried="the same in the header")
        knocking.code_was_good()


def _by_its_secret(probe: Probe, client: Client) -> str:
    now = int(probe.ground.clock.now())
    claims = assertion_claims(client, probe.endpoint("token_endpoint"), now)
    return compact({"alg": "HS256"}, claims, by_secret(client.secret.encode()))


@attack("CLIENT-04", fix="Refuse a request that proves its client in two ways.")
def two_methods(probe: Probe) -> None:
    errors = ("invalid_request", "invalid_client")
    for client in probe.clients_by(POST)[:1]:
        knocking = Knocking(probe, client)
        body = in_body(client, client.secret)
        headers = in_header(client.id, client.secret)
        knocking.is_not_believed(body, headers, tried="secret in body and header", errors=errors)
        # Readable and of this client, so that nothing but its company is wrong with it.
        both = body + by_assertion(_by_its_secret(probe, client))
        knocking.is_not_believed(both, tried="secret and assertion", errors=errors)
        knocking.code_was_good()
    for client in probe.clients_by(BASIC)[:1]:
        knocking = Knocking(probe, client)
        body, headers = in_body(client, client.secret), in_header(client.id, client.secret)
        knocking.is_not_believed(body, headers, tried="secret in header and body", errors=errors)
        knocking.code_was_good()
    for client in probe.clients_by(KEY)[:1]:
        knocking = Knocking(probe, client)
        fields = probe.proof(client)[0] + in_body(client, "anything")
        knocking.is_not_believed(fields, tried="assertion and secret", errors=errors)
        headers = in_header(client.id, "anything")
        fields = probe.proof(client)[0]
        knocking.is_not_believed(fields, headers, tried="assertion and header", errors=errors)
        knocking.code_was_good()


@attack("CLIENT-05", fix="Split the header at its first colon, then decode each part once.")
def confused_header(probe: Probe) -> None:
    clients = probe.clients_by(BASIC)
    if not clients:
        raise NotTried("no client of the target file proves itself in the header")
    client = clients[0]
    knocking = Knocking(probe, client)
    whole = _every_letter(client.id), _every_letter(client.secret)
    for words, name, secret in (
        ("the colon between them encoded", f"{client.id}%3A{client.secret}", None),
        ("the colon encoded and another behind", f"{client.id}%3A{client.secret}", ""),
        ("the id encoded twice", quote(whole[0], safe=""), client.secret),
        ("the secret encoded twice", client.id, quote(whole[1], safe="")),
        ("an id that ends within the code", client.id + "%", client.secret),
    ):
        joined = name if secret is None else f"{name}:{secret}"
        headers = {"Authorization": f"Basic {base64.b64encode(joined.encode()).decode()}"}
        knocking.is_not_believed([], headers, tried=words)
    knocking.code_was_good()
    answer = knocking.send([], in_header(*whole))
    probe.expect(
        got_tokens(answer),
        answer,
        tried="every letter of id and secret encoded once",
        wanted="it is the same client (RFC 6749 2.3.1)",
    )


def _every_letter(text: str) -> str:
    return "".join(f"%{ord(letter):02X}" for letter in text)


@attack("CLIENT-06", fix="Limit wrong secrets for each source and client, and make secrets long.",
        left_out="guesses from many sources")  # fmt: skip
def guessed_secret(probe: Probe) -> None:
    clients = [client for client in probe.target.clients if client.secret]
    if not clients:
        raise NotTried("no client of the target file has a secret")
    client = clients[0]
    good = probe.redeeming_works(client)
    probe.expect(
        len(client.secret) >= FEWEST_CHARACTERS,
        good,
        tried="the length of the secret",
        wanted=f"at least {FEWEST_CHARACTERS} characters",
    )
    fields = [("grant_type", "authorization_code"), ("code", "no-such-code"),
              ("redirect_uri", client.redirect_uri)]  # fmt: skip
    answer = good
    for guess in range(MOST_GUESSES):
        proof, headers = probe.proof_by(client, f"guess-{guess}")
        answer = probe.ground.wire.form(
            probe.endpoint("token_endpoint"), fields + proof, headers, patient=False
        )
        if answer.status == 429:
            break
    probe.expect(
        answer.status == 429 and answer.header("Retry-After").isdecimal(),
        answer,
        tried=f"{MOST_GUESSES} wrong secrets in a row",
        wanted="429 with Retry-After before that",
    )
    if answer.status == 429:
        probe.ground.wire.pause(asked_to_wait(answer) or LONGEST_WAIT)
    probe.redeeming_works(client)


@attack("CLIENT-14", fix="Give clients names of the provider's own making, unlike any subject.",
        left_out="registering a client under a name of one's choice")  # fmt: skip
def named_like_a_citizen(probe: Probe) -> None:
    answer = probe.redeeming_works()
    subject = str(probe.userinfo(str(answer.json.get("access_token"))).json.get("sub"))
    asked = probe.ask(client_id=subject)
    probe.refused_here(probe.authorize(asked), "a citizen's subject as client_id")
    fields = probe.token_fields(probe.grant())
    proof: Pairs = [("client_id", subject), ("client_secret", subject)]
    refused = probe.ground.wire.form(probe.endpoint("token_endpoint"), fields + proof)
    probe.token_refused(refused, ("invalid_client", "invalid_request"), "the same, for tokens")
    probe.expect(
        subject not in {client.id for client in probe.target.clients},
        answer,
        tried="the subject beside the names of clients",
        wanted="no client has it for a name",
    )
