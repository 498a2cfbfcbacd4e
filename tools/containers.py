"""`make containers`: builds the image, starts the stack, signs in through it, stops it.

Ends with 0 only when a citizen signed in at one department over TLS, opened the other three
without another question, and was signed out of all four; when the audit record of all that holds;
and when signing in still works with one of the two providers stopped. Where no container engine
runs it says so and ends with 2.
"""

import json
import os
import sys
import time
from typing import Any

from tools import container_bases, container_compose, container_engines, container_visit
from tools.container_compose import ROOT
from tools.container_engines import Engine, EngineError
from tools.container_podman import Podman
from tools.container_visit import Browser, Citizen, VisitFailed
from tools.progress import StepFailed, Steps

DRIVING, LIBRARY = 1, 2
# So many pages, shared between two providers, meet the one that is gone; the proxy then avoids it.
NOTICES_AFTER = 4
NO_ENGINE = """\
No container engine runs here, so nothing was built or tried.
Needed: Docker with its compose plugin (`docker info` must answer), or podman 4 or newer.
On Debian:  apt install podman runc debootstrap"""


def available() -> Engine | None:
    """The engine of this machine: Docker before podman; None where neither runs."""
    if container_engines.Docker.runs():
        return container_engines.Docker()
    return Podman() if Podman.runs() else None


def base_images() -> list[str]:
    """The published images that Dockerfile and compose start from."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    bases = [line.partition("=")[2] for line in lines if line.startswith("ARG BASE=")]
    ours = container_engines.IMAGE
    return bases + [s.image for s in container_compose.read().services if s.image != ours]


def provide_bases(engine: Engine) -> str:
    """See that the base images are here; returns in words where they come from."""
    missing = engine.missing(base_images())
    if not missing:
        return "base images are here"
    if isinstance(engine, Podman) and container_bases.can_be_made():
        container_bases.make(missing, engine)
        return f"stand-ins made from Debian packages for {', '.join(missing)}"
    raise EngineError(f"cannot pull {', '.join(missing)}, nor make stand-ins here")


def visit(engine: Engine) -> list[str]:
    """Sign in, open every department, sign out; what happened, a line each."""
    description: dict[str, Any] = json.loads(engine.said("seed").splitlines()[-1])
    authority = engine.inside("proxy", "cat", "/var/lib/onepass/authority/root.crt")
    citizen = Citizen(**description["citizen"])
    departments = [service["url"].rstrip("/") for service in description["services"]]
    browser = Browser(authority)
    for address in (description["issuer"], *departments):
        container_visit.wait_until_open(browser, address)
    lines = []
    for department in departments:
        forms = container_visit.sign_in(browser, department, citizen)
        lines.append(f"signed in at {department}: {forms.signing_in} forms, “{browser.heading}”")
        if (forms.signing_in > 0) != (department == departments[0]):
            raise VisitFailed(f"{department} asked for {forms.signing_in} forms")
        # Only the driving licence service has to know who somebody is.
        if (forms.proving > 0) != (department == departments[DRIVING]):
            raise VisitFailed(f"{department} asked for {forms.proving} forms about an identity")
    container_visit.sign_out(browser, departments[0])
    lines.append(f"signed out at {departments[0]}: “{browser.heading}”")
    for department in departments[1:]:
        seconds = container_visit.wait_until_signed_out(browser, department)
        lines.append(f"signed out at {department} after {seconds:.1f} s")
    lines.append(engine.inside("worker", "onepass", "audit", "verify").strip())
    engine.stop("provider-one")
    for _ in range(NOTICES_AFTER):
        container_visit.wait_until_open(Browser(authority), description["issuer"])
    # The library asks for a password alone; the authenticator code of this moment is used up.
    forms = container_visit.sign_in(Browser(authority), departments[LIBRARY], citizen)
    lines.append(f"signed in with one provider stopped: {forms.signing_in} forms")
    return lines


def main() -> int:
    """Try it all; 0 when it works, 1 when it does not, 2 where there is no engine."""
    engine = available()
    if engine is None:
        print(NO_ENGINE, file=sys.stderr)
        return 2
    started = time.monotonic()
    steps = Steps(5, ROOT / "var" / "log" / "containers.log")
    try:
        with steps.step("base images"):
            where_from = provide_bases(engine)
        with steps.step("image"):
            engine.build()
        try:
            with steps.step("stack"):
                engine.up()
            with steps.step("visit"):
                lines = visit(engine)
        except (EngineError, VisitFailed):
            print(engine.logs(), file=sys.stderr)
            raise
        finally:
            if not os.environ.get("KEEP"):
                with steps.step("stop"):
                    engine.down()
    except (EngineError, StepFailed, VisitFailed) as failure:
        print(f"\nContainers: {failure}", file=sys.stderr)
        return 1
    print("\n".join(f"  {line}" for line in (f"{engine.name}; {where_from}", *lines)))
    print(f"containers: ok in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
