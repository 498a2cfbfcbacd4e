"""Where a department runs: its own address, its provider, its folder, its secret.

Owns: reading and judging the ``DEPARTMENT_*`` settings of the environment.
Owns not: what the department is (``relying_party_demo.department``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class OtherService:
    """A service of this demonstration that the pages link to."""

    name: str
    url: str


@dataclass(frozen=True)
class Place:
    """One running department: ``url`` has no trailing slash, ``issuer`` is compared exactly."""

    issuer: str
    url: str
    var_dir: Path
    environment: str = "integration"
    certificates: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    others: tuple[OtherService, ...] = ()

    @property
    def https(self) -> bool:
        """Is this department served over TLS?"""
        return self.url.startswith("https://")

    @property
    def issuer_origin(self) -> str:
        """The scheme, host and port of the provider."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @classmethod
    def from_environment(
        cls,
        environment: Mapping[str, str],
        *,
        slug: str,
        port: int,
        needs_secret: bool,
        problems: list[str],
    ) -> "Place":
        """The place that the environment names; every fault is added to ``problems``.

        ``port`` is this department's on localhost, for when no address is given.
        """
        issuer = environment.get("DEPARTMENT_ISSUER") or "http://localhost:8000/"
        url = (environment.get("DEPARTMENT_URL") or f"http://localhost:{port}").rstrip("/")
        for name, address in (("DEPARTMENT_ISSUER", issuer), ("DEPARTMENT_URL", url)):
            why = problem_with_address(address)
            if why:
                problems.append(f"{name}: {why}")
        if urlsplit(url).path:
            problems.append("DEPARTMENT_URL: must have no path: cookies and addresses start at /")
        return cls(
            issuer=issuer,
            url=url,
            var_dir=Path(environment.get("DEPARTMENT_VAR") or f"var/departments/{slug}"),
            environment=environment.get("DEPARTMENT_ENVIRONMENT") or "integration",
            certificates=environment.get("REQUESTS_CA_BUNDLE") or environment.get("SSL_CERT_FILE"),
            client_secret=_secret(environment, problems) if needs_secret else None,
            others=tuple(
                other for other in _others(environment, problems) if other.url.rstrip("/") != url
            ),
        )


def problem_with_address(address: str) -> str | None:
    """Why ``address`` cannot be a web address of ours, or None. Plain http is for this machine."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "must be an http or https address"
    if parts.query or parts.fragment or parts.username:
        return "must have no query, fragment or user name"
    host = parts.hostname
    local = host == "localhost" or host.endswith(".localhost") or host.startswith("127.")
    if parts.scheme == "http" and not local:
        return "must be https: plain http is for this machine alone"
    return None


def _secret(environment: Mapping[str, str], problems: list[str]) -> str | None:
    """The client secret from its file. None without a file: the key is then not yet registered."""
    path = environment.get("DEPARTMENT_CLIENT_SECRET_FILE")
    if not path:
        return None
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        problems.append("DEPARTMENT_CLIENT_SECRET_FILE: cannot be read")
        return None
    if not secret:
        problems.append("DEPARTMENT_CLIENT_SECRET_FILE: is empty")
        return None
    return secret


def _others(environment: Mapping[str, str], problems: list[str]) -> tuple[OtherService, ...]:
    """The services that the pages link to, from a JSON list of ``{"name", "url"}``."""
    text = environment.get("DEPARTMENT_SERVICES_JSON") or "[]"
    try:
        services = tuple(
            OtherService(str(item["name"]), str(item["url"])) for item in json.loads(text)
        )
    except (ValueError, TypeError, KeyError):
        problems.append("DEPARTMENT_SERVICES_JSON: must be a JSON list of name and url")
        return ()
    if any(problem_with_address(service.url) for service in services):
        problems.append("DEPARTMENT_SERVICES_JSON: holds an address that is not a web address")
    return services
