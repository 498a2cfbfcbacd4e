"""Attacks on what tokens and UserInfo tell of a citizen: falsely, too much, to the wrong client."""

import base64
import hashlib
import json
from typing import Any

from tests.auth_flows.attacks import attack
from tests.auth_flows.key_sets import signed_by
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import Answer

LONGEST_LIFE = 3600
SHORTEST_SUBJECT = 16
A_WHILE = 3
PERSONAL = (
    "email", "email_verified", "name", "given_name", "family_name", "birthdate", "phone_number",
    "phone_number_verified", "address", "preferred_username", "profile", "gender", "zoneinfo",
)  # fmt: skip


def told(probe: Probe, client: Client, /, **changes: str | None) -> tuple[dict[str, Any], Answer]:
    """The claims of an ID token for the first citizen, and the answer that brought it."""
    grant = probe.grant(client, **changes)
    answer = probe.redeem(grant)
    claims = claims_of(str(answer.json.get("id_token", "")))
    probe.works(bool(claims), answer, f"an ID token for the client by {client.method}")
    return claims, answer


def half_hash(token: str) -> str:
    """What `at_hash` says of an access token (OIDC Core section 3.1.3.6), for SHA-256."""
    digest = hashlib.sha256(token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


@attack("IDT-01", fix="Say in the ID token what is true of this sign-in and this client.")
def false_claims(probe: Probe) -> None:
    keys = probe.ground.wire.send("GET", probe.endpoint("jwks_uri"))
    for client in probe.target.clients:
        grant = probe.grant(client, max_age="36000")
        answer = probe.redeem(grant)
        token = str(answer.json.get("id_token", ""))
        claims, now = claims_of(token), int(probe.ground.clock.now())
        probe.works(bool(claims), answer, f"an ID token for {client.id}")
        begins, ends = claims.get("iat"), claims.get("exp")
        for words, holds in {
            "it is signed by a published key": signed_by(token, keys),
            "iss is the issuer": claims.get("iss") == probe.target.issuer,
            "aud is the client alone": claims.get("aud") in (client.id, [client.id]),
            "azp is the client, or not there": claims.get("azp") in (None, client.id),
            "nonce is that of the request": claims.get("nonce") == grant.asked.nonce,
            "iat is now": isinstance(begins, int) and abs(begins - now) <= 60,
            "exp is soon": isinstance(ends, int) and now < ends <= now + LONGEST_LIFE,
            "auth_time has been": 0 < int(claims.get("auth_time", 0)) <= now + 1,
            "at_hash is of this access token, or not there": claims.get("at_hash")
            in (None, half_hash(str(answer.json.get("access_token")))),
            "sub is there": isinstance(claims.get("sub"), str) and bool(claims["sub"]),
        }.items():
            probe.expect(holds, answer, tried=f"the ID token for {client.id}", wanted=words)
    _time_of_sign_in(probe)


def _time_of_sign_in(probe: Probe) -> None:
    """`auth_time` is when the citizen signed in, not when the code was given."""
    first, _ = told(probe, probe.client, max_age="36000")
    probe.wait(A_WHILE)
    second, answer = told(probe, probe.client, max_age="36000")
    probe.expect(
        second.get("auth_time") == first.get("auth_time"),
        answer,
        tried=f"auth_time of a silent sign-in {A_WHILE} s later",
        wanted=f"the time of the real one, {first.get('auth_time')}",
    )


@attack("IDT-05", fix="Make subjects of random or hashed values, and never give one again.",
        left_out="accounts that are deleted and made again")  # fmt: skip
def speaking_subject(probe: Probe) -> None:
    first, answer = told(probe, probe.client)
    again, _ = told(probe, probe.client)
    subject, email = str(first.get("sub")), probe.ground.persons[0].citizen.email
    local = email.partition("@")[0]
    for words, holds in {
        "it is no address, and holds none": "@" not in subject and local not in subject,
        "it is long": len(subject) >= SHORTEST_SUBJECT,
        "it is no number": not subject.isdecimal(),
        "it is the same the next time": again.get("sub") == subject,
    }.items():
        probe.expect(holds, answer, tried="the subject of a citizen", wanted=words)
    for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        made = digest(email.encode())
        forms = (made.hexdigest(), base64.urlsafe_b64encode(made.digest()).decode().rstrip("="))
        probe.expect(
            not any(form in subject for form in forms),
            answer,
            tried=f"the {made.name} of the email address",
            wanted="the subject is something else",
        )
    _subject_of_another(probe, subject)


def _subject_of_another(probe: Probe, subject: str) -> None:
    asked = probe.ask()
    done = probe.go_through(probe.browser(), asked, probe.another_person())
    answer = probe.token(probe.fields_for(asked, done.outcome.values.get("code", "")))
    theirs = claims_of(str(answer.json.get("id_token", ""))).get("sub")
    probe.expect(
        bool(theirs) and theirs != subject,
        answer,
        tried="the subject of another citizen",
        wanted="it is another",
    )


@attack("IDT-06", fix="Make the subject from the client's sector and a secret of the account.",
        left_out="registering a client in the sector of another")  # fmt: skip
def joined_subjects(probe: Probe) -> None:
    offered = probe.ground.metadata.get("subject_types_supported", [])
    sectors: dict[str, dict[str, str]] = {}
    seen: dict[str, Answer] = {}
    for client in (client for client in probe.target.clients if client.sector):
        claims, answer = told(probe, client)
        sectors.setdefault(client.sector, {})[client.id] = str(claims.get("sub"))
        seen[client.id] = answer
        _told_alike(probe, client, str(claims.get("sub")), answer)
    if len(sectors) < 2 or "pairwise" not in offered:
        raise NotTried("the target file names no clients of two sectors, or the provider has none")
    everybody: dict[str, str] = {}
    for sector, subjects in sectors.items():
        for client_id, subject in subjects.items():
            elsewhere = everybody.setdefault(subject, sector)
            probe.expect(
                elsewhere == sector,
                seen[client_id],
                tried=f"one citizen's subject at {sector}",
                wanted=f"it is not the one of {elsewhere}",
            )
        probe.expect(
            len(set(subjects.values())) == 1,
            seen[next(iter(subjects))],
            tried=f"the subjects within {sector}",
            wanted="they are the same",
        )


def _told_alike(probe: Probe, client: Client, subject: str, answer: Answer) -> None:
    """No other token or endpoint tells a client another subject than its ID token did."""
    token = str(answer.json.get("access_token"))
    userinfo = probe.userinfo(token)
    subjects = {"UserInfo": userinfo.json.get("sub")}
    inside = claims_of(token).get("sub")
    if inside is not None:
        subjects["the access token"] = inside
    for words, found in subjects.items():
        probe.expect(
            found == subject,
            userinfo,
            tried=f"the subject that {words} tells {client.id}",
            wanted="the one of the ID token",
        )


@attack("IDT-07", fix="Tell a claim only where its scope, or the claim itself, was granted.")
def claims_not_granted(probe: Probe) -> None:
    for client in probe.plain_clients():
        answer = probe.redeem(probe.grant(client))
        userinfo = probe.userinfo(str(answer.json.get("access_token")))
        probe.works(userinfo.status == 200, userinfo, f"UserInfo for {client.id}")
        wanted = {"userinfo": dict.fromkeys(("phone_number", "address", "birthdate", "name"))}
        wanted["id_token"] = wanted["userinfo"]
        asked: tuple[dict[str, str], ...] = (
            {"scope": "openid"},
            {"scope": "openid", "claims": json.dumps(wanted)},
        )
        for changes in asked[: 1 if client.vectors else 2]:
            grant = probe.grant(client, **changes)
            _tells_nothing(probe, client, probe.redeem(grant), f"asked with {changes}")


def _tells_nothing(probe: Probe, client: Client, answer: Answer, asked: str) -> None:
    userinfo = probe.userinfo(str(answer.json.get("access_token")))
    probe.works("sub" in userinfo.json, userinfo, f"UserInfo for {client.id}, {asked}")
    places = {"UserInfo": userinfo.json, "the ID token": answer.json.get("id_token", "")}
    places["the ID token"] = claims_of(str(places["the ID token"]))
    places["the access token"] = claims_of(str(answer.json.get("access_token")))
    for place, claims in places.items():
        found = [name for name in claims if name in PERSONAL or "://" in name]
        probe.expect(
            not found,
            userinfo,
            tried=f"what {place} tells {client.id}, {asked}",
            wanted=f"nothing that was not granted{', not ' + found[0] if found else ''}",
        )
