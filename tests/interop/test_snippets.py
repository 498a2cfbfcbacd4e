"""The texts of the page "Copy and paste", as a team reads them there, sign a citizen in."""

import html
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.domain import clients, members
from idp.domain.clients import Client
from idp.domain.members import Role
from idp.web import cookies
from tests.interop.node_service import NODE
from tests.interop.provider import RunningProvider
from tests.interop.test_copy_and_paste import OTHER_PYTHON, Pasted, block, pasted
from tests.support.citizens import signed_in_cookie
from tests.support.processes import PYTHON, ROOT
from tests.support.relying_party import rsa_key, verified

__all__ = ["pasted"]

APACHE = shutil.which("apache2") or shutil.which("httpd")
MODULES = Path("/usr/lib/apache2/modules")
BY_SECRET = {
    "token_endpoint_auth_method": "client_secret_post",
    "public_key": None,
    "public_key_source": None,
}
DJANGO_PROJECT = """
import os
import django
from django.conf import settings
import onepass_settings

settings.configure(
    SECRET_KEY="only for this test",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
                    "django.contrib.sessions", "govuk_onelogin_django"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "service.db"}},
    USE_TZ=True,
    LOGIN_REDIRECT_URL="/",
    **{name: value for name, value in vars(onepass_settings).items() if name.isupper()},
)
django.setup()
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("", lambda request: HttpResponse(f"Signed in as {request.user.username}")),
    path("one-login/", include("govuk_onelogin_django.urls")),
]
if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    call_command("runserver", f"localhost:{os.environ['PORT']}", "--noreload")
"""
APACHE_FRAME = """
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
{who}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
ErrorLog {folder}/errors.log
DocumentRoot {folder}/pages
Include {folder}/onepass.conf
"""
APACHE_USER = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""


def copied(service: Pasted) -> dict[str, str]:
    """What a member of the team finds on the page, by the heading's name."""
    provider: RunningProvider = service.provider
    reader = provider.citizen()
    with provider.records() as session:
        client = session.get_one(Client, service.client_id)
        members.add(session, provider.services, client.service_id, reader.account_id, Role.READER)
        cookie = signed_in_cookie(session, provider.services, reader)
        where = f"team/services/{client.service_id}/clients/{client.client_id}/settings"
    person = provider.person()
    person.session.cookies.set(cookies.full_name(cookies.SESSION, provider.settings), cookie)
    person.open(f"{provider.issuer}{where}")
    assert person.heading == "Copy and paste"
    told = {}
    for part in person.html.split("<h2 ")[1:]:
        name = re.match(r'class="[^"]+" id="([^"]+)"', part)
        blocks = re.findall(r'<pre class="onepass-pre">(.*?)</pre>', part, re.DOTALL)
        if name and blocks:
            # The last part goes on to the end of the page, past its own text.
            own = [each for each in blocks if "\n" in each]
            told[name[1]] = html.unescape(own[-1])
    return told


def in_and_back(service: Pasted, sign_in: str = "/sign-in") -> None:
    """Sign a citizen in at Onepass; the service knows them afterwards."""
    provider = service.provider
    back = provider.sign_in(
        provider.person(), service.get(sign_in).headers["Location"], provider.citizen()
    )
    answer = service.get(back)
    assert answer.status_code == 302, (
        f"{answer.text}\n{service.program and service.program.words()}"
    )
    assert "tokens_issued" in provider.facts(client_id=service.client_id)


def secret_of(service: Pasted, **changes: object) -> str:
    """Register the service with a secret, and return it."""
    text = block("## In five minutes", "json").replace(
        "localhost:3000", f"localhost:{service.port}"
    )
    mine = {"client_id": service.client_id, "profile": "openid"}
    fields = json.loads(text) | mine | BY_SECRET | changes
    kept = {name: value for name, value in fields.items() if value is not None}
    with service.provider.records() as session:
        applied = clients.apply(session, service.provider.services, kept)
    assert applied.client_secret
    return applied.client_secret


@pytest.mark.parametrize("name", ["flask", "node"])
@pytest.mark.parametrize("by", ["key", "secret"])
def test_a_whole_service(pasted: Pasted, name: str, by: str) -> None:
    if by == "key":
        pasted.register()
    else:
        pasted.environ["CLIENT_SECRET"] = secret_of(pasted)
    (pasted.folder / "node_modules").symlink_to(ROOT / "node_modules")
    text = copied(pasted)[name]
    assert pasted.environ.get("CLIENT_SECRET", "no secret") not in text
    if name == "flask":
        pasted.start("service.py", text, PYTHON[:1])
    else:
        pasted.start("service.mjs", text, (str(NODE),))
    in_and_back(pasted)
    assert "Signed in as urn:fdc:" in pasted.told()


def test_the_settings_of_django(pasted: Pasted) -> None:
    callback = f"{pasted.url}/one-login/callback/"
    pasted.register(redirect_uris=[callback], pkce_enforced=False)
    (pasted.folder / "onepass_settings.py").write_text(copied(pasted)["django"])
    pasted.start("service.py", DJANGO_PROJECT, (OTHER_PYTHON,))
    in_and_back(pasted, "/one-login/login/")
    assert "Signed in as urn:fdc:" in pasted.told()


def test_django_is_not_offered_what_its_package_cannot_do(pasted: Pasted) -> None:
    pasted.register()
    assert "django" not in copied(pasted)


def test_the_environment_file(pasted: Pasted) -> None:
    """The services of `docs/service-teams.md` read the same names."""
    pasted.register()
    (pasted.folder / "onepass.env").write_text(copied(pasted)["environment"])
    (pasted.folder / "flask_service.py").write_text(block("### Flask", "python"))
    pasted.environ = {"ISSUER": "not this one", "CLIENT_ID": "nor this"}
    run = f"set -a; . ./onepass.env; exec '{PYTHON[0]}' flask_service.py"
    pasted.start("service.sh", run, ("/bin/sh",))
    in_and_back(pasted)
    assert "Signed in as" in pasted.told()


def test_the_json(pasted: Pasted) -> None:
    secret = secret_of(pasted)
    told = json.loads(copied(pasted)["json"])
    provider = pasted.provider
    document = requests.get(told["discovery"], timeout=10).json()
    session = OAuth2Session(
        told["client_id"],
        # What stands there in its place says where to get it.
        secret,
        scope=told["scope"],
        redirect_uri=told["redirect_uri"],
        token_endpoint_auth_method=told["token_endpoint_auth_method"],
        code_challenge_method=told["code_challenge_method"],
    )
    assert told["client_secret"] == "the-secret-that-was-shown-once"
    verifier = "v" * 64
    address, state = session.create_authorization_url(
        document["authorization_endpoint"], code_verifier=verifier, nonce="n" * 32
    )
    back = provider.sign_in(provider.person(), address, provider.citizen())
    token = session.fetch_token(
        document["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
    )
    jwks = requests.get(document["jwks_uri"], timeout=10).json()
    claims = verified(
        token["id_token"],
        jwks,
        audience=told["client_id"],
        algorithm=told["id_token_signed_response_alg"],
    )
    assert (claims["iss"], claims["nonce"]) == (told["issuer"], "n" * 32)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that Apache can read also when it was started by root and became somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="onepass-apache-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(
    APACHE is None or not (MODULES / "mod_auth_openidc.so").exists(),
    reason="Apache with mod_auth_openidc is not installed: "
    "apt-get install apache2 libapache2-mod-auth-openidc",
)
@pytest.mark.parametrize("by", ["key", "secret"])
def test_apache(provider: RunningProvider, public_folder: Path, by: str) -> None:
    service = Pasted(provider, public_folder)
    (public_folder / "passphrase").write_text("a passphrase of this test")
    service.environ = {"ONEPASS_SECRETS": str(public_folder)}
    if by == "key":
        service.register()
        public = rsa_key().public_key()
        (public_folder / "public.pem").write_bytes(
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
    else:
        service.environ["ONEPASS_SECRET"] = secret_of(service)
    (public_folder / "onepass.conf").write_text(copied(service)["apache"])
    pages = public_folder / "pages"
    pages.mkdir()
    (pages / "index.html").write_text("Only for who is signed in")
    frame = APACHE_FRAME.format(
        folder=public_folder, port=service.port, modules=MODULES, who=APACHE_USER
    )
    try:
        service.start("apache.conf", frame, (str(APACHE), "-X", "-d", str(public_folder), "-f"))
        in_and_back(service, "/")
        assert service.told() == "Only for who is signed in"
    finally:
        if service.program is not None:
            # In one process Apache takes ten seconds to end when it is asked.
            service.program.kill()
        service.end()
