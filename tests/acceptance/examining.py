"""One look at a page that is shown: what axe finds, how wide it is, what its form complains of."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Page, ViewportSize

from tests.acceptance.shown import Shown
from tests.support.chromium import axe_violations

NARROW: Final = 320
"""Pixels: a small phone, or a window of 1280 at 400 % (WCAG 2.2, 1.4.10)."""
WIDE: Final = 1280
WIDTHS: Final = (NARROW, WIDE)
ERRORS: Final = ".govuk-error-summary__list li"
ZOOMED: Final[ViewportSize] = {"width": NARROW, "height": 256}
"""A window of 1280 by 1024 at 400 %, in pixels of the page."""
STOPS: Final = """
    const stops = document.querySelectorAll(
        'a[href], button, input:not([type=hidden]), textarea, select, summary, [tabindex="0"]');
    // Also not what a closed element of details holds.
    const shown = stop => stop.checkVisibility({contentVisibilityAuto: true});
    const seen = [...stops].filter(stop => !stop.disabled && shown(stop));
"""
UNSEEN_FOCUS: Final = (
    f"() => {{{STOPS}"
    """
    // The circle of a radio button is drawn before its label.
    const drawn = stop => [[stop, null], [stop.nextElementSibling, '::before']]
        .filter(([element]) => element)
        .map(([element, part]) => getComputedStyle(element, part))
        .map(style => [style.outlineStyle, style.outlineWidth].join()).join();
    const active = document.activeElement;
    const unseen = seen.filter(stop => {
        stop.blur();
        const before = drawn(stop);
        stop.focus({preventScroll: true});
        return drawn(stop) === before;
    });
    document.activeElement.blur();
    active.focus({preventScroll: true});
    return unseen.map(stop => stop.outerHTML.slice(0, 120));
}"""
)
HIDDEN_FOCUS: Final = (
    f"() => {{{STOPS}"
    """
    const field = stop => stop.matches('input, textarea, select');
    // The browser scrolls by whole pixels.
    const whole = box => box.top > -1 && box.bottom < innerHeight + 1;
    const at = (stop, x, y) => {
        const top = document.elementFromPoint(x, y);
        return top && (stop.contains(top) || top.contains(stop)
            || top.closest('label')?.control === stop);
    };
    const open = (stop, box) => [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]].some(
        ([x, y]) => at(stop, box.left + x * box.width, box.top + y * box.height));
    const active = document.activeElement;
    const hidden = seen.filter(stop => {
        stop.focus();
        const boxes = [...stop.getClientRects()];
        return !boxes.some(box => open(stop, box)) || (field(stop) && !boxes.every(whole));
    });
    document.activeElement.blur();
    active.focus({preventScroll: true});
    scrollTo(0, 0);
    return hidden.map(stop => stop.outerHTML.slice(0, 120));
}"""
)
SHAPE: Final = """() => [...document.querySelectorAll('html, body *')].map(element => {
    const said = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const held = [...element.attributes].map(({name, value}) =>
        ['class', 'hidden', 'lang', 'role', 'style', 'type'].includes(name) ? `${name}=${value}`
            : value ? name : `${name}=`);
    return [element.parentElement?.localName, element.localName, said, ...held.sort()].join(' ');
}).join('\\n')"""
"""Everything of a page but its words, and what its fields and links are called."""
TOLD: Final = """() => {
    const unread = 'script, style, noscript, template, pre, code';
    const read = node => !node.parentElement.closest(unread);
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT,
        node => read(node) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT);
    const told = [];
    while (walker.nextNode()) told.push(walker.currentNode.data);
    for (const name of ['alt', 'aria-label', 'placeholder', 'title'])
        for (const element of document.querySelectorAll(`[${name}]`))
            told.push(element.getAttribute(name));
    return told;
}"""
"""What people read or hear, also what is closed or for screen readers alone; no code."""
NOT_WORDS: Final = re.compile(r"</?[a-z]+[\s/>]|&(?:[a-z]+|#\d+);|%\(|\{\{|\{%")
"""Markup that was escaped, or a place in a sentence that nothing was put into."""
NOT_WELSH: Final = re.compile(r"\bNone\b")
"""What Python writes for nothing. In English it is a word too."""
SHAPES: Final[set[int]] = set()
"""What pages that were looked at in this process are made of, each in its language."""
PARTS: Final = "parts-of-pages"
"""The folder to which each walk writes what it found, for `joined`."""


@dataclass
class Album:
    """What one walk shows in one language, looked at; with a `folder`, pictures are kept there."""

    language: str
    folder: Path | None = None
    pages: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[str, list[str]] = field(default_factory=dict)
    """What forms complained of, by route."""

    def look(self, page: Page, shown: Shown) -> None:
        """Look at the page that is shown, and note what is wrong with it.

        Without pictures each language is looked at in one width, and the colours, which are the
        same in both, in English alone; and a page that differs from one seen before in nothing but
        its words, as one error does from the next, is only measured and read.
        """
        shape = hash((self.language, page.evaluate(SHAPE)))
        again = self.folder is None and shape in SHAPES
        SHAPES.add(shape)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            self._look(page, shown, width, again=again)
        said = page.locator(ERRORS).all_text_contents()
        self.messages.setdefault(shown.route, []).extend(" ".join(words.split()) for words in said)

    def _look(self, page: Page, shown: Shown, width: int, *, again: bool) -> None:
        english = self.language == "en"
        found = [{"id": "language", "help": self.language}] if self._speaks_another(page) else []
        if is_elsewhere(page.url, shown.route):
            found.append({"id": "another-page", "help": page.url})
        wide = width_of(page)
        if wide > width:
            found.append({"id": "too-wide", "help": f"{wide} pixels in a window of {width}"})
        if width == NARROW and english and not again:
            found += unseen_focus(page) + zoomed(page)
        if width == WIDE:
            found += not_words(page, self.language)
        if self.folder is not None:
            found += axe_violations(page)
        elif english == (width == WIDE) and not again:
            found += axe_violations(page, colours=english)
        file = f"{shown.name}-{self.language}-{width}.png"
        if self.folder is not None:
            page.screenshot(path=self.folder / file, full_page=True)
        self.pages.append(
            {
                "route": shown.route,
                "state": shown.state,
                "language": self.language,
                "width": width,
                "file": file,
                "violations": found,
            }
        )

    def _speaks_another(self, page: Page) -> bool:
        return page.locator("html").get_attribute("lang") != self.language

    @property
    def violations(self) -> list[dict[str, Any]]:
        """The pages with which something is wrong."""
        return [page for page in self.pages if page["violations"]]

    def keep(self, file: Path, app: Flask) -> None:
        """Write what was found to `file`, its messages by the room of `app` that said them."""
        rooms: dict[str, list[str]] = {}
        for rule in app.url_map.iter_rules():
            module = app.view_functions[rule.endpoint].__module__
            if module.startswith("idp.journeys."):
                said = self.messages.get(rule.rule, [])
                rooms.setdefault(module.split(".")[2], []).extend(said)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            json.dumps({"language": self.language, "pages": self.pages, "messages": rooms})
        )


@dataclass(frozen=True)
class Joined:
    """What all walks found together."""

    walks: int
    pages: list[dict[str, Any]]
    messages: dict[str, set[str]]
    """The English messages of forms, by room."""


def joined(folder: Path) -> Joined:
    """Read what every walk kept in `folder`."""
    parts = [json.loads(file.read_text()) for file in sorted((folder / PARTS).glob("*.json"))]
    messages: dict[str, set[str]] = {}
    for part in parts:
        for room, said in part["messages"].items() if part["language"] == "en" else ():
            messages.setdefault(room, set()).update(said)
    return Joined(len(parts), [page for part in parts for page in part["pages"]], messages)


def unseen_focus(page: Page) -> list[dict[str, Any]]:
    """What can be focused without anybody seeing it in forced colours, which have no shadows."""
    page.emulate_media(forced_colors="active")
    hidden: list[str] = page.evaluate(UNSEEN_FOCUS)
    page.emulate_media(forced_colors="none")
    return [{"id": "focus-in-forced-colours", "help": markup} for markup in hidden]


def zoomed(page: Page) -> list[dict[str, Any]]:
    """What is too wide, or out of sight when it has the focus, at 400 % (WCAG 2.2, 2.4.11).

    Of a field all has to be in sight, of anything else a part.
    """
    usual = page.viewport_size
    page.set_viewport_size(ZOOMED)
    wide = width_of(page)
    hidden: list[str] = page.evaluate(HIDDEN_FOCUS)
    if usual is not None:
        page.set_viewport_size(usual)
    found = [{"id": "hidden-focus-at-400-per-cent", "help": markup} for markup in hidden]
    if wide > ZOOMED["width"]:
        found.append({"id": "too-wide-at-400-per-cent", "help": f"{wide} pixels"})
    return found


def not_words(page: Page, language: str) -> list[dict[str, Any]]:
    """What is shown to people and is not for them: escaped markup, places never filled."""
    told: list[str] = page.evaluate(TOLD)
    return [
        {"id": "not-words", "help": " ".join(words.split())[:120]}
        for words in told
        if NOT_WORDS.search(words) or (language == "cy" and NOT_WELSH.search(words))
    ]


def is_elsewhere(url: str, route: str) -> bool:
    """Whether a page at `url` is not what its walk says it shows, where that is a route."""
    parts = [re.escape(part) for part in re.split(r"<[^>]+>", route)]
    return route.startswith("/") and not re.fullmatch("[^/]+".join(parts), urlsplit(url).path)


def width_of(page: Page) -> int:
    """How wide the page is, in pixels."""
    found: int = page.evaluate("document.documentElement.scrollWidth")
    return found
