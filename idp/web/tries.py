"""What a page does with a guess: a try is taken and kept, then what was typed is looked at."""

from collections.abc import Callable
from enum import Enum, auto

from idp.domain import guessing
from idp.domain.guessing import Counter
from idp.domain.throttles import Locked
from idp.web import current
from idp.web.locks import note_lock


class Outcome(Enum):
    """What became of a guess."""

    RIGHT = auto()
    WRONG = auto()
    LOCKED = auto()
    """No try is left: nothing was looked at, or this wrong one was the last."""


def guess(
    counter: Counter, use: Callable[[], bool], was_the_last: Callable[[int], bool]
) -> Outcome:
    """Take one of the tries, then let `use` look at what was typed and use it up if it is right.

    A wrong one is written down by `was_the_last`, which is told how many tries are left and says
    whether the lock begins with it; this browser is told so once.
    """
    try:
        left = guessing.take_code_try(current.session(), current.services(), counter)
    except Locked:
        return Outcome.LOCKED
    current.checkpoint()
    if use():
        return Outcome.RIGHT
    if was_the_last(left):
        note_lock()
        return Outcome.LOCKED
    return Outcome.WRONG


def code_guess(counter: Counter, account_id: str, use: Callable[[], bool]) -> Outcome:
    """Let a code of an app or a recovery code of the account be tried, as `guess` does."""
    session, services, device = current.session(), current.services(), current.device()
    return guess(
        counter,
        use,
        lambda left: guessing.code_was_wrong(
            session, services, counter, account_id, tries_left=left, device=device
        ),
    )
