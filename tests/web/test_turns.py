"""Pages are made one at a time, and never take the last threads of a process."""

import io
import threading
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask

from idp.domain.passwords import TooBusy
from idp.web.current import Application
from idp.web.turns import Turns
from tests.support.person import Person

PAGE = "sign_in.start"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: none of this is about it."""
    return sqlite_url


@pytest.fixture
def turns(app: Flask) -> Turns:
    turns = Turns(threads=4)
    turns.learn_pages(app)
    return turns


def test_pages_wait_for_each_other(turns: Turns) -> None:
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with turns.turn(PAGE):
            order.append("second")

    with turns.turn(PAGE):
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


@pytest.mark.parametrize("shared", [True, False])
def test_processes_of_one_database_file_wait_for_each_other(
    app: Flask, tmp_path: Path, shared: bool
) -> None:
    one, other = (Turns(4, tmp_path / "pages.lock" if shared else None) for _ in range(2))
    for turns in (one, other):
        turns.learn_pages(app)
    order: list[str] = []
    waiting, answered = threading.Event(), threading.Event()

    def second() -> None:
        waiting.set()
        with other.turn(PAGE):
            order.append("second")
        answered.set()

    with one.turn(PAGE):
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        # Without the file the other is answered now; with it, not before this turn is over.
        assert shared or answered.wait(20)
        order.append("first")
    thread.join()
    assert order == (["first", "second"] if shared else ["second", "first"])


def test_whoever_would_take_the_last_threads_is_told_to_come_back(turns: Turns) -> None:
    with turns.turn(PAGE):
        # The second of two places is taken by one that waits.
        assert turns._inside.acquire(blocking=False)
        with pytest.raises(TooBusy), turns.turn(PAGE):
            pass
        turns._inside.release()
    with turns.turn(PAGE):
        pass


@pytest.mark.parametrize(
    "endpoint", ["authorize.start", "token.token", "userinfo.userinfo", "health.health", None]
)
def test_what_is_no_page_never_waits(turns: Turns, endpoint: str | None) -> None:
    with turns.turn(PAGE), turns.turn(endpoint):
        pass


def test_every_room_has_pages_that_take_turns(turns: Turns) -> None:
    rooms = {endpoint.partition(".")[0] for endpoint in turns._pages}
    assert {"authorize", "create_account", "home", "mailbox", "sign_in", "sign_out"} <= rooms
    assert "authorize.resume" in turns._pages


def test_a_full_house_is_a_page_that_says_when_to_come_back(
    app: Flask, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert person.client.get("/", headers={"Accept": "text/html"}).status_code == 200
    full = Turns(threads=1)
    full.learn_pages(app)
    monkeypatch.setattr(app, "turns", full)
    with full.turn(PAGE):
        busy = person.client.get("/", headers={"Accept": "text/html"})
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "2")
        assert person.client.get("/.well-known/jwks.json").status_code == 200
    assert person.client.get("/", headers={"Accept": "text/html"}).status_code == 200


class SlowBody(io.BytesIO):
    """A body that notes, when it is read, whether the turn was taken."""

    def __init__(self, body: bytes, turn: threading.Lock) -> None:
        super().__init__(body)
        self._turn = turn
        self.read_in_turn: set[bool] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        """Return bytes, as any file does."""
        self.read_in_turn.add(self._turn.locked())
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer, as any file does."""
        self.read_in_turn.add(self._turn.locked())
        return super().readinto(buffer)


@pytest.mark.parametrize("path", ["/authorize", "/logout", "/logout/confirm"])
def test_whoever_sends_a_body_slowly_keeps_the_turn_from_nobody(
    app: Flask, person: Person, path: str
) -> None:
    made = cast("Application", app)
    body = SlowBody(b"client_id=%ff", made.turns._turn)
    answer = person.client.post(
        path,
        input_stream=body,
        content_length=len(body.getvalue()),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code in (303, 400, 403)
    assert body.read_in_turn == {False}


def test_who_waits_for_somebody_elses_server_gives_the_turn_away(turns: Turns) -> None:
    order: list[str] = []

    def second() -> None:
        with turns.turn(PAGE):
            order.append("second")

    with turns.turn(PAGE):
        with turns.aside():
            thread = threading.Thread(target=second)
            thread.start()
            thread.join(30)
        order.append("first")
    assert order == ["second", "first"]
    with turns.aside():
        pass
