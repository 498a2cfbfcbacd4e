import json

import pytest
from _pytest.mark import ParameterSet
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.vectors_of_trust import (
    DEFAULT,
    Vector,
    VectorsNotValid,
    parse,
    permitted,
    reaches,
)

REGISTERED = pytest.mark.row("2.vtr.registered")
IDENTITY = pytest.mark.row("2.vtr.identity")


def proves(row: str, *case: str | None) -> ParameterSet:
    return pytest.param(*case, marks=pytest.mark.row(row))


@pytest.mark.parametrize(
    ("text", "level", "confidence"),
    [
        proves("2.parameter.vtr", None, "Cl.Cm", None),
        proves("2.vtr.empty", "[]", "Cl.Cm", None),
        proves("2.vtr.credential", '["Cl"]', "Cl", None),
        proves("2.vtr.credential", '["Cl.Cm"]', "Cl.Cm", None),
        proves("2.vtr.order", '["Cm.Cl"]', "Cl.Cm", None),
        proves("2.vtr.confidence", '["Cl.P0"]', "Cl", "P0"),
        proves("2.vtr.confidence", '["Cl.Cm.P0"]', "Cl.Cm", "P0"),
        proves("2.vtr.order", '["P2.Cm.Cl"]', "Cl.Cm", "P2"),
        proves("2.vtr.confidence", '["Cl.Cm.P3"]', "Cl.Cm", "P3"),
        proves("2.vtr.other_parts", '["Cl.Cm.X9.z"]', "Cl.Cm", None),
        proves("2.vtr.several", '["Cl.Cm.P2","Cl.Cm.P1"]', "Cl.Cm", "P1"),
        proves("2.vtr.effective", '["Cl.Cm","Cl"]', "Cl", None),
        proves("2.vtr.effective", '["Cl.P0","Cl.Cm"]', "Cl.Cm", None),
        (' [ "Cl" ] ', "Cl", None),
    ],
)
def test_the_lowest_vector_is_in_force(
    text: str | None, level: str, confidence: str | None
) -> None:
    vectors = parse(text)
    assert vectors.effective == Vector(level, confidence)
    assert vectors.identity == (confidence in {"P1", "P2", "P3"})


@pytest.mark.parametrize(
    "text",
    [
        "Cl.Cm", '"Cl.Cm"', "{}", "null", "[1]", "[null]", '[["Cl"]]', "[" * 100_000,
        '["Cm"]', '["P2"]', '[""]', '["cl.cm"]', '["Cl.Cl"]', '["Cl Cm"]', '["C"]',
        '["Cl.Cm.P4"]', '["Cl.P2"]', '["Cl.P1"]', '["Cl.Cm.P1.P2"]', '["Cl.Cm.P2.P2"]',
        '["Cl.Cm.P"]', '["Cl.Cm","Cl.Cm.P2"]', '["Cl.Cm.P0","Cl.Cm.P1"]', '["Cl","nonsense"]',
    ],
)  # fmt: skip
def test_what_is_malformed_or_illegal_is_refused(text: str) -> None:
    with pytest.raises(VectorsNotValid):
        parse(text)


@pytest.mark.parametrize(
    ("text", "levels", "identity_supported", "answer"),
    [
        ('["Cl.Cm"]', set(), False, True),
        ('["Cl.Cm.P0"]', {"P0"}, False, True),
        pytest.param('["Cl.Cm.P0"]', {"P2"}, True, False, marks=REGISTERED),
        pytest.param('["Cl.Cm.P2"]', {"P0", "P2"}, True, True, marks=REGISTERED),
        pytest.param('["Cl.Cm.P2"]', {"P0", "P2"}, False, False, marks=IDENTITY),
        pytest.param('["Cl.Cm.P1","Cl.Cm.P2"]', {"P2"}, True, False, marks=REGISTERED),
    ],
)
def test_every_named_level_must_be_registered(
    text: str, levels: set[str], identity_supported: bool, answer: bool
) -> None:
    assert permitted(parse(text), levels, identity_supported=identity_supported) is answer


@pytest.mark.parametrize(
    ("level", "wanted", "answer"),
    [("Cl", "Cl", True), ("Cl.Cm", "Cl", True), ("Cl", "Cl.Cm", False), ("Cl.Cm", "Cl.Cm", True)],
)
def test_a_higher_level_satisfies_a_lower_one(level: str, wanted: str, answer: bool) -> None:
    assert reaches(level, wanted) is answer


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        vectors = parse(text)
    except VectorsNotValid:
        return
    assert vectors.asked


PARTS = st.sampled_from(["Cl", "Cm", "P0", "P1", "P2", "P3", "P4", "Xx", ""])


@given(st.lists(st.lists(PARTS, max_size=4).map(".".join), max_size=3))
def test_the_order_of_parts_and_vectors_does_not_matter(members: list[str]) -> None:
    turned = [".".join(reversed(member.split("."))) for member in reversed(members)]
    try:
        vectors = parse(json.dumps(members))
    except VectorsNotValid:
        with pytest.raises(VectorsNotValid):
            parse(json.dumps(turned))
    else:
        assert parse(json.dumps(turned)).effective == vectors.effective
        assert vectors.asked or vectors is DEFAULT
