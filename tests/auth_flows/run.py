"""Runs the written attacks against a target, row by row of the catalogue."""

from collections.abc import Callable, Collection, Mapping

from tests.auth_flows.attacks import Attack
from tests.auth_flows.catalogue import NEEDS, Row
from tests.auth_flows.ground import Ground
from tests.auth_flows.trial import Trial
from tests.auth_flows.verdicts import Result, Verdict

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

    `begun` hears of each row that is chosen before it is tried, `told` of every result as it
    comes: an attack that waits is set aside, and others are tried meanwhile.
    """
    wanted = {row.id for row in chosen(rows, only)}
    results: dict[str, Result] = {}
    aside: list[Trial] = []

    def note(result: Result) -> None:
        results[result.row.id] = result
        told(result)

    for row in rows.values():
        for trial in [each for each in aside if each.due <= ground.clock.now()]:
            aside.remove(trial)
            aside += _finished(trial, note)
        if row.id not in wanted:
            note(Result(row, Verdict.NOT_TRIED, NOT_CHOSEN))
            continue
        begun(row)
        written = attacks.get(row.id)
        if reason := _untried(ground, row, written):
            note(reason)
        elif written:
            aside += _finished(Trial(ground, row, written), note)
    while aside:
        trial = min(aside, key=lambda each: each.due)
        aside.remove(trial)
        begun(trial.row)
        ground.clock.wait(trial.due - ground.clock.now())
        aside += _finished(trial, note)
    return [results[row_id] for row_id in rows]


def _untried(ground: Ground, row: Row, written: Attack | None) -> Result | None:
    if row.feature and not ground.offers(row.feature):
        return Result(row, Verdict.NOT_OFFERED, f"the provider has no {row.feature}")
    if row.needs == "white":
        return Result(row, Verdict.NOT_TRIED, f"needs {NEEDS['white']}: {INSIDE}")
    return None if written else Result(row, Verdict.NOT_TRIED, NOT_WRITTEN)


def _finished(trial: Trial, note: Told) -> list[Trial]:
    """Note the result; the trial itself if it is not at its end but waits."""
    result = trial.go_on()
    if result is None:
        return [trial]
    note(result)
    return []
