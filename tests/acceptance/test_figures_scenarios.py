"""The numbered scenarios about the audit record, and about what production refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.at_the_levers import come_to, new_operator
from tests.acceptance.showing_figures import check_the_record, one_row_changed
from tests.support.building import PRODUCTION, environment
from tests.support.chromium import Visitor
from tests.support.processes import Program, free_port
from tests.support.servers import Street

ONEPASS = str(Path(sys.executable).with_name("onepass"))


def test_s59_a_changed_row_is_named_by_screen_and_by_command(
    visitor: Visitor, street: Street
) -> None:
    come_to(visitor, street, new_operator(street), "ops/audit")
    check_the_record(visitor, street)
    assert "Yes. Checked on" in visitor.text
    with one_row_changed(street) as index:
        check_the_record(visitor, street)
        assert f"Entry {index} is the first that is broken: it was changed." in visitor.text
        told = subprocess.run(
            [ONEPASS, "audit", "verify", "--json"],
            env=street.provider_environment,
            capture_output=True,
            check=False,
        )
        assert told.returncode == 1, told.stderr
        document = json.loads(told.stdout)
        assert document["broken"]["log_index"] == index
        assert document["broken"]["breach"] == "changed"
        assert document["entries"] == index
    check_the_record(visitor, street)
    assert "Yes. Checked on" in visitor.text


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ONEPASS_IDENTITY_PROVING", "on", "In production ONEPASS_IDENTITY_PROVING must be off"),
        ("ONEPASS_ARGON2_MEMORY_KIB", "64", "In production Argon2 must use 19456 KiB"),
    ],
)
def test_s60_production_does_not_start_with_a_test_switch(
    tmp_path: Path, sqlite_url: str, name: str, value: str, words: str
) -> None:
    port = free_port()
    environ = environment(sqlite_url, tmp_path) | PRODUCTION
    environ |= {"ONEPASS_ISSUER": "https://id.example/", "ONEPASS_PORT": str(port)}
    environ |= {"ONEPASS_WORKERS": "1"}
    refused = Program(
        "serve", environ=environ | {name: value}, log=tmp_path / "refused.log", run=(ONEPASS,)
    )
    assert refused.popen.wait(60) != 0
    assert words in refused.words()
    refused.end()
    # Without the switch, all else the same, it starts.
    subprocess.run([ONEPASS, "keys", "generate", "--missing"], env=environ, check=True)
    started = Program("serve", environ=environ, log=tmp_path / "started.log", run=(ONEPASS,))
    started.wait_for(f"http://127.0.0.1:{port}/health")
    started.end()
