"""Both languages are complete, and Welsh is not English under another name."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tools import dead_templates, translations

ROOT = Path(__file__).resolve().parents[2]

SAME_IN_BOTH = {
    "Onepass",
    "English",
    "Cymraeg",
    "Onepass {name}",
}
"""Names that are the same in English and in Welsh."""


def catalogue_of(package: str) -> Catalog:
    path = ROOT / package / "translations" / "cy" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale="cy")


@pytest.mark.parametrize("package", translations.PACKAGES)
def test_every_message_of_the_code_and_the_templates_is_in_welsh(
    package: str, tmp_path: Path
) -> None:
    wanted_file = tmp_path / "messages.pot"
    translations.extract(ROOT / package, wanted_file)
    with wanted_file.open("rb") as file:
        wanted = read_po(file)
    assert len(wanted) > 20, "nothing was extracted, so nothing would be missed"
    assert translations.faults(wanted, catalogue_of(package)) == []


@pytest.mark.parametrize("package", translations.PACKAGES)
def test_welsh_differs_from_english(package: str) -> None:
    same = []
    for message in catalogue_of(package):
        english, welsh = _texts(message.id)[:1], _texts(message.string)[:1]
        has_words = any(character.isalpha() for character in "".join(english))
        if has_words and english == welsh and english[0] not in SAME_IN_BOTH:
            same += english
    assert same == []


@pytest.mark.parametrize("package", translations.PACKAGES)
def test_no_word_holds_a_straight_apostrophe(package: str) -> None:
    straight = [
        text
        for message in catalogue_of(package)
        for text in (*_texts(message.id), *_texts(message.string))
        if "'" in text
    ]
    assert straight == []


@pytest.mark.parametrize("package", translations.PACKAGES)
def test_no_template_is_dead(package: str) -> None:
    assert dead_templates.templates(ROOT / package), "no template was found at all"
    assert dead_templates.dead(ROOT / package) == []


def test_a_missing_a_stale_and_a_fuzzy_message_are_seen() -> None:
    wanted, have = Catalog(locale="cy"), Catalog(locale="cy", fuzzy=False)
    wanted.add("There")
    wanted.add("Unsure")
    have.add("Unsure", "Ansicr", flags=["fuzzy"])
    have.add("Gone", "Wedi mynd")
    assert translations.faults(wanted, have) == [
        "fuzzy: 'Unsure'",
        "missing: 'There'",
        "stale: 'Gone'",
    ]


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []
