"""Identity credentials: how to get one, and by which key it must be signed."""

import json

from tests.auth_flows.key_sets import signed_by
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.wire import Answer

CLAIM = "coreIdentityJWT"
LEVEL = "P2"
LONGEST_LIFE = 3600


def check_credential(probe: Probe, published: Answer, others: Answer) -> None:
    """A credential is signed by a key of the other set only, and says what is true.

    Nothing is checked where the target file tells of no way to prove an identity.
    """
    names = [name for name in probe.ground.metadata.get("claims_supported", [])
             if str(name).endswith(CLAIM)]  # fmt: skip
    clients = [client for client in probe.target.clients if client.vectors]
    if not (names and clients and probe.target.identity and probe.target.levels):
        return
    client, name = clients[0], names[0]
    asked = probe.ask(
        client,
        vtr=json.dumps([f"{probe.target.levels[1]}.{LEVEL}"]),
        claims=json.dumps({"userinfo": {name: None}}),
    )
    identity = dict(probe.target.identity)
    done = probe.go_through(
        probe.browser(), asked, probe.ground.next_person(), lambda values: values | identity
    )
    answer = probe.token(probe.fields_for(asked, done.outcome.values.get("code", "")), client)
    told = probe.userinfo(str(answer.json.get("access_token")))
    token = str(told.json.get(name, ""))
    probe.works(bool(claims_of(token)), told, "an identity credential")
    probe.ground.wire.masker.learn(token)
    claims, now = claims_of(token), probe.ground.clock.now()
    subject = claims_of(str(answer.json.get("id_token"))).get("sub")
    for words, holds in {
        "it is signed by a key of credentials": signed_by(token, others),
        "no key of ID tokens signed it": not signed_by(token, published),
        "aud is the client": claims.get("aud") == client.id,
        "sub is that of the ID token": claims.get("sub") == subject,
        "vot is the level that was proved": claims.get("vot") == LEVEL,
        "it lives for an hour at most": now < claims.get("exp", 0) <= now + LONGEST_LIFE,
    }.items():
        probe.expect(holds, told, tried="the identity credential", wanted=words)
    as_access = probe.userinfo(token)
    probe.expect(as_access.status == 401, as_access, tried="it as an access token", wanted="401")
