"""Attacks on the binding of a code to who asked for it (RFC 7636)."""

from tests.auth_flows.asking import challenge_of
from tests.auth_flows.attacks import attack
from tests.auth_flows.probe import Probe, got_tokens

REFUSED = ("invalid_request",)
NO_GRANT = ("invalid_grant", "invalid_request")
BURN = "Use the code up with its first presentation, also when the verifier is wrong."


@attack("PKCE-01", fix="Refuse requests without a code challenge.")
def no_challenge(probe: Probe) -> None:
    client = probe.client_bound_to_pkce()
    probe.plain_request_works(client)
    asked = probe.ask(client, code_challenge=None, code_challenge_method=None)
    probe.refused(probe.authorize(asked), REFUSED, "no code_challenge", asked)


@attack("PKCE-02", fix="Accept S256 only, and say so in the metadata.")
def plain_challenge(probe: Probe) -> None:
    client = probe.client_bound_to_pkce()
    probe.plain_request_works(client)
    for method in ("plain", None, "", "s256", "S512", "none"):
        asked = probe.ask(client, code_challenge_method=method)
        answer = probe.authorize(asked)
        probe.refused(answer, REFUSED, f"code_challenge_method={method}", asked)
    published = probe.ground.metadata.get("code_challenge_methods_supported")
    probe.expect(published == ["S256"], answer, tried="the metadata", wanted="S256 and no other")


@attack("PKCE-03", fix="Ask for the verifier whenever a challenge was sent. " + BURN)
def no_verifier(probe: Probe) -> None:
    probe.redeeming_works()
    for verifier in (None, ""):
        grant = probe.grant()
        answer = probe.redeem(grant, code_verifier=verifier)
        probe.token_refused(
            answer, NO_GRANT, "no code_verifier" if verifier is None else "an empty one"
        )
        probe.burned(grant)


@attack("PKCE-04", fix=BURN)
def wrong_verifier(probe: Probe) -> None:
    probe.redeeming_works()
    for change in (lambda v: "x" * len(v), lambda v: v[:-1] + ("a" if v[-1] != "a" else "b")):
        grant = probe.grant()
        answer = probe.redeem(grant, code_verifier=change(grant.asked.verifier))
        probe.token_refused(answer, NO_GRANT, "a wrong code_verifier")
        probe.burned(grant)


@attack("PKCE-05", fix="Refuse a verifier for a code that was asked for without a challenge.")
def verifier_without_challenge(probe: Probe) -> None:
    client = probe.client_without_pkce()
    none: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
    answer = probe.redeem(probe.grant(client, **none), code_verifier=None)
    probe.works(got_tokens(answer), answer, "redeeming a code that has no challenge")
    grant = probe.grant(client, **none)
    probe.token_refused(probe.redeem(grant), NO_GRANT, "a verifier that nothing asked for")


@attack("PKCE-06", fix="Refuse verifiers outside RFC 7636 section 4.1.")
def odd_verifiers(probe: Probe) -> None:
    probe.redeeming_works()
    for verifier in ("a" * 42, "a" * 129, "a" * 42 + " ", "a" * 42 + "é", "a" * 42 + "+"):
        grant = probe.grant(code_challenge=challenge_of(verifier))
        answer = probe.redeem(grant, code_verifier=verifier)
        probe.token_refused(answer, NO_GRANT, f"a verifier of {len(verifier)} characters, matching")


@attack("PKCE-07", fix="Compare the verifier's digest with the challenge, and nothing else.")
def challenge_as_verifier(probe: Probe) -> None:
    probe.redeeming_works()
    for change in (str, lambda c: c + "=", lambda c: c.replace("-", "+").replace("_", "/")):
        grant = probe.grant()
        verifier = change(grant.asked.value("code_challenge"))
        probe.token_refused(
            probe.redeem(grant, code_verifier=verifier), NO_GRANT, "the challenge as verifier"
        )
    padded = probe.grant()
    answer = probe.redeem(padded, code_verifier=padded.asked.verifier + "=")
    probe.token_refused(answer, NO_GRANT, "the verifier with padding")


@attack("PKCE-08", fix="Refuse an empty or malformed challenge.")
def empty_challenge(probe: Probe) -> None:
    probe.plain_request_works()
    for challenge in ("", " ", "a", "a" * 42, "a" * 200, "a" * 42 + "!"):
        asked = probe.ask(code_challenge=challenge)
        probe.refused(probe.authorize(asked), REFUSED, f"code_challenge={challenge[:50]!r}", asked)
