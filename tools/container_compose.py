"""Reads docker-compose.yml: the part of the format that our file uses, and refuses the rest.

Two readers stand on this: the guard test that holds the file against the code, and the fallback
that starts the stack with plain podman where no compose program is installed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE_FILE = ROOT / "docker-compose.yml"

COMPLETED = "service_completed_successfully"
HEALTHY = "service_healthy"
KNOWN = {"build", "cap_add", "cap_drop", "command", "depends_on", "environment", "healthcheck"}
KNOWN |= {"image", "network_mode", "networks", "ports", "read_only", "restart", "security_opt"}
KNOWN |= {"tmpfs", "user", "volumes"}


class ComposeError(Exception):
    """The file asks for something that this reader does not understand."""


@dataclass(frozen=True)
class Service:
    """One service, with what compose leaves out filled in."""

    name: str
    image: str
    built: bool
    command: tuple[str, ...]
    environment: Mapping[str, str]
    volumes: tuple[str, ...]
    tmpfs: tuple[str, ...]
    ports: tuple[str, ...]
    user: str
    read_only: bool
    restart: str
    cap_add: tuple[str, ...]
    cap_drop: tuple[str, ...]
    security_opt: tuple[str, ...]
    network_mode: str
    address: str
    aliases: tuple[str, ...]
    depends_on: Mapping[str, str]
    health_test: tuple[str, ...]
    """The command of the health check without its `CMD`; empty where it is disabled or absent."""


@dataclass(frozen=True)
class Stack:
    """The whole file: services in an order in which each comes after what it depends on."""

    services: tuple[Service, ...]
    network: str
    subnet: str
    ip_range: str
    volumes: tuple[str, ...]

    def service(self, name: str) -> Service:
        """The service of this name; KeyError where there is none."""
        return {service.name: service for service in self.services}[name]


def read(path: Path = COMPOSE_FILE) -> Stack:
    """Return what `path` describes. Raises ComposeError for anything it does not know."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    unknown = {key for key in document if not key.startswith("x-")}
    unknown -= {"services", "networks", "volumes"}
    if unknown or len(document["networks"]) != 1:
        raise ComposeError(f"{path.name}: one network, and no {sorted(unknown)}")
    (network, details), *_ = document["networks"].items()
    pool = details["ipam"]["config"][0]
    services = {name: _service(name, body) for name, body in document["services"].items()}
    return Stack(
        services=_in_order(services),
        network=network,
        subnet=pool["subnet"],
        ip_range=pool["ip_range"],
        volumes=tuple(document["volumes"]),
    )


def _service(name: str, body: Mapping[str, Any]) -> Service:
    unknown = set(body) - KNOWN
    if unknown:
        raise ComposeError(f"service {name}: {', '.join(sorted(unknown))} is not understood")
    networks = body.get("networks") or {}
    place = next(iter(networks.values())) if isinstance(networks, dict) and networks else {}
    health = body.get("healthcheck") or {}
    test = tuple(map(str, health.get("test", ())))
    if test and test[0] != "CMD":
        raise ComposeError(f"service {name}: a health check is a list that begins with CMD")
    return Service(
        name=name,
        image=body["image"],
        built="build" in body,
        command=tuple(map(str, body.get("command", ()))),
        environment={key: str(value) for key, value in body.get("environment", {}).items()},
        volumes=tuple(body.get("volumes", ())),
        tmpfs=tuple(body.get("tmpfs", ())),
        ports=tuple(body.get("ports", ())),
        user=str(body.get("user", "")),
        read_only=bool(body.get("read_only", False)),
        restart=str(body.get("restart", "no")),
        cap_add=tuple(body.get("cap_add", ())),
        cap_drop=tuple(body.get("cap_drop", ())),
        security_opt=tuple(body.get("security_opt", ())),
        network_mode=str(body.get("network_mode", "")),
        address=str(place.get("ipv4_address", "")),
        aliases=tuple(place.get("aliases", ())),
        depends_on={key: how["condition"] for key, how in body.get("depends_on", {}).items()},
        health_test=test[1:],
    )


def _in_order(services: Mapping[str, Service]) -> tuple[Service, ...]:
    ordered: dict[str, Service] = {}
    while len(ordered) < len(services):
        ready = [
            service
            for service in services.values()
            if service.name not in ordered and set(service.depends_on) <= set(ordered)
        ]
        if not ready:
            raise ComposeError("the services wait for each other, or for one that is not there")
        ordered |= {service.name: service for service in ready}
    return tuple(ordered.values())
