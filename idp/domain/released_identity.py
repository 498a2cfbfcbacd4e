"""What UserInfo tells of an identity: the claims that a live grant promises, and nothing else."""

import orjson

from idp.domain import identities
from idp.domain.hot_path import Released
from idp.domain.services import Services
from idp.protocol import faults
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.core_identity import ALGORITHM, core_identity_claims
from idp.protocol.identity_claims import CORE_IDENTITY, IdentityTold, identity_claims
from idp.protocol.person import Person


def claims_of(
    services: Services, released: Released, client: ClientPolicy, wanted: frozenset[str]
) -> dict[str, object]:
    """Return the claims of a grant that are wanted; a credential is signed anew each time.

    Raises SealBroken when what was kept of the person does not open.
    """
    granted = wanted & frozenset(orjson.loads(released.claims or "[]"))
    person = credential = None
    if released.proof_id is not None and released.facts_sealed is not None:
        person = identities.opened(services, released.facts_sealed, released.proof_id)
        if CORE_IDENTITY in granted:
            credential = _credential(services, released, client, person)
    told = IdentityTold(
        person=person,
        core_identity_jwt=credential,
        return_codes=tuple(released.return_codes or ""),
    )
    return identity_claims(granted, told)


def _credential(
    services: Services, released: Released, client: ClientPolicy, person: Person
) -> str:
    now = services.clock.now()
    claims = core_identity_claims(
        person,
        issuer=services.settings.issuer,
        subject=released.subject,
        client_id=client.client_id,
        confidence=str(released.confidence),
        now=now,
    )
    spoilt = faults.spoilt_core_identity(claims, client.faults, now)
    credential = services.keyring.sign(spoilt, alg=ALGORITHM, typ="", purpose="identity")
    return faults.spoilt_signature(faults.CORE_IDENTITY, credential, client.faults)
