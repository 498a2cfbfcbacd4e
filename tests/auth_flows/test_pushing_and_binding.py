"""Each attack on pushed requests, bound tokens and public clients notices faults of its own."""

from pathlib import Path

import pytest

from tests.auth_flows import attacks, catalogue, targets
from tests.auth_flows.care import Pace
from tests.auth_flows.ground import Ground
from tests.auth_flows.masking import Masker
from tests.auth_flows.peers import small
from tests.auth_flows.run import run
from tests.auth_flows.verdicts import Result, Verdict
from tests.auth_flows.wire import Wire

FAULTS = {
    "PAR-01": ["used twice", "late", "long life"],
    "PAR-02": ["of another client"],
    "PAR-03": ["push without proof", "push with a reference"],
    "PAR-04": [
        f"override {name}"
        for name in ("state", "nonce", "redirect_uri", "scope", "code_challenge", "claims")
    ],
    "PAR-05": ["plain"],
    "PAR-06": ["counted references", "short references"],
    "DPOP-01": ["as bearer", "bearer with proof", "no proof", "any key", "signature",
                "in the address"],
    "DPOP-02": ["replay", "address", "method", "old", "future", "no time", "token", "no jti"],
    "DPOP-03": ["unsigned", "symmetric", "shared secret", "type", "private key", "algorithm",
                "signature", "critical", "first of two"],
    "DPOP-04": ["code moved", "code without proof", "refresh moved"],
    "CLIENT-13": ["asked once"],
}  # fmt: skip


def result_of(row: str, folder: Path, fault: str = "", number: str = "") -> Result:
    with small.running(folder, fault, number) as about:
        target = targets.parse(about, folder)
        ground = Ground(target, Wire(Pace(target.care), Masker()))
        (result,) = run(ground, {row: catalogue.load()[row]}, attacks.load())
        return result


@pytest.mark.parametrize("row", FAULTS)
def test_a_provider_without_a_fault_is_defended(row: str, tmp_path: Path) -> None:
    result = result_of(row, tmp_path)
    assert result.verdict is Verdict.DEFENDED, (result.reason, result.findings)


@pytest.mark.parametrize(
    ("row", "fault"), [(row, fault) for row, faults in FAULTS.items() for fault in faults]
)
def test_a_fault_is_noticed(row: str, fault: str, tmp_path: Path) -> None:
    result = result_of(row, tmp_path, fault)
    assert result.verdict is Verdict.VULNERABLE, (result.reason, result.tries)


@pytest.mark.parametrize("row", [row for row in FAULTS if row.startswith("DPOP-")])
def test_who_wants_a_number_in_proofs_is_given_it(row: str, tmp_path: Path) -> None:
    result = result_of(row, tmp_path, number="a number of today")
    assert result.verdict is Verdict.DEFENDED, (result.reason, result.findings)


def test_a_number_that_nobody_looks_at_is_noticed(tmp_path: Path) -> None:
    result = result_of("DPOP-02", tmp_path, "any number", "a number of today")
    assert result.verdict is Verdict.VULNERABLE, (result.reason, result.tries)
