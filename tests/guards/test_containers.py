"""Compose, Dockerfile, Caddyfile and the code's settings say the same; no engine is needed."""

import ipaddress
import os
import re
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from idp.kernel.entropy import SystemEntropy
from idp.kernel.sealing import generate_sealing_key
from idp.settings import Settings
from relying_party_demo import department
from tools import container_compose, container_secrets, containers
from tools.container_compose import COMPLETED, HEALTHY, ROOT, ComposeError, Service
from tools.container_engines import IMAGE
from tools.container_podman import Podman
from tools.container_seed import ComposeDemo
from tools.container_visit import Citizen, Form
from tools.demo_installation import DEPARTMENTS

STACK = container_compose.read()
OURS = [service for service in STACK.services if service.image == IMAGE]
PROVIDERS = [service for service in OURS if service.command == ("onepass", "serve")]
RUN_BY_SETTINGS = [service for service in OURS if "ONEPASS_ISSUER" in service.environment]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
CADDYFILE = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
ONE_SHOT = {"secrets", "seed"}
GUARDED = {"secrets", "keys", "authority", "authority-key", "database-password"}
# Read by the libraries below us: libpq's password file, and requests' trusted authorities.
OF_LIBRARIES = {"PGPASSFILE", "REQUESTS_CA_BUNDLE"}


def departments() -> list[Service]:
    return [STACK.service(slug) for slug in DEPARTMENTS]


def proxy() -> Service:
    return STACK.service("proxy")


def port_of(service: Service) -> int:
    text = service.environment.get("ONEPASS_PORT") or service.environment["DEPARTMENT_PORT"]
    return int(text)


def names_read_in(folder: str) -> set[str]:
    files = [ROOT / folder] if folder.endswith(".py") else (ROOT / folder).rglob("*.py")
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return set(re.findall(r'"((?:ONEPASS|DEPARTMENT|DATABASE)[A-Z_]*)"', text))


def sites() -> dict[str, list[str]]:
    """Each site of the Caddyfile with the places its requests go to."""
    found = re.findall(r"^(https://\S+) \{\n(.*?)^\}", CADDYFILE, re.DOTALL | re.MULTILINE)
    return {
        site: re.findall(r"[a-z-]+:\d+", "".join(re.findall(r"reverse_proxy (.*)", body)))
        for site, body in found
    }


@pytest.mark.parametrize("service", RUN_BY_SETTINGS, ids=lambda service: service.name)
def test_every_provider_variable_is_a_setting(service: Service) -> None:
    assert set(service.environment) - OF_LIBRARIES <= names_read_in("idp/settings.py")


@pytest.mark.parametrize("service", RUN_BY_SETTINGS, ids=lambda service: service.name)
def test_the_settings_accept_what_compose_gives(service: Service, tmp_path: Path) -> None:
    key, authority = tmp_path / "sealing.keys", tmp_path / "root.crt"
    key.write_text(generate_sealing_key(SystemEntropy()), "ascii")
    authority.touch()
    files = {"ONEPASS_SEALING_KEY_FILE": str(key), "ONEPASS_EGRESS_CA_FILE": str(authority)}
    settings = Settings.from_environment({**service.environment, **files})
    assert settings.https
    assert settings.mailbox
    assert settings.database_url.startswith("postgresql")


@pytest.mark.parametrize("service", departments(), ids=lambda service: service.name)
def test_every_department_variable_is_read_and_accepted(service: Service, tmp_path: Path) -> None:
    assert set(service.environment) - OF_LIBRARIES <= names_read_in("relying_party_demo")
    environment = dict(service.environment)
    if "DEPARTMENT_CLIENT_SECRET_FILE" in environment:
        secret = tmp_path / "client-secret"
        secret.write_text("a" * 43, "ascii")
        environment["DEPARTMENT_CLIENT_SECRET_FILE"] = str(secret)
    place = department.read(service.name, environment).place
    assert place.url == service.environment["DEPARTMENT_URL"]
    assert len(place.others) == len(DEPARTMENTS) - 1  # a page does not link to itself


def test_there_are_two_providers_a_worker_and_four_departments() -> None:
    assert len(PROVIDERS) == 2
    assert STACK.service("worker").command == ("onepass", "worker")
    for service in departments():
        assert service.command[-2:] == ("serve", service.name)
        assert service.environment["DEPARTMENT"] == service.name
    assert len({port_of(service) for service in [*PROVIDERS, *departments()]}) == 6


def test_one_issuer_everywhere() -> None:
    issuers = {service.environment["ONEPASS_ISSUER"] for service in RUN_BY_SETTINGS}
    issuers |= {service.environment["DEPARTMENT_ISSUER"] for service in departments()}
    assert issuers == {"https://id.onepass.localhost:8443/"}


def test_the_providers_and_the_worker_differ_by_their_port_alone() -> None:
    kept = {
        tuple(sorted((k, v) for k, v in service.environment.items() if k != "ONEPASS_PORT"))
        for service in RUN_BY_SETTINGS
    }
    assert len(kept) == 1


def test_every_address_people_open_is_a_site_of_the_proxy_and_leads_to_its_servers() -> None:
    wanted = {
        PROVIDERS[0].environment["ONEPASS_ISSUER"].rstrip("/"): [
            f"{service.name}:{port_of(service)}" for service in PROVIDERS
        ]
    }
    for service in departments():
        wanted[service.environment["DEPARTMENT_URL"]] = [f"{service.name}:{port_of(service)}"]
    assert sites() == wanted
    assert set(proxy().aliases) == {urlsplit(site).hostname for site in wanted}
    ports = {urlsplit(site).port for site in wanted}
    assert proxy().ports == tuple(f"127.0.0.1:{port}:{port}" for port in ports)


def test_the_addresses_registered_are_the_addresses_served(tmp_path: Path) -> None:
    seed = STACK.service("seed")
    demo = ComposeDemo(8000, tmp_path, tmp_path, seed.environment)
    for service in departments():
        assert demo.department_url(service.name) == service.environment["DEPARTMENT_URL"]
    assert demo.settings() == {k: v for k, v in seed.environment.items() if k not in OF_LIBRARIES}


def test_only_the_proxy_is_trusted_about_where_a_request_came_from() -> None:
    address = ipaddress.ip_address(proxy().address)
    assert address in ipaddress.ip_network(STACK.subnet)
    assert address not in ipaddress.ip_network(STACK.ip_range)
    for service in RUN_BY_SETTINGS:
        assert service.environment["ONEPASS_TRUSTED_PROXIES"] == f"{address}/32"


def test_the_provider_may_call_the_departments_and_nobody_else() -> None:
    hosts = {urlsplit(s.environment["DEPARTMENT_URL"]).netloc for s in departments()}
    for service in RUN_BY_SETTINGS:
        assert set(service.environment["ONEPASS_EGRESS_ALLOW"].split(",")) == hosts


@pytest.mark.parametrize("service", STACK.services, ids=lambda service: service.name)
def test_no_container_may_write_its_files_gain_rights_or_be_reached_from_outside(
    service: Service,
) -> None:
    assert service.read_only
    assert service.cap_drop == ("ALL",)
    assert service.security_opt == ("no-new-privileges:true",)
    assert all(port.startswith("127.0.0.1:") for port in service.ports)
    assert service.user != "root"
    assert bool(service.user) == (service.image != IMAGE)
    assert service.name == "proxy" or not (service.ports or service.cap_add or service.address)


def test_the_image_does_not_run_as_root_and_says_how_it_is() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)", last, re.MULTILINE) == ["onepass"]
    assert "HEALTHCHECK" in last
    uid = re.search(r"--uid (\d+)", last)
    assert uid is not None
    assert proxy().user == f"{uid[1]}:{uid[1]}"


def test_every_server_has_a_health_check_and_starts_after_what_it_needs() -> None:
    for service in STACK.services:
        assert bool(service.health_test) == (service.name not in ONE_SHOT | {"worker", "proxy"})
        assert service.restart == ("no" if service.name in ONE_SHOT else "unless-stopped")
        for other, condition in service.depends_on.items():
            assert condition == (COMPLETED if other in ONE_SHOT else HEALTHY)


def test_every_volume_that_we_write_has_its_owner_in_the_image() -> None:
    made = re.search(r"for folder in (.*?); do", DOCKERFILE, re.DOTALL)
    assert made is not None
    folders = {f"/var/lib/onepass/{name}" for name in made[1].replace("\\", "").split()}
    for service in OURS:
        mounted = [volume.split(":") for volume in service.volumes]
        assert {place[0] for place in mounted} <= set(STACK.volumes)
        assert {place[1] for place in mounted} <= folders


def test_signing_keys_and_secrets_are_written_by_the_one_shot_services_alone() -> None:
    for service in STACK.services:
        for volume in service.volumes:
            name = volume.partition(":")[0]
            if name in GUARDED and service.name not in ONE_SHOT:
                assert volume.endswith(":ro"), f"{service.name} may write {volume}"


def test_the_authoritys_key_is_shown_to_the_proxy_alone() -> None:
    holders = {s.name for s in STACK.services for v in s.volumes if v.startswith("authority-key:")}
    assert holders == {"secrets", "proxy"}


def test_no_secret_stands_in_the_file() -> None:
    text = container_compose.COMPOSE_FILE.read_text(encoding="utf-8")
    for name, value in re.findall(
        r"^\s+([A-Z_]*(?:PASSW|PASSF|SECRET|KEY)[A-Z_]*): (.+)$", text, re.MULTILINE
    ):
        assert value.startswith("/var/lib/onepass/"), name
    assert "@" not in re.sub(r"postgresql://onepass@", "", text)


def test_nothing_private_enters_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv", "var", "keys/*", "**/*.pem", "*.onepass", "node_modules"} <= set(
        ignored
    )


def test_the_database_password_is_the_one_its_clients_send(tmp_path: Path) -> None:
    shared, pgpass = tmp_path / "password", tmp_path / "pgpass"
    container_secrets.make_database_password(shared, pgpass)
    container_secrets.make_database_password(shared, pgpass)
    host, port, name, user, password = pgpass.read_text("ascii").strip().split(":")
    url = urlsplit(PROVIDERS[0].environment["DATABASE_URL"])
    assert (host, int(port), user, f"/{name}") == (url.hostname, url.port, url.username, url.path)
    assert password == shared.read_text("ascii")
    assert len(password) >= 43
    assert stat.S_IMODE(pgpass.stat().st_mode) == 0o400
    database = STACK.service("database").environment
    assert (database["POSTGRES_USER"], database["POSTGRES_DB"]) == (user, name)


def test_the_authority_speaks_for_localhost_alone_and_is_made_once(tmp_path: Path) -> None:
    certificate, key = tmp_path / "root.crt", tmp_path / "root.key"
    container_secrets.make_authority(certificate, key)
    before = certificate.read_bytes(), key.read_bytes()
    container_secrets.make_authority(certificate, key)
    assert (certificate.read_bytes(), key.read_bytes()) == before
    made = x509.load_pem_x509_certificate(before[0])
    limits = made.extensions.get_extension_for_oid(ExtensionOID.NAME_CONSTRAINTS)
    assert limits.critical
    assert isinstance(limits.value, x509.NameConstraints)
    assert limits.value.permitted_subtrees == [x509.DNSName("localhost")]
    assert stat.S_IMODE(key.stat().st_mode) == 0o400


def test_there_is_a_stand_in_for_every_published_image() -> None:
    images = containers.base_images()
    assert len(images) == 3
    for image in images:
        recipe = ROOT / "deploy" / "stand_ins" / f"{image.partition(':')[0]}.Dockerfile"
        assert recipe.is_file(), image


def test_a_key_that_the_reader_does_not_know_is_refused(tmp_path: Path) -> None:
    text = container_compose.COMPOSE_FILE.read_text(encoding="utf-8")
    changed = tmp_path / "docker-compose.yml"
    changed.write_text(text.replace("    user: postgres", "    privileged: true"), "utf-8")
    with pytest.raises(ComposeError, match="database: privileged is not understood"):
        container_compose.read(changed)


def test_services_that_wait_for_each_other_are_refused(tmp_path: Path) -> None:
    text = container_compose.COMPOSE_FILE.read_text(encoding="utf-8")
    changed = tmp_path / "docker-compose.yml"
    changed.write_text(text.replace("    network_mode: none", "    depends_on: *when-seeded"))
    with pytest.raises(ComposeError, match="wait for each other"):
        container_compose.read(changed)


def test_plain_podman_is_told_everything_compose_would_have_been() -> None:
    command = Podman()._run_command(proxy())
    said = " ".join(command)
    assert "--read-only" in command
    assert "--cap-drop=ALL" in command
    assert "--cap-add=NET_BIND_SERVICE" in command
    assert "--security-opt=no-new-privileges" in command
    assert "--publish=127.0.0.1:8443:8443" in command
    assert "ip=10.231.8.2" in said
    assert "alias=id.onepass.localhost" in said
    assert "/deploy/Caddyfile:/etc/caddy/Caddyfile:ro" in said


def test_a_machine_without_an_engine_is_told_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert containers.main() == 2
    assert "No container engine runs here" in capsys.readouterr().err


def test_an_engine_that_does_not_answer_is_no_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("docker", "podman"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\nexit 1\n", "ascii")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert containers.available() is None


def test_the_visiting_citizen_fills_in_what_a_form_asks_for() -> None:
    citizen = Citizen("a@example.com", "harbour lantern 47", "A" * 32)
    email = Form("", {}, {"email": "email", "csrf_token": ""})
    assert citizen.answer(email) == {"email": "a@example.com"}
    password = Form("", {}, {"password": "current-password"})
    assert citizen.answer(password) == {"password": "harbour lantern 47"}
    code = Form("", {}, {"code": "one-time-code"})
    assert re.fullmatch(r"\d{6}", citizen.answer(code)["code"])
    start = Form("", {}, {}, [("choice", "create"), ("choice", "sign_in")])
    assert citizen.answer(start) == {"choice": "sign_in"}
    assert citizen.answer(Form("/sign-out", {}, {"form_token": ""})) == {}


def test_the_visiting_citizen_proves_who_they_are_where_that_is_asked() -> None:
    citizen = Citizen("a@example.com", "harbour lantern 47", "A" * 32)
    begin = Form("", {}, {}, [("choice", "continue"), ("choice", "leave")])
    assert citizen.prove(begin) == {"choice": "continue"}
    stand_in = Form("", {"ending": "P2"}, {"person": "radio", "ending": ""})
    assert citizen.prove(stand_in) == {"person": "nia"}
    share = Form("", {}, {}, [("choice", "share"), ("choice", "refuse")])
    assert citizen.prove(share) == {"choice": "share"}
    for other in (begin, stand_in, share):
        assert citizen.answer(other) == {}
    assert citizen.prove(Form("", {}, {}, [("choice", "create"), ("choice", "sign_in")])) == {}
