"""Somebody who may register clients over HTTP, with a token of their own."""

import json
import secrets
from typing import Any

from tests.auth_flows.probe import Probe
from tests.auth_flows.wire import Answer

Metadata = dict[str, Any]
REFUSED = (400, 401, 403, 404, 405, 422)


class Team:
    """A holder of a token that no other row uses, so that limits on one do not hinder others."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.url = probe.endpoint("registration_endpoint")
        self.token = probe.ground.registration_token()
        self.good: Metadata = dict(probe.target.registration)
        # Names of services that look alike may be refused, those of earlier runs too.
        self.good["client_name"] = f"{self.good.get('client_name', 'Probe')} {secrets.token_hex(4)}"

    def send(self, metadata: object, *, client_id: str = "", token: str | None = None) -> Answer:
        """Register a client, or change one."""
        shown = self.token if token is None else token
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {shown}"} if shown else {}
        answer = self.probe.ground.wire.send(
            "PUT" if client_id else "POST",
            self.url + (f"/{client_id}" if client_id else ""),
            body=json.dumps(metadata),
            headers=headers,
            patient=False,
        )
        for name in ("client_secret", "registration_access_token"):
            self.probe.ground.wire.masker.learn(str(answer.json.get(name) or ""))
        return answer

    def registers(self, **changes: object) -> Answer:
        """A client is registered, unattacked."""
        answer = self.send(self.good | changes)
        self.probe.works(bool(answer.json.get("client_id")), answer, "registering a client")
        return answer

    def refused(self, tried: str, changes: Metadata) -> None:
        """A registration with these changes is refused."""
        answer = self.send(self.good | changes)
        self.probe.expect(
            answer.status in REFUSED and "client_id" not in answer.json,
            answer,
            tried=tried,
            wanted="400, and no client",
        )
