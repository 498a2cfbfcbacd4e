"""`onepass metrics` tells what people thought, how long they needed and where they left."""

from idp.commands.metrics import metrics
from idp.domain import feedback
from idp.domain.daily_counts import DailyCount
from idp.domain.feedback import After
from idp.domain.journey_times import JourneyCount
from tests.commands.conftest import Terminal


def test_an_empty_installation_has_nothing_to_tell(terminal: Terminal) -> None:
    result = terminal.run(metrics)
    assert result.exit_code == 0, result.output
    assert "After signing out: nobody has answered yet" in result.stdout
    assert terminal.json(metrics)["journeys"] == {}


def test_figures_are_told_in_words_and_as_json(terminal: Terminal) -> None:
    rows = [
        ("whole", "finished", 60, 3),
        ("whole", "finished", 43_200, 1),
        ("whole", "dropped", 0, 2),
        ("sign_in.email", "passed", 5, 2),
        ("sign_in.email", "passed", 15, 4),
        ("sign_in.code", "left", 0, 2),
        ("sign_in.code", "passed", 43_200, 1),
    ]
    with terminal.workplace.session() as session:
        for page, outcome, seconds, count in rows:
            for day in (0, 86_400):
                session.add(
                    JourneyCount(
                        day=day,
                        kind="sign_in",
                        page=page,
                        outcome=outcome,
                        seconds=seconds,
                        count=count,
                    )
                )
        for satisfaction in (5, 5, 5, 4, 4, 1):
            feedback.give(
                session,
                terminal.workplace.services,
                after=After.SIGNING_OUT,
                language="en",
                satisfaction=satisfaction,
                words="Slow.\nsign_in: 9 finished" if satisfaction == 1 else "",
            )
    told = terminal.run(metrics).stdout
    assert "After signing out: 5 of 6 satisfied or very satisfied" in told
    assert "sign_in: 8 finished, half of them within 60 s, fewer than 5 dropped" in told
    assert "sign_in.email: 12 passed, half of them within 15 s, 0 left there" in told
    assert "sign_in.code: fewer than 5 passed, fewer than 5 left there" in told
    assert "“Slow. sign_in: 9 finished” (1 of 5)" in told
    found = terminal.json(metrics)
    assert found["journeys"]["sign_in"]["seconds"] == {"60": 6, "longer": "fewer than 5"}
    counts = found["feedback"]["counts"]["signing_out"]
    assert counts == {"1": "fewer than 5", "2": 0, "3": 0, "4": "fewer than 5", "5": "fewer than 5"}
    assert found["feedback"]["words"] == [
        {"after": "signing_out", "satisfaction": 1, "words": "Slow.\nsign_in: 9 finished"}
    ]


def test_a_table_is_printed_as_the_file_that_the_page_gives(terminal: Terminal) -> None:
    with terminal.workplace.session() as session:
        today = terminal.clock.now() // 86_400 * 86_400
        for fact, count in (("signed_in_with_password", 7), ("locked", 4)):
            reason = "password" if fact == "locked" else ""
            session.add(DailyCount(day=today, fact=fact, client_id="", reason=reason, count=count))
        for outcome, seconds, count in (("finished", 30, 4), ("left", 0, 9)):
            row = JourneyCount(day=today, kind="sign_in", page="whole", outcome=outcome)
            row.seconds, row.count = seconds, count
            session.add(row)
    rows = terminal.run(metrics, "--csv", "sign-ins").stdout.splitlines()
    assert (len(rows), rows[0]) == (29, "\ufeffDay,How many")
    assert rows[-1] == "21 September 2026,7"
    assert terminal.run(metrics, "--csv", "locks", "--days", "7").stdout.splitlines()[1:] == [
        "Password,fewer than 5"
    ]
    found = terminal.json(metrics, "--days", "7")
    assert (found["locks"], found["sign_ins"][-1]) == ({"password": "fewer than 5"}, 7)
    [passage] = found["passages"]
    told = [passage[name] for name in ("passed", "left", "half", "most")]
    assert told == ["fewer than 5", 9, None, None]
    assert "fewer than 5 locks of password" in terminal.run(metrics, "--days", "7").stdout


def test_words_can_neither_add_lines_nor_turn_them_round(terminal: Terminal) -> None:
    """Anybody may write them, without an account: what stands below must not look like ours."""
    with terminal.workplace.session() as session:
        feedback.give(
            session,
            terminal.workplace.services,
            after=After.SIGNING_OUT,
            language="en",
            satisfaction=1,
            words="Slow.\nsign_in: 99 finished, 0 dropped\u2028more \u202eecin\u2066",
        )
    told = terminal.run(metrics).stdout
    assert "“Slow. sign_in: 99 finished, 0 dropped more ecin” (1 of 5)" in told
    assert not [line for line in told.splitlines() if line.startswith("sign_in")]
