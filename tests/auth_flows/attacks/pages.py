"""Attacks on pages in a browser: frames, scripts, referrers, types."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.seen import SCRIPT, Seen, all_pages, followed, is_page
from tests.auth_flows.probe import Probe
from tests.auth_flows.wire import Answer

KEEPS_ADDRESSES = {"no-referrer", "same-origin", "strict-origin", "origin"}
"""Policies by which nobody else learns more than where the provider is."""
INLINE = re.compile(r"<script(?![^>]*\bsrc=)([^>]*)>", re.IGNORECASE)
HANDLER = re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE)


def policy_of(answer: Answer) -> dict[str, list[str]]:
    """The directives of a content security policy; a directive that comes twice counts once."""
    found: dict[str, list[str]] = {}
    for rule in answer.header("Content-Security-Policy").lower().split(";"):
        if words := rule.split():
            found.setdefault(words[0], words[1:])
    return found


def _html(seen: list[Seen]) -> list[Seen]:
    return [each for each in seen if is_page(each.answer)]


@attack("UI-01", fix="Send frame-ancestors 'none' and X-Frame-Options: DENY with every page.")
def frames(probe: Probe) -> None:
    for each in _html(all_pages(probe)):
        denied = each.answer.header("X-Frame-Options").upper() in ("DENY", "SAMEORIGIN")
        ancestors = policy_of(each.answer).get("frame-ancestors")
        probe.expect(
            ancestors in (["'none'"], ["'self'"]) and denied,
            each.answer,
            tried=f"framing {each.where}",
            wanted=f"frame-ancestors 'none' and X-Frame-Options: DENY, not {ancestors}",
        )


def _strict(answer: Answer) -> bool:
    policy = policy_of(answer)
    scripts = policy.get("script-src", policy.get("default-src", ["*"]))
    loose = {"'unsafe-eval'", "*", "data:", "http:", "https:", "blob:"} & set(scripts)
    marked = any(source.startswith(("'nonce-", "'sha")) for source in scripts)
    if loose or ("'unsafe-inline'" in scripts and not marked):
        return False
    objects = policy.get("object-src", policy.get("default-src", []))
    return objects == ["'none'"] and policy.get("base-uri") in (["'none'"], ["'self'"])


@attack("UI-02", fix="Send a policy with nonces and without unsafe-inline; escape all output.",
        left_out="pages that only members of staff see")  # fmt: skip
def scripts(probe: Probe) -> None:
    for each in _html(all_pages(probe)):
        probe.expect(
            _strict(each.answer),
            each.answer,
            tried=f"the content security policy of {each.where}",
            wanted="no inline script without nonce, no eval, object-src and base-uri 'none'",
        )
        _nothing_inline(probe, each)
    for name in ("login_hint", "ui_locales", "state", "nonce", "claims_locales", "acr_values"):
        _escaped(probe, name)


def _nothing_inline(probe: Probe, each: Seen) -> None:
    policy = " ".join(policy_of(each.answer).get("script-src", []))
    nonces = re.findall(r"'nonce-([^']+)'", policy)
    inline = INLINE.findall(each.answer.body)
    marked = all(any(nonce in tag.lower() for nonce in nonces) for tag in inline)
    probe.expect(
        marked and not HANDLER.search(each.answer.body) and SCRIPT not in each.answer.body,
        each.answer,
        tried=f"scripts within {each.where}",
        wanted="none without the nonce of its policy",
    )


def _escaped(probe: Probe, name: str) -> None:
    browser = probe.browser()
    answer = probe.authorize(probe.ask(**{name: SCRIPT}), browser=browser)
    shown = followed(probe, browser, answer)
    probe.expect(
        SCRIPT not in shown.body and "<script>alert(1)" not in shown.body,
        shown,
        tried=f"markup in {name}, and the page that follows",
        wanted="it is escaped or not shown",
    )


class _Fetched(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in ("script", "img", "iframe", "embed", "source", "audio", "video"):
            self.addresses.append(told.get("src") or "")
        elif tag == "link" and told.get("rel") not in ("canonical", "alternate"):
            self.addresses.append(told.get("href") or "")


def _of_others(answer: Answer) -> list[str]:
    reader = _Fetched()
    reader.feed(answer.body)
    home = urlsplit(answer.url)[:2]
    whole = [urljoin(answer.url, address) for address in reader.addresses]
    return [a for a in whole if not a.startswith("data:") and urlsplit(a)[:2] != home]


@attack("UI-03", fix="Send Referrer-Policy: same-origin, and fetch nothing from others.")
def referrers(probe: Probe) -> None:
    for each in _html(all_pages(probe)):
        said = each.answer.header("Referrer-Policy").lower()
        probe.expect(
            said in KEEPS_ADDRESSES,
            each.answer,
            tried=f"the referrer policy of {each.where}",
            wanted=f"same-origin or no-referrer, not {said!r}",
        )
        others = _of_others(each.answer)
        probe.expect(
            not others,
            each.answer,
            tried=f"what {each.where} fetches",
            wanted=f"nothing of others, not {', '.join(others[:3])}",
        )
    answer = probe.authorize(probe.ask(prompt="none"))
    probe.expect(
        answer.header("Referrer-Policy").lower() in KEEPS_ADDRESSES,
        answer,
        tried="the referrer policy of an answer to the client",
        wanted="same-origin or no-referrer",
    )


@attack("UI-04", fix="Send nosniff, a Content-Type with charset, and COOP same-origin.")
def types(probe: Probe) -> None:
    seen = all_pages(probe)
    wire = probe.ground.wire
    documents = {
        "the metadata": wire.send("GET", f"{probe.target.home}.well-known/openid-configuration"),
        "the keys": wire.send("GET", probe.endpoint("jwks_uri")),
        "an error of the token endpoint": wire.form(probe.endpoint("token_endpoint"), []),
    }
    for where, answer in [*documents.items(), *((each.where, each.answer) for each in seen)]:
        kind = answer.header("Content-Type").lower()
        exact = "json" in kind if where in documents else "charset=utf-8" in kind.replace('"', "")
        probe.expect(
            answer.header("X-Content-Type-Options").lower() == "nosniff" and exact,
            answer,
            tried=f"the type of {where}",
            wanted=f"nosniff, and the type with its charset, not {kind!r}",
        )
        if "html" in kind:
            opener = answer.header("Cross-Origin-Opener-Policy").lower()
            probe.expect(
                opener.startswith("same-origin"),
                answer,
                tried=f"holding on to the window of {where}",
                wanted="Cross-Origin-Opener-Policy: same-origin",
            )
