"""The metrics port: apart from the public one, and right over all processes."""

import re
import sys
from pathlib import Path

import requests

from tests.support.building import environment
from tests.support.databases import bring_up
from tests.support.processes import Program, free_port

SAMPLE = re.compile(r"[a-z_0-9]+(\{([a-z]+=\"[^\"\\]*\",?)*\})? (\d+(\.\d+)?(e-\d+)?)")


def told(port: int) -> dict[str, float]:
    """Every sample, each of which is as Prometheus wants it."""
    answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {}
    for line in answer.text.splitlines():
        if not line.startswith("#"):
            assert SAMPLE.fullmatch(line), line
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def test_two_web_processes_and_a_worker_add_up(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'onepass.db'}"
    bring_up(url)
    port, metrics = free_port(), free_port()
    environ = environment(url, tmp_path, issuer=f"http://localhost:{port}/") | {
        "ONEPASS_PORT": str(port),
        "ONEPASS_WORKERS": "2",
        "ONEPASS_METRICS_PORT": str(metrics),
    }
    run = (str(Path(sys.executable).with_name("onepass")),)
    programs = [
        Program(name, environ=environ, log=tmp_path / f"{name}.log", run=run)
        for name in ("serve", "worker")
    ]
    try:
        programs[0].wait_for(f"http://127.0.0.1:{port}/.well-known/openid-configuration")
        programs[1].wait_for(f"http://127.0.0.1:{metrics}/metrics")
        key = 'onepass_request_seconds_count{route="/about",status="2xx"}'
        for _ in range(60):
            # Each over a connection of its own, so that both processes have some.
            assert requests.get(f"http://127.0.0.1:{port}/about", timeout=10).status_code == 200
        assert requests.get(f"http://127.0.0.1:{port}/x{{y}}", timeout=10).status_code == 404
        files = list((tmp_path / "latency").glob("*.cells"))
        assert len(files) == 2, "not both processes have answered"
        found = told(metrics)
        assert found[key] == 60
        assert found[key.replace("count", "bucket").replace("}", ',le="+Inf"}')] == 60
        assert found['onepass_request_seconds_count{route="other",status="4xx"}'] == 1
        assert found["onepass_audit_uncounted"] == 0
        assert requests.get(f"http://127.0.0.1:{metrics}/", timeout=10).status_code == 404
        assert requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).status_code == 404
    finally:
        for program in programs:
            program.end()
    assert "request_seconds" not in "".join(program.words() for program in programs)
