"""A person with a keyboard alone: Tab, Shift+Tab, Space, Enter, arrow keys and letters.

Every stop on the way has to be seen: a ring around it, also where colours are forced.
"""

import json
from typing import Final

from tests.support.chromium import Visitor

MOST_STOPS: Final = 60
STOP: Final = """selector => {
    const stop = document.activeElement;
    // The circle of a radio button is drawn before its label.
    const ring = () => [[stop, null], [stop.nextElementSibling, '::before']]
        .filter(([element]) => element)
        .map(([element, part]) => getComputedStyle(element, part))
        .map(style => [style.outlineStyle, style.outlineWidth].join()).join();
    const answer = {reached: stop.matches(selector), at: stop.outerHTML.slice(0, 120), seen: true};
    if (stop === document.body) return answer;
    const focused = ring();
    stop.blur();
    answer.seen = ring() !== focused;
    stop.focus({preventScroll: true});
    return answer;
}"""


def reach(visitor: Visitor, selector: str, *, key: str = "Tab") -> None:
    """Press `key` until what is focused matches `selector`; every stop on the way is seen."""
    for _ in range(MOST_STOPS):
        visitor.page.keyboard.press(key)
        stop = visitor.page.evaluate(STOP, selector)
        assert stop["seen"], f"nobody sees that it is focused: {stop['at']} on {visitor.page.url}"
        if stop["reached"]:
            return
    raise AssertionError(f"no {key} leads to {selector} on {visitor.page.url}")


def enter(visitor: Visitor, selector: str, text: str = "") -> None:
    """Reach `selector`, type there, and press Enter; look at what is shown."""
    reach(visitor, selector)
    if text:
        visitor.page.keyboard.type(text)
    go(visitor, "Enter")


def go(visitor: Visitor, key: str) -> None:
    """Press `key` where one is, and look at the page it leads to."""
    with visitor.page.expect_navigation(wait_until="load"):
        visitor.page.keyboard.press(key)
    visitor.look()


def tick(visitor: Visitor, field: str) -> None:
    """Reach the box called `field` and tick it."""
    reach(visitor, f"[name={json.dumps(field)}]")
    visitor.page.keyboard.press("Space")
    assert visitor.page.evaluate("document.activeElement.checked"), f"{field} is not ticked"


def choose(visitor: Visitor, field: str, value: str) -> None:
    """Reach the radio buttons called `field` and go with the arrows to the one of `value`."""
    group = f"input[type=radio][name={json.dumps(field)}]"
    reach(visitor, group)
    visitor.page.keyboard.press("Space")
    for _ in range(visitor.page.locator(group).count()):
        stop = visitor.page.evaluate(STOP, f"{group}[value={json.dumps(value)}]:checked")
        assert stop["seen"], f"nobody sees that it is focused: {stop['at']}"
        if stop["reached"]:
            return
        visitor.page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow leads to {value} of {field} on {visitor.page.url}")
