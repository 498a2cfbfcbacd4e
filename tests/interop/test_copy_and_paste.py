"""The services on the page for service teams, as they stand there, sign a citizen in and out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp.domain import wanted_faults
from tests.interop.node_service import NODE
from tests.interop.provider import RunningProvider
from tests.support.processes import PYTHON, ROOT, Program, free_port
from tests.support.relying_party import public_key_text, rsa_key
from tools.set_up import OTHER_CLIENTS

PAGE = (ROOT / "docs" / "service-teams.md").read_text()
OTHER_PYTHON = str(OTHER_CLIENTS / "bin" / "python")
DJANGO = ("/one-login/callback/", "/one-login/back-channel-logout/")


def block(heading: str, language: str) -> str:
    """The first block in this language below the heading."""
    below = PAGE.partition(f"\n{heading}")[2]
    found = re.search(rf"```{language}\n(.*?)\n *```", below, re.DOTALL)
    assert found, heading
    return found.group(1) + "\n"


class Pasted:
    """A service made of what the page says, in a folder of its own, and its visitor's browser."""

    def __init__(self, provider: RunningProvider, folder: Path) -> None:
        self.provider, self.folder = provider, folder
        self.port = free_port()
        self.client_id = f"pasted-{self.port}"
        self.url = f"http://localhost:{self.port}"
        self.visitor = requests.Session()
        self.visitor.trust_env = False
        self.program: Program | None = None
        self.environ: dict[str, str] = {}
        key = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "private.pem").write_bytes(key)

    def register(self, **changes: Any) -> None:
        """Register it with the page's registration and its own key."""
        text = block("## In five minutes", "json").replace(
            "localhost:3000", f"localhost:{self.port}"
        )
        mine = {"client_id": self.client_id, "public_key": public_key_text(rsa_key())}
        self.provider.register(json.loads(text) | mine | changes)

    def start(self, name: str, source: str, run: tuple[str, ...], *arguments: str) -> None:
        """Save the source, run it in its folder, and wait until it is there."""
        (self.folder / name).write_text(source)
        self.program = Program(
            name,
            *arguments,
            environ={
                "ISSUER": self.provider.issuer,
                "CLIENT_ID": self.client_id,
                "PORT": str(self.port),
                "DD_TRACE_ENABLED": "false",
                "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
            }
            | self.environ,
            log=self.folder / "service.log",
            run=run,
            cwd=self.folder,
        )
        self.program.wait_for(f"{self.url}/")

    def get(self, address: str) -> requests.Response:
        """Let the visitor open an address of the service; nothing is followed."""
        address = address if address.startswith("http") else self.url + address
        return self.visitor.get(address, allow_redirects=False, timeout=20)

    def told(self) -> str:
        """What the service's first page says."""
        return self.get("/").text

    def end(self) -> None:
        """Close the browser and end the process."""
        self.visitor.close()
        if self.program is not None:
            self.program.end()


@pytest.fixture
def pasted(provider: RunningProvider, tmp_path: Path) -> Iterator[Pasted]:
    """A service, not yet registered or started."""
    service = Pasted(provider, tmp_path)
    yield service
    service.end()


def there_and_back(service: Pasted, sign_in: str) -> None:
    """Sign in at Onepass, come back, sign out."""
    provider, person = service.provider, service.provider.person()
    citizen = provider.citizen()
    assert "Sign in" in service.told()
    back = provider.sign_in(person, service.get(sign_in).headers["Location"], citizen)
    answer = service.get(back)
    assert answer.status_code == 302, answer.text
    assert f"Signed in as {citizen.email}" in service.told()
    leaving = service.get("/sign-out").headers["Location"]
    assert "Sign in" in service.told()
    assert provider.open(person, leaving) == f"{service.url}/signed-out"
    assert service.get("/signed-out").text == "You have signed out"
    assert "signed_out" in provider.facts(account_id=citizen.account_id)


def test_flask(pasted: Pasted) -> None:
    pasted.register()
    pasted.start("service.py", block("### Flask", "python"), PYTHON[:1])
    there_and_back(pasted, "/sign-in")


FLASK_AND_NODE = pytest.mark.parametrize(
    ("name", "heading", "language", "run"),
    [
        ("service.py", "### Flask", "python", PYTHON[:1]),
        ("service.mjs", "### Node", "javascript", (str(NODE),)),
    ],
    ids=["flask", "node"],
)


@FLASK_AND_NODE
def test_a_sign_out_elsewhere_is_heard_of(
    pasted: Pasted, name: str, heading: str, language: str, run: tuple[str, ...]
) -> None:
    pasted.register()
    (pasted.folder / "node_modules").symlink_to(ROOT / "node_modules")
    pasted.start(name, block(heading, language), run)
    provider, person = pasted.provider, pasted.provider.person()
    citizen = provider.citizen()
    pasted.get(provider.sign_in(person, pasted.get("/sign-in").headers["Location"], citizen))
    assert "Signed in as" in pasted.told()
    nonsense = {"logout_token": "no token"}
    answer = requests.post(f"{pasted.url}/back-channel-logout", data=nonsense, timeout=20)
    assert answer.status_code == 400
    assert "Signed in as" in pasted.told(), "what is no notice ends nothing"
    person.open(f"{provider.issuer}logout")
    person.send()
    provider.work()
    assert "Signed in as" not in pasted.told()
    assert "logout_notice_delivered" in provider.facts(client_id=pasted.client_id)


def test_django(pasted: Pasted) -> None:
    callback, back_channel = (pasted.url + path for path in DJANGO)
    pasted.register(
        redirect_uris=[callback], back_channel_logout_uri=back_channel, pkce_enforced=False
    )
    source = block("### Django", "python")
    (pasted.folder / "service.py").write_text(source)
    migrating = Program(
        "service.py",
        "migrate",
        environ={"CLIENT_ID": pasted.client_id, "DD_TRACE_ENABLED": "false"},
        log=pasted.folder / "migrate.log",
        run=(OTHER_PYTHON,),
        cwd=pasted.folder,
    )
    assert migrating.popen.wait(60) == 0, migrating.words()
    migrating.end()
    where = f"localhost:{pasted.port}"
    pasted.start("service.py", source, (OTHER_PYTHON,), "runserver", where, "--noreload")
    there_and_back(pasted, "/one-login/login/")


def test_node(pasted: Pasted) -> None:
    pasted.register()
    (pasted.folder / "node_modules").symlink_to(ROOT / "node_modules")
    pasted.start("service.mjs", block("### Node", "javascript"), (str(NODE),))
    there_and_back(pasted, "/sign-in")


@pytest.mark.parametrize("fault", ["INVALID_SIGNATURE", "INVALID_AUD", "NONCE_NOT_MATCHING"])
@FLASK_AND_NODE
def test_a_wrong_answer_is_refused(
    pasted: Pasted, name: str, heading: str, language: str, run: tuple[str, ...], fault: str
) -> None:
    pasted.register()
    provider = pasted.provider
    with provider.records() as session:
        now = provider.services.clock.now()
        wanted_faults.ask(session, pasted.client_id, [f"id_token.{fault}"], now, offered=True)
    (pasted.folder / "node_modules").symlink_to(ROOT / "node_modules")
    pasted.start(name, block(heading, language), run)
    asking = pasted.get("/sign-in").headers["Location"]
    back = provider.sign_in(provider.person(), asking, provider.citizen())
    assert pasted.get(back).status_code >= 400
    assert "Signed in" not in pasted.told()
