"""The figures as Prometheus reads them, and as operators do."""

from idp.domain import audit_checks, audit_verification, exposition, figures
from idp.domain.daily_counts import DAY
from idp.domain.journey_times import FINISHED, LEFT, WHOLE, JourneyCount
from idp.kernel.histograms import BOUNDS, Recorder
from tests.domain.conftest import Installation


def test_every_metric_that_there_is(installation: Installation) -> None:
    services, now = installation.services, installation.clock.now()
    today = now // DAY
    recorder = Recorder(exposition.folder_of(installation.settings), ["/a", "/slow"], "one")
    recorder.note(today, "/a", 200, 0.02)
    for _ in range(2):
        recorder.note(today, "/slow", 500, 11.0)
    with installation.session() as session, session.begin():
        audit_checks.ask(session, now)
        assert b"onepass_audit_holds" not in exposition.text(session, services), "not proved yet"
        audit_checks.settle(session, audit_verification.verify(session, services), now - 7)
        for page, outcome, seconds in (
            (WHOLE, FINISHED, 60),
            (WHOLE, FINISHED, 30),
            ("p", LEFT, 0),
        ):
            session.add(
                JourneyCount(
                    day=today * DAY, kind="sign_in", page=page, outcome=outcome, seconds=seconds,
                    count=3,
                )
            )  # fmt: skip
        told = exposition.text(session, services).decode().splitlines()
    for line in (
        'onepass_journeys_28_days{kind="sign_in",outcome="finished"} 6',
        "onepass_audit_holds 1",
        "onepass_audit_proved_seconds 7",
        'onepass_request_seconds_bucket{route="/a",status="2xx",le="0.01"} 0',
        'onepass_request_seconds_bucket{route="/a",status="2xx",le="0.025"} 1',
        'onepass_request_seconds_bucket{route="/a",status="2xx",le="+Inf"} 1',
        'onepass_request_seconds_sum{route="/a",status="2xx"} 0.02',
        'onepass_request_seconds_bucket{route="/slow",status="5xx",le="10"} 0',
        'onepass_request_seconds_count{route="/slow",status="5xx"} 2',
    ):
        assert line in told, line
    slow, quick = figures.latencies(installation.settings, now, 7)
    assert (slow.route, slow.count, slow.half, slow.most) == ("/slow", 2, None, None)
    assert (quick.route, quick.half) == ("/a", BOUNDS[2])
