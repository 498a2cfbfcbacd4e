"""Reading a page as a browser would, and what must be true of every page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'")
ANONYMOUS = "/feedback?"
"""The form that acts for nobody, and has no token."""
VOID = {"br", "hr", "img", "input", "link", "meta"}


@dataclass
class Form:
    """A form of the page: where it goes and what it would send as it stands."""

    method: str
    action: str
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class PageReader(HTMLParser):
    """Title, headings, forms, links and words of one page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.language = ""
        self.title = ""
        self.headings: list[str] = []
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.inline_styles: list[str] = []
        self._words: list[str] = []
        self._open: list[str] = []
        self._link: str | None = None
        self._button: tuple[str, str] | None = None
        self.feed(html)

    @property
    def text(self) -> str:
        """The words a person reads, spaces collapsed."""
        return " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element means for the page."""
        values = dict(attrs)
        if tag not in VOID:
            self._open.append(tag)
        if values.get("id"):
            self.ids.append(values["id"] or "")
        if "style" in values:
            self.inline_styles.append(tag)
        if tag == "html":
            self.language = values.get("lang") or ""
        elif tag == "h1":
            self.headings.append("")
        elif tag == "a" and values.get("href"):
            self._link = values["href"]
            self.links.append((values["href"] or "", ""))
        elif tag == "script":
            self.scripts.append(values)
        elif tag == "form":
            method = (values.get("method") or "get").lower()
            self.forms.append(Form(method, values.get("action") or ""))
        elif tag in ("input", "textarea", "select", "button") and self.forms:
            self._control(tag, values)

    def _control(self, tag: str, values: dict[str, str | None]) -> None:
        name, value = values.get("name"), values.get("value") or ""
        kind = values.get("type") or ""
        if tag == "button" or kind == "submit":
            self._button = (name or "", value)
            self.forms[-1].buttons.append((name or "", value))
        elif name and not (kind in ("radio", "checkbox") and "checked" not in values):
            self.forms[-1].values[name] = value

    def handle_endtag(self, tag: str) -> None:
        """Close the element."""
        while self._open and self._open.pop() != tag:
            pass
        if tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        """Give the words to whatever is open."""
        if "title" in self._open and "svg" not in self._open:
            self.title += data
        elif "h1" in self._open and self.headings:
            self.headings[-1] += data
        if self._link is not None:
            href, words = self.links[-1]
            self.links[-1] = (href, words + data)
        if not {"script", "style", "head"} & set(self._open):
            self._words.append(data)


def problems_of(html: str, headers: Mapping[str, str], origin: str) -> list[str]:
    """What is wrong with a page that must hold for every page; empty when nothing is.

    `origin` is the page's own, so that forms which lead elsewhere need no token of ours.
    """
    page = PageReader(html)
    found = [] if page.title.strip() else ["no title"]
    if len(page.headings) != 1 or not page.headings[0].strip():
        found.append(f"{len(page.headings)} h1 elements")
    if page.language not in ("en", "cy"):
        found.append(f"language {page.language!r}")
    doubled = {name for name in page.ids if page.ids.count(name) > 1}
    if doubled:
        found.append(f"ids used twice: {sorted(doubled)}")
    if page.inline_styles:
        found.append(f"inline styles on {page.inline_styles}")
    for form in page.forms:
        foreign = urlsplit(urljoin(origin, form.action)).netloc != urlsplit(origin).netloc
        ours = form.method == "post" and not foreign and not form.action.startswith(ANONYMOUS)
        if ours and not form.values.get("csrf_token"):
            found.append(f"the form to {form.action!r} has no CSRF token")
    return found + header_problems(page, headers)


def header_problems(page: PageReader, headers: Mapping[str, str]) -> list[str]:
    """What is wrong with the headers of this page."""
    found = [
        f"{name} is {headers.get(name)!r}"
        for name, value in EVERYWHERE.items()
        if headers.get(name) != value
    ]
    policy = headers.get("Content-Security-Policy", "")
    found += [f"the policy lacks {part!r}" for part in POLICY if part not in policy]
    if "unsafe" in policy or "*" in policy:
        found.append(f"the policy is open: {policy}")
    for script in page.scripts:
        nonce = script.get("nonce")
        if not script.get("src") and (not nonce or f"'nonce-{nonce}'" not in policy):
            found.append("an inline script that the policy does not name")
    if "no-store" not in headers.get("Cache-Control", ""):
        found.append(f"Cache-Control is {headers.get('Cache-Control')!r}")
    return found
