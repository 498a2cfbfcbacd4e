"""Runs the written attacks against a target, row by row of the catalogue."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from tests.auth_flows.attacks import Attack
from tests.auth_flows.catalogue import NEEDS, Row
from tests.auth_flows.ground import Ground
from tests.auth_flows.probe import Probe
from tests.auth_flows.verdicts import Broken, NotTried, Result, Verdict, judged

NOT_WRITTEN = "no attack is written yet"
NOT_CHOSEN = "not chosen by --only"
INSIDE = "tests/white_box tries it on our own provider (make test TESTS=tests/white_box)"
Told = Callable[[Result], None]
Begun = Callable[[Row], None]


def chosen(rows: Mapping[str, Row], only: Collection[str]) -> list[Row]:
    """The rows whose id, or the letters of whose id, are named; all of them if none is.

    Raises KeyError with the first name that fits no row.
    """
    for name in only:
        if not any(name in (row.id, row.prefix) for row in rows.values()):
            raise KeyError(name)
    return [row for row in rows.values() if not only or {row.id, row.prefix} & set(only)]


def run(
    ground: Ground,
    rows: Mapping[str, Row],
    attacks: Mapping[str, Attack],
    only: Collection[str] = (),
    told: Told = lambda result: None,
    begun: Begun = lambda row: None,
) -> list[Result]:
    """A result for every row of the catalogue, in its order.

    `begun` hears of each row that is chosen before it is tried, `told` of every result.
    """
    wanted = {row.id for row in chosen(rows, only)}
    results = []
    for row in rows.values():
        if row.id in wanted:
            begun(row)
            result = one(ground, row, attacks.get(row.id))
        else:
            result = Result(row, Verdict.NOT_TRIED, NOT_CHOSEN)
        results.append(result)
        told(result)
    return results


def one(ground: Ground, row: Row, written: Attack | None) -> Result:
    """The result of one row; an attack that fails in itself is broken, and the run goes on.

    An attack in which the target made us wait is made once more: codes ran out meanwhile.
    """
    if row.feature and not ground.offers(row.feature):
        return Result(row, Verdict.NOT_OFFERED, f"the provider has no {row.feature}")
    if row.needs == "white":
        return Result(row, Verdict.NOT_TRIED, f"needs {NEEDS['white']}: {INSIDE}")
    if written is None:
        return Result(row, Verdict.NOT_TRIED, NOT_WRITTEN)
    waits = ground.wire.waits
    probe = Probe(ground)
    result = _attacked(probe, row, written)
    if ground.wire.waits > waits:
        probe = Probe(ground)
        result = _attacked(probe, row, written)
    return replace(result, worked=tuple(probe.worked), tried=tuple(probe.tried))


def _attacked(probe: Probe, row: Row, written: Attack) -> Result:
    ground = probe.ground
    first = len(ground.wire.exchanges)
    left_out = written.left_out
    try:
        written.run(probe)
    except NotTried as reason:
        if not _has_found(probe):
            return Result(row, Verdict.NOT_TRIED, str(reason))
        left_out = f"what came after that: {reason}"
    except Broken as reason:
        if not _has_found(probe):
            return _broken(ground, row, str(reason), first)
        left_out = f"what came after that: {reason}"
    except Exception as error:  # noqa: BLE001 - a fault of the probe must not end the run
        return _broken(ground, row, f"the probe erred: {error!r}", first)
    return judged(
        row,
        controls=probe.controls,
        tries=probe.tries,
        findings=probe.findings,
        evidence=_since(ground, first),
        left_out="; ".join(filter(None, [left_out, *probe.left])),
        fix=written.fix,
    )


def _has_found(probe: Probe) -> bool:
    """Whether there is a finding already, of an attack that showed that it could judge.

    What is found is told, also if it kept the attack from going on.
    """
    return bool(probe.controls and probe.findings)


def _broken(ground: Ground, row: Row, reason: str, first: int) -> Result:
    return Result(row, Verdict.BROKEN, reason, evidence=_since(ground, first))


def _since(ground: Ground, first: int) -> tuple[int, ...]:
    return tuple(range(first, len(ground.wire.exchanges)))
