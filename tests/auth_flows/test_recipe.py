"""The recipe in docs/security-testers.md, as it stands there, is an attack that notices."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.auth_flows import attacks, catalogue, run, targets
from tests.auth_flows.care import Pace
from tests.auth_flows.ground import Ground
from tests.auth_flows.masking import Masker
from tests.auth_flows.targets import Care, Client, Target
from tests.auth_flows.test_noticing import GOOD, Asked, Reply, serving
from tests.auth_flows.verdicts import Verdict
from tests.auth_flows.wire import Wire

PAGE = Path(__file__).parents[2] / "docs" / "security-testers.md"
ROW_ID = "AUTHZ-31"
Provider = Callable[[Asked], Reply]


def careful(asked: Asked) -> Reply:
    if "prompt" not in asked:
        return 200, ""
    told = urlencode({"error": "login_required", "state": asked["state"]})
    return 302, f"{GOOD}?{told}"


def careless(asked: Asked) -> Reply:
    if "prompt" not in asked:
        return 200, ""
    return 302, f"{GOOD}?error=login_required&state={asked['state']}"


def block(language: str, says: str = "") -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    [one] = [each for each in found if says in each]
    return one


def test_the_small_target_file_is_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(block("toml", "another password"))
    target = targets.read(file)
    assert target.clients[0].method == "client_secret_post"
    assert [each.expendable for each in target.citizens] == [False, True]


@pytest.mark.parametrize(
    ("provider", "verdict"), [(careful, Verdict.DEFENDED), (careless, Verdict.VULNERABLE)]
)
def test_the_recipe_makes_an_attack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider, verdict: Verdict
) -> None:
    (tmp_path / "new.toml").write_text(f'group = "New"\n{block("toml", ROW_ID)}')
    rows = catalogue.load(tmp_path)
    monkeypatch.setattr(attacks, "ATTACKS", {})
    code = block("python")
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    exec(compile(code, str(PAGE), "exec"), {})  # noqa: S102 - our own page
    with serving(provider) as issuer:
        client = Client("one", "client_secret_post", GOOD, "a secret")
        wire = Wire(Pace(Care(requests_per_second=1000)), Masker())
        (result,) = run.run(Ground(Target(issuer, "me", (client,)), wire), rows, attacks.ATTACKS)
    assert (result.row.id, result.verdict, result.reason) == (ROW_ID, verdict, "")


def test_the_row_of_the_recipe_is_still_free() -> None:
    assert ROW_ID not in catalogue.load()
