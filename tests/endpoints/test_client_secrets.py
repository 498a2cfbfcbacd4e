"""Clients with a secret: in the header or in the body, generated here or imported."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy import event

from idp.domain.clients import Client
from idp.domain.passwords import Hasher, TooBusy
from tests.endpoints.provider import Provider, refusal
from tests.support.clock import FixedClock
from tests.support.relying_party import RelyingParty, basic
from tests.support.secrets import one_logins_hash

CHALLENGE = 'Basic realm="onepass"'
NO_METHOD = (401, "invalid_client", "Invalid token authentication method used")
OPENID = {"profile": "openid"}
SECRET = "One Login's own: 100% + secret"


def a_party(provider: Provider, method: str = "client_secret_basic") -> RelyingParty:
    return provider.party(method=method, more=OPENID)


class TestBasic:
    @pytest.mark.row("3.client.basic")
    def test_it_works_for_an_openid_client(self, provider: Provider) -> None:
        party = a_party(provider)
        assert provider.tokens(party)[1]["id_token"]

    def test_the_body_may_name_the_client_again(self, provider: Provider) -> None:
        party, browser = a_party(provider), provider.signed_in()
        asked, code = browser.code(party)
        other = provider.redeem(party, asked, code, client_id="somebody-else")
        assert refusal(other) == (
            400, "invalid_request", "Invalid token authentication method used")  # fmt: skip
        assert "WWW-Authenticate" not in other.headers
        answer = provider.redeem(party, asked, code, client_id=party.client_id)
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        ("name", "secret", "words"),
        [
            ("{id}", "wrong", "Invalid client secret"),
            ("{id}", "", "Invalid client secret"),
            ("nobody", "{secret}", "Invalid token authentication method used"),
            ("{id}:", "{secret}", "Invalid token authentication method used"),
            ("", "{secret}", "Invalid token authentication method used"),
            ("{id}\x00", "{secret}", "Invalid token authentication method used"),
            ("x" * 65, "{secret}", "Invalid token authentication method used"),
        ],
    )
    def test_a_wrong_pair_is_answered_there(
        self, provider: Provider, name: str, secret: str, words: str
    ) -> None:
        """CLIENT-01, CLIENT-05."""
        party = a_party(provider)
        asked, code = provider.signed_in().code(party)
        form = party.token_form(asked, code, provider.now)
        values = {"id": party.client_id, "secret": str(party.secret)}
        answer = provider.token(form, **basic(name.format(**values), secret.format(**values)))
        assert refusal(answer) == (401, "invalid_client", words)
        assert answer.headers["WWW-Authenticate"] == CHALLENGE
        assert answer.headers["Cache-Control"] == "no-store"
        assert provider.token(form, **party.headers).status_code == 200

    @pytest.mark.parametrize("header", ["Basic", "Basic ", "Basic !", "Basic YQ==", "basic YTpi,"])
    def test_a_header_that_cannot_be_read(self, provider: Provider, header: str) -> None:
        party = a_party(provider)
        asked, code = provider.signed_in().code(party)
        form = party.token_form(asked, code, provider.now)
        answer = provider.token(form, Authorization=header)
        if header == "Basic":
            # No scheme that we know: as if there were no header at all.
            assert answer.status_code == 400
        else:
            assert refusal(answer) == NO_METHOD
        assert provider.token(form, **party.headers).status_code == 200

    @pytest.mark.parametrize(
        "beside",
        [
            {"client_secret": "{secret}"},
            {"client_id": "{id}", "client_secret": "{secret}"},
            {"client_assertion": "a.b.c"},
            {"client_assertion_type": "t"},
        ],
        ids=["a secret", "both", "an assertion", "a type"],
    )
    def test_two_methods_at_once_are_refused(
        self, provider: Provider, beside: dict[str, str]
    ) -> None:
        """CLIENT-04."""
        party = a_party(provider)
        asked, code = provider.signed_in().code(party)
        form = party.token_form(asked, code, provider.now)
        values = {"id": party.client_id, "secret": str(party.secret)}
        more = {name: value.format(**values) for name, value in beside.items()}
        answer = provider.token(form | more, **party.headers)
        assert refusal(answer) == (
            400, "invalid_request", "Invalid token authentication method used")  # fmt: skip
        assert provider.token(form, **party.headers).status_code == 200

    @pytest.mark.parametrize("method", ["private_key_jwt", "client_secret_post"])
    def test_only_the_registered_method_works(self, provider: Provider, method: str) -> None:
        """CLIENT-03."""
        party = a_party(provider, method)
        asked, code = provider.signed_in().code(party)
        form = party.token_form(asked, code, provider.now)
        kept = {name: value for name, value in form.items() if not name.startswith("client_")}
        answer = provider.token(kept, **basic(party.client_id, str(party.secret)))
        words = "Client is not registered to use client_secret_basic"
        assert refusal(answer) == (401, "invalid_client", words)
        assert answer.headers["WWW-Authenticate"] == CHALLENGE
        assert provider.token(form).status_code == 200

    def test_a_basic_client_may_not_put_its_secret_into_the_body(self, provider: Provider) -> None:
        party = a_party(provider)
        asked, code = provider.signed_in().code(party)
        form = party.token_form(asked, code, provider.now)
        body = {"client_id": party.client_id, "client_secret": str(party.secret)}
        words = "Client is not registered to use client_secret_post"
        assert refusal(provider.token(form | body)) == (400, "invalid_client", words)
        assert provider.token(form, **party.headers).status_code == 200

    def test_the_parameters_are_still_asked_first(self, provider: Provider) -> None:
        party = a_party(provider)
        asked, code = provider.signed_in().code(party)
        answer = provider.redeem(party, asked, code, grant_type=None)
        assert refusal(answer) == (
            400, "invalid_request", "Request is missing grant_type parameter")  # fmt: skip
        assert provider.redeem(party, asked, code).status_code == 200

    def test_the_record_names_who_tried(self, provider: Provider) -> None:
        party, other = a_party(provider), provider.party(method="client_secret_post")
        for client in (party, other):
            provider.token({}, **basic(client.client_id, "wrong"))
            form = party.token_form(party.ask(), "x", provider.now)
            provider.token(form, **basic(client.client_id, "wrong"))
        assert "client_authentication_refused" in provider.facts(client_id=party.client_id)
        assert provider.facts(client_id=other.client_id).count("client_authentication_refused") == 2


def importing(
    provider: Provider, method: str, secret: str = SECRET, **more: object
) -> RelyingParty:
    party = provider.party(
        method=method, more=OPENID | {"client_secret_hash": one_logins_hash(secret)} | more
    )
    assert party.secret is None, "an imported secret is not made anew"
    party.secret = secret
    return party


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """For every hash of a client's secret: whether a transaction was open then."""
    seen: list[bool] = []
    begun: set[int] = set()
    real = Hasher.verify_secret

    def began(connection: sa.Connection) -> None:
        begun.add(id(connection))

    def ended(connection: sa.Connection) -> None:
        begun.discard(id(connection))

    def watched(self: Hasher, encoded: str, secret: str) -> bool:
        seen.append(bool(begun))
        return real(self, encoded, secret)

    hooks = (("begin", began), ("commit", ended), ("rollback", ended))
    for name, hook in hooks:
        event.listen(sa.Engine, name, hook)
    monkeypatch.setattr(Hasher, "verify_secret", watched)
    yield seen
    for name, hook in hooks:
        event.remove(sa.Engine, name, hook)


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
class TestImported:
    @pytest.mark.row("3.client.secret", "6.field.client_secret")
    def test_it_is_verified_once_and_outside_every_transaction(
        self, provider: Provider, method: str, work: list[bool]
    ) -> None:
        party, browser = importing(provider, method), provider.signed_in()
        for _ in range(3):
            assert provider.tokens(party, browser)[1]["id_token"]
        assert provider.ask_about(party, "no token").get_json() == {"active": False}
        assert work == [False]

    def test_it_is_verified_outside_a_transaction_at_introspection_too(
        self, provider: Provider, method: str, work: list[bool]
    ) -> None:
        party = importing(provider, method)
        assert provider.ask_about(party, "no token").get_json() == {"active": False}
        assert work == [False]

    def test_a_wrong_one(self, provider: Provider, method: str) -> None:
        party, browser = importing(provider, method), provider.signed_in()
        asked, code = browser.code(party)
        right, party.secret = party.secret, "wrong"
        answer = provider.redeem(party, asked, code)
        status = 401 if method == "client_secret_basic" else 400
        assert refusal(answer) == (status, "invalid_client", "Invalid client secret")
        party.secret = right
        assert provider.redeem(party, asked, code).status_code == 200

    def test_it_is_stored_apart_and_never_shown(self, provider: Provider, method: str) -> None:
        party = importing(provider, method)
        with provider.records() as session:
            stored = session.get_one(Client, party.client_id)
        assert "argon2" not in stored.registration
        assert stored.secret_hash is None
        assert stored.imported_secret_hash == one_logins_hash(SECRET)

    def test_when_too_many_are_verified_the_code_is_still_good(
        self, provider: Provider, method: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        party = importing(provider, method)
        asked, code = provider.signed_in().code(party)

        def busy(self: Hasher, encoded: str, secret: str) -> bool:
            raise TooBusy

        with monkeypatch.context() as patch:
            patch.setattr(Hasher, "verify_secret", busy)
            answer = provider.redeem(party, asked, code)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.get_json()["error"] == "temporarily_unavailable"
        assert provider.redeem(party, asked, code).status_code == 200

    @pytest.mark.row("3.failure.secret_unreadable")
    @pytest.mark.parametrize(
        "stored",
        ["nonsense", "$argon2id$v=19$m=4194304,t=9,p=1$c29tZSBzYWx0IHRoYXQ$aGFzaCBvZiBhIHNlY3JldA"],
        ids=["no hash", "a bomb"],
    )
    def test_a_stored_hash_that_cannot_be_used(
        self, provider: Provider, method: str, stored: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It cannot be registered; here somebody wrote it into the database."""
        party = importing(provider, method)
        asked, code = provider.signed_in().code(party)
        put_hash(provider, party, stored)
        with monkeypatch.context() as patch:
            patch.setattr(PasswordHasher, "verify", lambda *_: pytest.fail("it was computed"))
            answer = provider.redeem(party, asked, code)
        assert refusal(answer) == (400, "invalid_request", "Invalid client secret")
        put_hash(provider, party, one_logins_hash(SECRET))
        assert provider.redeem(party, asked, code).status_code == 200

    def test_a_new_hash_counts_and_the_old_one_is_forgotten(
        self, provider: Provider, method: str
    ) -> None:
        party, browser = importing(provider, method), provider.signed_in()
        assert provider.tokens(party, browser)
        party.more["client_secret_hash"] = one_logins_hash("the next secret")
        provider.register(party)
        asked, code = browser.code(party)
        assert provider.redeem(party, asked, code).get_json()["error"] == "invalid_client"
        party.secret = "the next secret"
        assert provider.redeem(party, asked, code).status_code == 200

    def test_null_asks_for_a_secret_of_ours(self, provider: Provider, method: str) -> None:
        party, browser = importing(provider, method), provider.signed_in()
        party.more["client_secret_hash"], party.secret = None, None
        assert len(str(provider.register(party).secret)) == 43
        assert provider.tokens(party, browser)

    def test_five_minutes_later_it_is_verified_again(
        self, provider: Provider, method: str, work: list[bool]
    ) -> None:
        clock: FixedClock = provider.clock
        party = importing(provider, method)
        assert provider.ask_about(party, "x").status_code == 200
        clock.move(299)
        assert provider.ask_about(party, "x").status_code == 200
        clock.move(301)
        assert provider.ask_about(party, "x").status_code == 200
        assert len(work) == 3


def put_hash(provider: Provider, party: RelyingParty, stored: str) -> None:
    with provider.records() as session:
        session.get_one(Client, party.client_id).imported_secret_hash = stored
    provider.wiring.registry.forget()


def test_a_secret_with_every_kind_of_letter_arrives_whole(provider: Provider) -> None:
    secret = "a:b%2B+c d/e=f&g ŵ"
    party = importing(provider, "client_secret_basic", secret)
    assert provider.tokens(party)[1]["id_token"]
    posting = importing(provider, "client_secret_post", secret)
    assert "+" in urlencode({"client_secret": secret})
    assert provider.tokens(posting)[1]["id_token"]
