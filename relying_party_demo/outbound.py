"""Calls from the department to its provider: JSON over HTTP, and nothing surprising.

Owns: time limits, size limits, no redirects, no cookies, no proxy from the environment.
Owns not: what is called or what the answers mean.
"""

import json
import time
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests

TIMEOUT = (3.05, 10.0)
LARGEST_ANSWER = 256 * 1024


class ProviderUnreachable(Exception):
    """The provider did not answer, or not with JSON of a sensible size."""


@dataclass(frozen=True)
class Answer:
    """What the provider said: the HTTP status, its JSON object, and how long it took."""

    status: int
    body: dict[str, object]
    milliseconds: int


class Outbound:
    """One pool of connections to the provider, shared by all threads."""

    def __init__(self, certificates: str | None = None) -> None:
        self._session = requests.Session()
        # What the environment says about proxies and .netrc is not meant for this conversation.
        self._session.trust_env = False
        self._session.verify = certificates or True
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # One Login's edge refuses callers that do not name themselves.
        self._session.headers["User-Agent"] = "onepass-department/1"
        self._session.headers["Accept"] = "application/json"

    def get(self, url: str, *, bearer: str | None = None) -> Answer:
        """GET ``url``, with an access token when one is given. Raises ProviderUnreachable."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return self._call("GET", url, headers=headers)

    def post_form(self, url: str, form: dict[str, str]) -> Answer:
        """POST ``form`` to ``url``. Raises ProviderUnreachable."""
        return self._call("POST", url, form=form)

    def _call(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
    ) -> Answer:
        started = time.monotonic()
        try:
            with self._session.request(
                method,
                url,
                headers=headers,
                data=form,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
                status = response.status_code
        except (requests.RequestException, OSError) as fault:
            # The fault may quote the address, never the form or the headers.
            raise ProviderUnreachable(type(fault).__name__) from fault
        took = int((time.monotonic() - started) * 1000)
        return Answer(status, _json_object(content), took)


def _json_object(content: bytes) -> dict[str, object]:
    """The JSON object in ``content``; an empty body is an empty object (UserInfo's refusals)."""
    if len(content) > LARGEST_ANSWER:
        raise ProviderUnreachable("answer too large")
    if not content:
        return {}
    try:
        body = json.loads(content)
    except ValueError as fault:
        raise ProviderUnreachable("answer is not JSON") from fault
    if not isinstance(body, dict):
        raise ProviderUnreachable("answer is not a JSON object")
    return body
