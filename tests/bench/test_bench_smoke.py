"""The bench measures what it says: a few flows of the real thing, and its arithmetic."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import provider
from tests.bench.connection import Answer, Connection, ConnectionBroken
from tests.bench.generator import FlowFailed, Generator, Lane, Tally
from tests.bench.options import BadOption, Options
from tests.bench.report import paired_ratio, percentile
from tests.bench.sign_in import sign_in_lanes
from tests.bench.systems import Provider, Turn


@pytest.fixture(scope="module")
def onepass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider.running(
        "sqlite", None, tmp_path_factory.mktemp("bench"), sign_in_citizens=4
    ) as running:
        yield running


@pytest.mark.parametrize("number", [0, 1, 2, 3], ids=["ES256", "RS256", "PS256", "secret"])
def test_single_sign_on_is_measured_and_its_tokens_verified(onepass: Provider, number: int) -> None:
    turn = onepass.systems[number].take_turn(2)
    assert turn.failures == []
    assert turn.verified >= 1
    assert turn.rate > 0
    assert turn.processor > 0
    assert [len(step) > 0 for step in turn.step_times] == [True, True, True]


def test_a_turn_without_a_session_fails_instead_of_measuring_a_page(onepass: Provider) -> None:
    system = onepass.systems[0]
    kept, system.cookies = system.cookies, ["onepass-session=nobody"]
    try:
        with pytest.raises(FlowFailed, match="authorize"):
            system.take_turn(0.2)
    finally:
        system.cookies = kept


def test_sign_ins_reach_the_service(onepass: Provider) -> None:
    tally = Tally()
    generator = Generator(sign_in_lanes(onepass, tally, 1))
    generator.run(5)
    generator.close()
    assert tally.failures == []
    assert len(tally.flow_times) == 4


class _Echo:
    """A flow of one request that any answer completes."""

    def begin(self) -> bytes:
        return b"GET / HTTP/1.1\r\n\r\n"

    def advance(self, answer: Answer) -> None:
        assert answer.body == b"hello world"


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[int]:
    """A server that answers every request with the given pieces, one after another."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        accepted, _ = listener.accept()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with accepted:
            while accepted.recv(4096):
                for piece in request.param:
                    accepted.sendall(piece)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(listener.getsockname()[1])
    listener.close()
    thread.join(5)


_PLAIN = [b"HTTP/1.1 200 OK\r\nConte", b"nt-Length: 11\r\n\r\nhello", b" world"]
_CHUNKED = [
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    b"6\r\n world\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("answering", [_PLAIN, _CHUNKED], indirect=True, ids=["plain", "chunked"])
def test_an_answer_in_pieces_is_put_together(answering: int) -> None:
    connection = Connection(answering)
    for _ in range(2):
        assert connection.exchange(b"GET / HTTP/1.1\r\n\r\n").body == b"hello world"
    connection.close()


@pytest.mark.parametrize("answering", [_PLAIN], indirect=True)
def test_the_generator_stops_when_no_flow_is_left(answering: int) -> None:
    flows = iter([_Echo(), _Echo(), _Echo()])
    tally = Tally()
    generator = Generator([Lane(Connection(answering), lambda: next(flows, None), tally)])
    generator.run(10)
    generator.close()
    assert len(tally.flow_times) == 3
    assert tally.failures == []


@pytest.mark.parametrize("answering", [[b"nonsense\r\n\r\n"]], indirect=True)
def test_what_is_no_http_is_a_failure(answering: int) -> None:
    connection = Connection(answering)
    with pytest.raises(ConnectionBroken):
        connection.exchange(b"GET / HTTP/1.1\r\n\r\n")
    connection.close()


def test_ratios_are_paired_by_round() -> None:
    ours = [_turn(rate) for rate in (200.0, 100.0, 400.0)]
    theirs = [_turn(rate) for rate in (100.0, 50.0, 100.0)]
    assert paired_ratio(ours, theirs, "rate") == 2.0


def _turn(rate: float) -> Turn:
    return Turn(rate, 1.0, 0.0, 0.0, [], [], [], 0)


def test_percentiles_are_of_the_nearest_rank() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99)] == [50.0, 95.0, 99.0]


def test_options_come_from_the_environment() -> None:
    options = Options.from_environment({"PEER": "1", "SECONDS": "3", "ONLY": "sso,sqlite"})
    assert options.peer
    assert options.seconds == 3.0
    assert options.part("sso")
    assert not options.part("flood")
    assert options.database("sqlite")
    assert not options.database("postgresql")


@pytest.mark.parametrize("environ", [{"SECONDS": "0"}, {"ROUNDS": "many"}, {"ONLY": "nothing"}])
def test_an_option_that_cannot_be_used_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(BadOption):
        Options.from_environment(environ)


def test_the_peer_is_locked_without_naming_a_registry() -> None:
    lock = Path(__file__).parent / "peer" / "package-lock.json"
    assert "resolved" not in lock.read_text(encoding="utf-8")
