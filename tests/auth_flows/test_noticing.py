"""The probe notices a fault, does not call broken what is vulnerable, and knows when it cannot run.

The provider here is a few lines with a fault or two; nothing of it is ours.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.auth_flows import __main__ as command
from tests.auth_flows import catalogue, targets
from tests.auth_flows.attacks import Attack
from tests.auth_flows.care import Pace
from tests.auth_flows.ground import Ground
from tests.auth_flows.masking import Masker
from tests.auth_flows.probe import Probe
from tests.auth_flows.run import run
from tests.auth_flows.verdicts import Broken, NotTried, Verdict
from tests.auth_flows.wire import Answer, Wire

GOOD = "https://client.example/signed/in"
FAST = "[care]\nrequests_per_second = 1000\n"
Asked = dict[str, str]
Reply = tuple[int, str]


def redirects_anywhere(asked: Asked) -> Reply:
    if asked.get("redirect_uri") == GOOD and asked.get("scope") == "openid":
        return 200, ""
    told = urlencode({"error": "invalid_scope", "state": asked.get("state", "")})
    return 302, f"{asked.get('redirect_uri', GOOD)}?{told}"


def refuses_everything(asked: Asked) -> Reply:
    return 400, ""


def careful(asked: Asked) -> Reply:
    return (200, "") if asked.get("redirect_uri") == GOOD else (400, "")


def slows_down(told: list[Asked]) -> Callable[[Asked], Reply]:
    def authorize(asked: Asked) -> Reply:
        told.append(asked)
        return (429, "wait") if len(told) == 1 else careful(asked)

    return authorize


def throttles(asked: Asked) -> Reply:
    return (200, "") if asked.get("redirect_uri") == GOOD else (429, "")


@contextmanager
def serving(authorize: Callable[[Asked], Reply]) -> Iterator[str]:
    class Faulty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, location, body = 200, "", b"{}"
            if parts.path == "/authorize":
                status, location = authorize(dict(parse_qsl(parts.query)))
            else:
                at = f"http://{self.headers['Host']}/"
                body = json.dumps(
                    {"issuer": at, "authorization_endpoint": f"{at}authorize"}
                ).encode()
            self.send_response(status)
            if status == 429 and location:
                self.send_header("Retry-After", "0")
            elif location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Faulty) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def written(folder: Path, issuer: str, more: str = "") -> Path:
    file = folder / "target.toml"
    file.write_text(
        f'issuer = "{issuer}"\nauthorised_by = "this test"\n{more}[[clients]]\nid = "one"\n'
        f'method = "client_secret_post"\nsecret = "a secret"\nredirect_uri = "{GOOD}"\n'
    )
    return file


def probed(
    folder: Path, authorize: Callable[[Asked], Reply], only: str, patch: pytest.MonkeyPatch
) -> tuple[int, dict[str, str]]:
    patch.setenv("REPORT", str(folder / "new" / "report"))
    with serving(authorize) as issuer:
        file = written(folder, issuer, FAST)
        code = command.main(["--target", str(file), "--only", only])
    report = json.loads((folder / "new" / "report" / "report.json").read_text())
    return code, {result["id"]: result["verdict"] for result in report["results"]}


def test_a_provider_that_redirects_anywhere_is_vulnerable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, verdicts = probed(tmp_path, redirects_anywhere, "AUTHZ-01,AUTHZ-11,PKCE", monkeypatch)
    assert code == 1
    assert verdicts["AUTHZ-01"] == verdicts["AUTHZ-11"] == verdicts["PKCE-01"] == "vulnerable"
    assert verdicts["PKCE-03"] == "not_tried"
    assert verdicts["AUTHZ-02"] == "not_tried"


def test_a_careful_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, verdicts = probed(tmp_path, careful, "AUTHZ-01", monkeypatch)
    assert (code, verdicts["AUTHZ-01"]) == (0, "defended")


@pytest.mark.parametrize("provider", [refuses_everything, throttles])
def test_what_refuses_the_good_request_or_slows_us_down_is_not_defended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Callable[[Asked], Reply]
) -> None:
    code, verdicts = probed(tmp_path, provider, "AUTHZ-01", monkeypatch)
    assert (code, verdicts["AUTHZ-01"]) == (2, "broken")


def test_who_asks_us_to_wait_gets_the_request_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Asked] = []
    code, verdicts = probed(tmp_path, slows_down(told), "AUTHZ-01", monkeypatch)
    assert (code, verdicts["AUTHZ-01"]) == (0, "defended")
    assert told[0] == told[1]


def test_what_cannot_run_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "http://192.0.2.1/")
    assert command.main(["--target", str(file)]) == 3
    assert "--not-loopback" in capsys.readouterr().err
    assert command.main(["--target", str(file), "--only", "NO-ROW"]) == 3
    assert "NO-ROW" in capsys.readouterr().err
    with serving(careful) as issuer:
        assert command.main(["--target", str(written(tmp_path, issuer + "other"))]) == 3
    assert "does not describe" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        command.main(["--no-such-option"])
    assert ended.value.code == 3


def test_no_exit_of_ours_says_that_the_target_is_vulnerable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends(error: BaseException) -> Any:
        def run(*_of: object) -> None:
            raise error

        return run

    with serving(careful) as issuer:
        given = ["--target", str(written(tmp_path, issuer)), "--only", "AUTHZ-01"]
        monkeypatch.setenv("REPORT", str(tmp_path / "target.toml"))
        assert command.main(given) == 3
        assert "report cannot be written" in capsys.readouterr().err
        monkeypatch.setenv("REPORT", str(tmp_path / "new"))
        for error in (KeyboardInterrupt(), RuntimeError("a fault")):
            monkeypatch.setattr(command, "_attacked", ends(error))
            assert command.main(given) == 3
    assert "nothing is reported" in capsys.readouterr().err
    assert list((tmp_path / "new").iterdir()) == []


def test_a_second_run_says_what_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPORT", str(tmp_path))
    with serving(redirects_anywhere) as issuer:
        target = ["--target", str(written(tmp_path, issuer, FAST)), "--only", "AUTHZ-01"]
        assert command.main(target) == 1
        first = (tmp_path / "report.json").read_text()
        assert "Since the run" not in capsys.readouterr().out
        assert command.main(target) == 1
        assert "nothing has changed" in capsys.readouterr().out
        older = tmp_path / "older.json"
        older.write_text(first.replace('"vulnerable"', '"defended"'))
        assert command.main([*target, "--compare", str(older)]) == 1
    assert "Newly vulnerable: AUTHZ-01" in capsys.readouterr().out
    told = json.loads((tmp_path / "report.json").read_text())["compared_with"]
    assert told["newly_vulnerable"] == ["AUTHZ-01"]
    assert told["no_longer_tried"] == []
    assert command.main([*target, "--compare", str(tmp_path / "target.toml")]) == 3
    assert "is no report" in capsys.readouterr().err


def test_what_was_found_counts_also_if_the_attack_could_not_go_on(tmp_path: Path) -> None:
    row = catalogue.load()["AUTHZ-01"]
    for reason in (Broken("it ended"), NotTried("no more")):

        def finds_and_ends(probe: Probe, reason: Exception = reason) -> None:
            answer = Answer(0, "", 200, (), "")
            probe.works(True, answer, "it")
            probe.expect(False, answer, tried="something", wanted="nothing")
            raise reason

        with serving(careful) as issuer:
            target = targets.read(written(tmp_path, issuer))
            ground = Ground(target, Wire(Pace(target.care), Masker()))
            attack = Attack("AUTHZ-01", finds_and_ends, "mend it", "")
            (result,) = run(ground, {row.id: row}, {row.id: attack})
        assert result.verdict is Verdict.VULNERABLE
        assert str(reason) in result.left_out


class Standing:
    """A clock that stands still but for what is waited."""

    can_jump = False

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += seconds


def test_others_are_tried_while_an_attack_waits(tmp_path: Path) -> None:
    order: list[str] = []

    def noted(name: str) -> Callable[[Probe], None]:
        def tried(probe: Probe) -> None:
            answer = Answer(0, "", 200, (), "")
            probe.works(True, answer, "it")
            probe.expect(True, answer, tried="something", wanted="nothing")
            order.append(name)

        return tried

    def waits(probe: Probe) -> Iterator[float]:
        noted("before")(probe)
        yield 5
        order.append(f"at {probe.ground.clock.now()}")
        noted("after")(probe)

    rows = {row: catalogue.load()[row] for row in ("AUTHZ-01", "AUTHZ-02", "AUTHZ-03")}
    attacks = {
        "AUTHZ-01": Attack("AUTHZ-01", waits, "", ""),
        "AUTHZ-02": Attack("AUTHZ-02", noted("meanwhile"), "", ""),
    }
    told: list[str] = []
    with serving(careful) as issuer:
        target = targets.read(written(tmp_path, issuer))
        ground = Ground(target, Wire(Pace(target.care), Masker()))
        ground.clock = Standing()
        results = run(ground, rows, attacks, told=lambda result: told.append(result.row.id))
    assert order == ["before", "meanwhile", "at 5.0", "after"]
    assert told == ["AUTHZ-02", "AUTHZ-03", "AUTHZ-01"]
    assert [result.row.id for result in results] == list(rows)
    assert (results[0].verdict, results[0].tries) == (Verdict.DEFENDED, 2)


def test_a_wait_that_the_file_does_not_allow_is_not_waited_for(tmp_path: Path) -> None:
    def waits(probe: Probe) -> Iterator[float]:
        yield 7200

    row = catalogue.load()["AUTHZ-01"]
    with serving(careful) as issuer:
        target = targets.read(written(tmp_path, issuer))
        ground = Ground(target, Wire(Pace(target.care), Masker()))
        (result,) = run(ground, {row.id: row}, {row.id: Attack(row.id, waits, "", "")})
    assert result.verdict is Verdict.NOT_TRIED
    assert "longer than the file allows" in result.reason
