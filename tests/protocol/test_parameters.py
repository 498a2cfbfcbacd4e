import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.parameters import (
    from_text,
    parse_authorization,
    parse_token_request,
    single_values,
    to_text,
)
from idp.protocol.vectors_of_trust import Vector
from tests.protocol.examples import CHALLENGE, PARAMETERS, REDIRECT, a_request

NAMES = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "vtr", "claims",
    "ui_locales", "prompt", "max_age", "response_mode", "code_challenge",
    "code_challenge_method", "channel", "login_hint", "id_token_hint", "request",
    "request_uri", "acr_values",
)  # fmt: skip


def test_every_parameter_arrives_under_its_name() -> None:
    request = a_request(
        vtr='["Cl"]',
        claims='{"userinfo": {"https://vocab.account.gov.uk/v1/address": null}}',
        ui_locales="fr cy-GB en",
        prompt="login consent",
        max_age="300",
        response_mode="fragment",
        channel="web",
        login_hint="citizen@example.com",
        id_token_hint="hint",
        request="object",
        acr_values="Cl.Cm Cl",
    )
    assert dataclasses.asdict(request) == {
        "client_id": "tax-account",
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scopes": ("openid", "email"),
        "state": "a state",
        "nonce": "a nonce",
        "vtr": '["Cl"]',
        "vectors": {
            "asked": ({"level": "Cl", "confidence": None},),
            "effective": {"level": "Cl", "confidence": None},
            "named_confidences": frozenset(),
        },
        "claims": {"https://vocab.account.gov.uk/v1/address"},
        "ui_locales": ("fr", "cy-GB", "en"),
        "prompt": {"login", "consent"},
        "max_age": 300,
        "response_mode": "fragment",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "channel": "web",
        "login_hint": "citizen@example.com",
        "id_token_hint": "hint",
        "request": "object",
        "request_uri": None,
        "acr_values": ("Cl.Cm", "Cl"),
        "acr_wanted": None,
        "subject_wanted": None,
        "faults": (),
        "signed": False,
        "senseless": frozenset(),
    }


def test_an_empty_parameter_counts_as_absent_but_an_empty_challenge_is_kept() -> None:
    request = parse_authorization(dict.fromkeys(NAMES, ""))
    assert request.code_challenge == ""
    absent = parse_authorization({})
    assert dataclasses.replace(request, code_challenge=None) == absent
    assert absent.faults == ("response_type is missing", "scope is missing")
    assert absent.vectors is not None
    assert absent.vectors.effective == Vector("Cl.Cm")


@pytest.mark.parametrize(
    ("parameter", "value", "fault"),
    [
        ("response_type", None, "response_type is missing"),
        ("scope", None, "scope is missing"),
        ("scope", "email", "scope does not contain openid"),
        ("scope", "OPENID", "scope does not contain openid"),
        ("prompt", "login Login", "prompt holds an unknown value"),
        ("prompt", "none login", "prompt combines none with another value"),
        ("max_age", "ten", "max_age is not an integer"),
        ("max_age", "1.5", "max_age is not an integer"),
        ("max_age", "١", "max_age is not an integer"),
        ("max_age", " 1", "max_age is not an integer"),
        ("max_age", "2147483648", "max_age is not an integer"),
        ("max_age", "9" * 5000, "max_age is not an integer"),
        ("claims", "nonsense", "claims is not a JSON object of the right shape"),
        ("claims", "[]", "claims is not a JSON object of the right shape"),
        ("claims", '{"userinfo": []}', "claims is not a JSON object of the right shape"),
        ("claims", '{"userinfo": {}, "userinfo": {}}',
         "claims is not a JSON object of the right shape"),
        ("claims", "[" * 100_000, "claims is not a JSON object of the right shape"),
        ("redirect_uri", "https://tax.example/\tcallback", "redirect_uri cannot be read"),
        ("redirect_uri", "https://tax.example/\\evil", "redirect_uri cannot be read"),
        ("redirect_uri", "https://täx.example/", "redirect_uri cannot be read"),
        ("nonce", "a\x00nonce", "nonce holds a control character"),
        ("state", "line\r\nbreak", "state holds a control character"),
        ("login_hint", "\ud800", "login_hint holds a control character"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_fault(parameter: str, value: str | None, fault: str) -> None:
    assert fault in a_request(**{parameter: value}).faults


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("prompt", "none"),
        ("prompt", " login  create "),
        ("max_age", "0"),
        ("max_age", "-5"),
        ("claims", '{"id_token": []}'),
        ("claims", '{"userinfo": {"given_name": {"essential": true}}}'),
        ("nonce", "n\u00a0ö 中 🙂"),
        ("state", "<script>"),
        ("unknown", "whatever"),
    ],
)
def test_what_can_be_read_is_no_fault(parameter: str, value: str) -> None:
    assert a_request(**{parameter: value}).faults == ()


def test_a_request_object_and_its_address_together_are_a_fault() -> None:
    request = a_request(request="object", request_uri="https://tax.example/object")
    assert request.faults == ("request and request_uri were sent together",)


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("-1", None), ("-2", -2), ("060", 60)])
def test_max_age_is_seconds_and_minus_one_is_absent(text: str, seconds: int | None) -> None:
    assert a_request(max_age=text).max_age == seconds


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("-1", -1), ("60", 60)])
def test_in_a_request_object_a_negative_age_is_never_absent(text: str, seconds: int) -> None:
    request = parse_authorization(PARAMETERS | {"max_age": text}, signed=True)
    assert (request.max_age, request.senseless) == (seconds, frozenset())


def test_what_makes_no_sense_in_a_request_object_is_left_for_its_rule() -> None:
    odd = PARAMETERS | {"max_age": "soon", "ui_locales": "en c_y"}
    request = parse_authorization(odd, signed=True)
    assert (request.max_age, request.faults) == (None, ())
    assert request.senseless == {"max_age", "ui_locales"}


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        ("cy", "cy"), ("en-GB", "en"), ("fr CY-gb en", "cy"), ("fr", None), ("cymraeg", None),
        (None, None),
    ],
)  # fmt: skip
def test_the_first_language_we_speak_counts(tags: str | None, language: str | None) -> None:
    assert a_request(ui_locales=tags).language == language


def test_unreadable_vectors_are_left_for_their_rule() -> None:
    request = a_request(vtr="nonsense")
    assert (request.vtr, request.vectors, request.faults) == ("nonsense", None, ())


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state"])
def test_a_doubled_name_that_answers_depend_on_counts_as_absent(name: str) -> None:
    request = parse_authorization(PARAMETERS, {name})
    assert getattr(request, name) is None
    assert request.faults == (f"{name} was sent more than once",)


def test_any_other_doubled_parameter_is_a_fault() -> None:
    request = parse_authorization(PARAMETERS, {"scope", "nonce"})
    assert (request.client_id, request.redirect_uri) == ("tax-account", REDIRECT)
    assert request.faults == ("nonce was sent more than once", "scope was sent more than once")


def test_a_client_id_with_a_control_character_counts_as_absent() -> None:
    assert a_request(client_id="tax\x00account").client_id is None
    assert a_request(client_id="tax-account", nonce="\x00").client_id == "tax-account"
    assert a_request(client_id=None, nonce="\x00").client_id is None


def test_values_are_gathered_and_doubled_names_told() -> None:
    pairs = [("scope", "openid"), ("state", "1"), ("scope", "email"), ("nonce", "")]
    values, repeated = single_values(pairs)
    assert values == {"scope": "email", "state": "1", "nonce": ""}
    assert repeated == {"scope"}


def test_parameters_are_written_down_in_one_way() -> None:
    text = to_text({"state": "ŵ\x00", "client_id": "tax"})
    kept = '{"client_id":"tax","state":"\\u0175\\u0000"}'
    assert text == f'{{"parameters":{kept},"signed":false}}'
    assert from_text(text) == ({"client_id": "tax", "state": "ŵ\x00"}, False)


ANY_VALUE = st.one_of(
    st.text(),
    st.sampled_from(
        ["openid email", '["Cl"]', '{"userinfo":{}}', "none", "-1", "0", REDIRECT, "\x00", "{", "["]
    ),
)


@given(
    st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), ANY_VALUE),
    st.sets(st.sampled_from(NAMES)),
)
def test_reading_never_raises(parameters: dict[str, str], repeated: set[str]) -> None:
    request = parse_authorization(parameters, repeated)
    assert request.state in (parameters.get("state"), None)
    assert request.redirect_uri in (parameters.get("redirect_uri"), None)
    assert bool(repeated) <= bool(request.faults)
    assert from_text(to_text(parameters)) == (parameters, False)
    assert from_text(to_text(parameters, signed=True)) == (parameters, True)


def test_a_token_request_arrives_under_its_names() -> None:
    form = {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": REDIRECT,
        "code_verifier": "verifier",
        "client_id": "tax-account",
        "client_secret": "secret",
        "client_assertion": "assertion",
        "client_assertion_type": "type",
    }
    request = parse_token_request(form | {"unknown": "whatever"})
    assert dataclasses.asdict(request) == form | {"faults": (), "basic": None}
    empty = parse_token_request(dict.fromkeys(form, ""))
    assert set(dataclasses.astuple(empty)) == {None, ()}


def test_a_token_request_keeps_its_faults() -> None:
    request = parse_token_request({"code": "a\x00"}, {"code", "client_id"})
    assert request.faults == (
        "client_id was sent more than once",
        "code was sent more than once",
        "code holds a control character",
    )


@given(st.dictionaries(st.text(max_size=20), st.text()), st.sets(st.text(max_size=5)))
def test_reading_a_token_request_never_raises(form: dict[str, str], repeated: set[str]) -> None:
    assert len(parse_token_request(form, repeated).faults) >= len(repeated)
