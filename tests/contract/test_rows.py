"""The rows and the marks on tests fit each other, whatever the tests then find."""

import pytest

from tools import contract, contract_rows
from tools.contract import Results
from tools.contract_rows import Row

AWAITED = {
    "1.endpoint.did",
    "1.endpoint.register",
    "1.endpoint.register_client",
    "1.discovery.registration_endpoint",
    "1.discovery.token_endpoint_auth_methods_supported",
    "1.discovery.claims_supported",
    "1.discovery.request_parameter_supported",
    "1.discovery.service_documentation",
    "1.discovery.op_policy_uri",
    "1.discovery.op_tos_uri",
    "1.discovery.no_acr_values",
    "1.did.context",
    "1.did.id",
    "1.did.assertion_method",
    "1.did.controller",
    "1.trustmark.document",
    "2.parameter.response_mode",
    "2.parameter.request",
    "2.parameter.id_token_hint",
    "2.parameter.login_hint",
    "2.parameter_in_object.client_id",
    "2.parameter_in_object.response_type",
    "2.parameter_in_object.scope",
    "2.parameter_in_object.redirect_uri",
    "2.parameter_in_object.state",
    "2.parameter_in_object.nonce",
    "2.parameter_in_object.vtr",
    "2.parameter_in_object.claims",
    "2.parameter_in_object.ui_locales",
    "2.parameter_in_object.prompt",
    "2.parameter_in_object.max_age",
    "2.parameter_in_object.response_mode",
    "2.parameter_in_object.code_challenge",
    "2.parameter_in_object.channel",
    "2.parameter_in_object.request",
    "2.parameter_in_object.request_uri",
    "2.parameter_in_object.id_token_hint",
    "2.parameter_in_object.login_hint",
    "2.parameter_in_object.rp_sid",
    "2.parameter_in_object.analytics",
    "2.query.20",
    "2.query.22a",
    "2.query.22b",
    "2.query.22c",
    "2.object.a",
    "2.object.b",
    "2.object.b2",
    "2.object.c",
    "2.object.c_optional",
    "2.object.d_address",
    "2.object.d_mode",
    "2.object.e",
    "2.object.g_type",
    "2.object.g_scope",
    "2.object.h",
    "2.object.i",
    "2.object.j",
    "2.object.k",
    "2.object.l_type",
    "2.object.l_scope",
    "2.object.l_claims",
    "2.object.l_nonce",
    "2.object.l_pkce",
    "2.object.l_vtr",
    "2.object.m",
    "2.object.n_negative",
    "2.object.n_unreadable",
    "2.object.o",
    "2.object.p",
    "2.object.algorithms",
    "2.object.encrypted",
    "2.object.sub",
    "2.object.only",
    "2.object.error_mode",
    "2.after.access_denied_identity",
    "2.after.login_required",
    "2.prompt.login_with_hint",
    "3.failure.secret_unreadable",
    "3.client.secret",
    "3.client.basic",
    "3.access_token.identity",
    "4.identity.core_identity_jwt",
    "4.identity.address",
    "4.identity.passport",
    "4.identity.driving_permit",
    "4.identity.return_code",
    "4.core.header",
    "4.core.iss",
    "4.core.sub",
    "4.core.aud",
    "4.core.times",
    "4.core.vot",
    "4.core.vtm",
    "4.core.vc_type",
    "4.core.vc_subject",
    "4.core.key",
    "4.outcome.proven",
    "4.outcome.return_code",
    "4.outcome.access_denied",
    "4.error.unknown_claim",
    "5.sso.no_consent",
    "5.sso.reauthentication",
    "5.sso.reauthentication_hint",
    "5.sso.reauthentication_failed",
    "5.sso.reauthentication_level",
    "5.sso.identity",
    "5.back_channel.reauthentication",
    "5.back_channel.intervention",
    "5.back_channel.operator",
    "6.field.contacts",
    "6.field.sector_identifier_uri",
    "6.field.token_endpoint_auth_method",
    "6.field.client_secret",
    "6.registration.error",
    "6.registration.order",
    "6.registration.missing",
    "6.registration.unknown_client",
    "6.registration.placeholders",
    "7.lifetime.core_identity",
    "7.cache.did",
    "7.skew.request_object",
    "7.rate.client",
    "7.lock.reauthentication",
    "7.code.email_life_otherwise",
}
"""Rows of what is being built. Whoever marks the first test of one takes it out of here."""


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    """Every row; loading them judges what they say."""
    return contract_rows.load()


@pytest.fixture(scope="module")
def marked() -> Results:
    """Every test with a mark, found and not run."""
    return contract.run("--collect-only", "-q")


def test_every_mark_names_a_row_that_there_is_something_to_test_of(
    rows: dict[str, Row], marked: Results
) -> None:
    assert len(marked) > 500, "the marks were not found"
    assert contract.complaints(rows, marked, []) == []


def test_every_row_has_a_test_or_is_awaited(rows: dict[str, Row], marked: Results) -> None:
    tested = {row for result in marked.values() for row in result["rows"]}
    untested = {row.id for row in rows.values() if row.needs_a_test and row.id not in tested}
    assert untested - AWAITED == set(), "these have lost their test"
    assert AWAITED - untested == set(), "these are awaited no more"


def test_a_row_is_said_in_few_words_of_our_own(rows: dict[str, Row]) -> None:
    said = [row.expects for row in rows.values()]
    assert max(map(len, said)) < 220
