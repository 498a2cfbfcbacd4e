"""Every notice in both languages: what it must say, and what it must not."""

import re
from string import Template

import pytest

from idp.domain import email_codes
from idp.domain.email_codes import Purpose
from idp.domain.notice_rendering import Happening, Value, render
from idp.domain.notice_texts import NOTICES
from idp.domain.notice_texts.words import Words
from tests.support.clock import NOON
from tests.support.notices import VALUES

CHROME = "Mozilla/5.0 (Linux; Android 10; K) Chrome/131.0.0.0 Mobile Safari/537.36"
HAPPENING = Happening(NOON, CHROME, "203.0.113.7")
AS_WRITTEN = {
    "en": {
        "client": "tax_2",
        "code": "271828",
        "left": "7",
        "live": "tax_live",
        "number": "AB12-CD34",
        "until": "28 September 2026, 15:13 (UK time)",
    },
    "cy": {
        "client": "tax_2",
        "code": "271828",
        "left": "7",
        "live": "tax_live",
        "number": "AB12-CD34",
        "until": "28 Medi 2026, 15:13 (amser y DU)",
    },
}
DETAILS = {
    "en": (
        "When: 21 September 2026, 15:13 (UK time)\n"
        "Device: Chrome on Android\n"
        "Internet address: 203.0.113.7"
    ),
    "cy": (
        "Pryd: 21 Medi 2026, 15:13 (amser y DU)\n"
        "Dyfais: Chrome ar Android\n"
        "Cyfeiriad rhyngrwyd: 203.0.113.7"
    ),
}
IF_NOT_YOU = {
    "en": r"If it was not you|If you did not|If you do not",
    "cy": r"Os nad chi|Os nad ydych|Os na wnaethoch|Os na ddywedoch",
}
LANGUAGES = pytest.mark.parametrize("language", ["en", "cy"])
KINDS = pytest.mark.parametrize("kind", NOTICES)


def rendered(kind: str, language: str) -> tuple[str, str]:
    return render(kind, language, HAPPENING, {name: VALUES[name] for name in NOTICES[kind].values})


def words_of(kind: str, language: str) -> Words:
    return NOTICES[kind].welsh if language == "cy" else NOTICES[kind].english


@LANGUAGES
@KINDS
def test_says_what_when_where_and_what_to_do(kind: str, language: str) -> None:
    _, body = rendered(kind, language)
    told, details, advice, signature = body.rsplit("\n\n", 3)
    assert len(told) > 40
    assert details == DETAILS[language]
    assert re.search(IF_NOT_YOU[language], advice)
    assert signature.startswith("Onepass\n")
    assert body.endswith(".\n")


@LANGUAGES
@KINDS
def test_uses_every_value_it_is_given(kind: str, language: str) -> None:
    whole = "\n".join(rendered(kind, language))
    for name in NOTICES[kind].values:
        assert AS_WRITTEN[language][name] in whole, name
    words = words_of(kind, language)
    named = {
        name for text in (words.subject, words.told) for name in Template(text).get_identifiers()
    }
    assert named == set(NOTICES[kind].values)
    assert "$" not in whole
    assert "$" not in words.advice


@KINDS
def test_a_code_stands_alone_on_its_line_and_says_how_long_it_works(kind: str) -> None:
    notice = NOTICES[kind]
    assert ("code" in notice.values) == (notice.lifetime is not None)
    if notice.lifetime is None:
        return
    for language, hour, quarter in (("en", "1 hour", "15 minutes"), ("cy", "1 awr", "15 munud")):
        subject, body = rendered(kind, language)
        assert "271828" in body.splitlines()
        assert subject.startswith("271828"), "phones show the beginning"
        assert {3600: hour, 900: quarter}[notice.lifetime] in body


def test_the_code_for_a_new_account_works_as_long_as_its_mail_says() -> None:
    assert NOTICES["email_code"].lifetime == email_codes.LIFETIMES[Purpose.CREATE_ACCOUNT]


@KINDS
def test_welsh_is_not_english(kind: str) -> None:
    english, welsh = NOTICES[kind].english, NOTICES[kind].welsh
    for name in ("subject", "told", "advice"):
        paragraphs = getattr(english, name).split("\n\n")
        translated = getattr(welsh, name).split("\n\n")
        assert len(paragraphs) == len(translated), name
        for one, other in zip(paragraphs, translated, strict=True):
            assert one != other or one.startswith("$"), one


@LANGUAGES
@KINDS
def test_holds_no_link_and_no_address_of_ours(kind: str, language: str) -> None:
    whole = "\n".join(rendered(kind, language)).replace("203.0.113.7", "")
    for mark in ("http", "www", "://", "@", "mailto"):
        assert mark not in whole.lower()
    assert not re.search(r"\w\.\w", whole), "what looks like a host is made a link by readers"


@LANGUAGES
@KINDS
def test_is_plain(kind: str, language: str) -> None:
    """Short sentences, typographic apostrophes, no word of the trade."""
    subject, body = rendered(kind, language)
    assert len(subject) <= 72
    assert "'" not in subject + body
    assert '"' not in subject + body
    assert not re.search(r"\b(OTP|TOTP|MFA|2FA|log in|login|credential)\b", body, re.IGNORECASE)
    words = words_of(kind, language)
    prose = re.sub(r"\$\w+", "x", f"{words.told}\n{words.advice}")
    sentences = [
        sentence.split() for sentence in re.split(r"[.:!?]\s|\n+|[.]$", prose) if sentence.strip()
    ]
    assert max(map(len, sentences)) <= 25
    assert sum(map(len, sentences)) / len(sentences) <= 13


@KINDS
def test_its_name_fits_where_it_is_kept_and_it_says_when_it_is_sent(kind: str) -> None:
    assert NOTICES[kind].kind == kind
    assert re.fullmatch("[a-z_]{1,32}", kind)
    assert NOTICES[kind].sent_when


def test_an_unknown_language_is_english() -> None:
    assert rendered("account_created", "fr") == rendered("account_created", "en")


def test_what_is_not_known_is_not_spoken_of() -> None:
    _, body = render("account_created", "en", Happening(NOON), {})
    assert "\nWhen: 21 September 2026, 15:13 (UK time)\n\n" in body
    assert "Device" not in body
    assert "Internet address" not in body


def test_times_are_those_of_the_united_kingdom_in_summer_and_in_winter() -> None:
    for at, told in (
        (1_782_864_000, "1 July 2026, 01:00 (UK time)"),
        (1_798_761_600, "1 January 2027, 00:00 (UK time)"),
    ):
        assert f"When: {told}" in render("account_created", "en", Happening(at), {})[1]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("account_created", {"code": "123456"}),
        ("email_code", {}),
        ("email_code", {"code": "123456", "left": 1}),
        ("email_code", {"code": "12345"}),
        ("email_code", {"code": "123456\n"}),
        ("email_code", {"code": "call 0800 000 000"}),
        ("recovery_code_used", {"left": "-1"}),
        ("activity_reported", {"number": "http://evil.example"}),
        ("recovery_begun", {"until": "soon"}),
        ("client_suspended", {"client": "call 0800 000 000"}),
    ],
)
def test_other_values_than_it_needs_are_refused(kind: str, values: dict[str, Value]) -> None:
    rendered(kind, "en")
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, it is not sent
        render(kind, "en", HAPPENING, values)


def test_a_notice_that_does_not_exist() -> None:
    with pytest.raises(KeyError):
        render("nothing", "en", HAPPENING, {})


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("unix:", None),
        ("203.0.113.7\r\nCall 0800 000 000", None),
    ],
)
def test_only_an_internet_address_is_told_as_one(address: str, told: str | None) -> None:
    _, body = render("signed_out_everywhere", "en", Happening(NOON, address=address), {})
    lines = [line for line in body.splitlines() if line.startswith("Internet address: ")]
    assert lines == ([f"Internet address: {told}"] if told else [])
    assert "0800" not in body
