"""What a browser says of itself, in our words and in nobody else's."""

import pytest

from idp.domain.devices import described

APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
GOOGLE = "AppleWebKit/537.36 (KHTML, like Gecko)"

KNOWN = {
    f"Mozilla/5.0 (Linux; Android 10; K) {GOOGLE} Chrome/131.0.0.0 Mobile Safari/537.36": (
        "Chrome", "Android"),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {GOOGLE} Chrome/131.0.0.0 Safari/537.36": (
        "Chrome", "Windows"),
    f"Mozilla/5.0 (Windows NT 10.0) {GOOGLE} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0": (
        "Edge", "Windows"),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {GOOGLE} Chrome/131.0.0.0 Safari/537.36": (
        "Chrome", "ChromeOS"),
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 14) {GOOGLE} Chrome/131 Safari/537 OPR/116": (
        "Opera", "Mac"),
    f"Mozilla/5.0 (Linux; Android 14; SM-S911B) {GOOGLE} SamsungBrowser/27.0 Chrome/125": (
        "Samsung Internet", "Android"),
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0": (
        "Firefox", "Linux"),
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {APPLE} FxiOS/133.0 Safari/605": (
        "Firefox", "iPhone"),
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {APPLE} Version/18.1 Safari/604": (
        "Safari", "iPhone"),
    f"Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) {APPLE} CriOS/131.0 Safari/604.1": (
        "Chrome", "iPad"),
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/17.6 Safari/605.1.15": (
        "Safari", "Mac"),
}  # fmt: skip


@pytest.mark.parametrize(("user_agent", "expected"), KNOWN.items())
def test_browsers_that_people_use_are_named(user_agent: str, expected: tuple[str, str]) -> None:
    browser, system = expected
    assert described(user_agent, "en") == f"{browser} on {system}"
    assert described(user_agent, "cy") == f"{browser} ar {system}"


@pytest.mark.parametrize(
    ("user_agent", "known"),
    [
        ("", ""),
        ("curl/8.5.0", ""),
        ("Our support line: call 0800 000 000\r\n http://evil.example/", ""),
        ("Something new on Windows", "Windows"),
        ("Firefox/1 on nothing known; call 0800 000 000", "Firefox"),
    ],
)
def test_nothing_that_it_says_is_repeated(user_agent: str, known: str) -> None:
    assert described(user_agent, "en") == known
