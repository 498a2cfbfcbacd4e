"""Facts about requests of clients that were refused, beside those of `idp.domain.audit`.

The rules of `idp.domain.audit` hold here too.
"""

from dataclasses import dataclass

from idp.domain.audit import Fact


@dataclass(frozen=True, kw_only=True)
class RequestRefused(Fact):
    """A client's request was refused at the endpoint `where`.

    `error` is what it was answered, `check` names the rule that it broke. `difference` is a word
    of `idp.protocol.differences`, `nearest` the mark of the registered address that was meant.
    """

    client_id: str
    where: str
    error: str
    check: str
    difference: str = ""
    nearest: str = ""


@dataclass(frozen=True, kw_only=True)
class ClientTried(Fact):
    """A member of a team began to try their own client on our pages."""

    account_id: str
    client_id: str


@dataclass(frozen=True, kw_only=True)
class TryRedeemed(Fact):
    """Tokens of this grant were issued to a try on our pages, not to the client itself."""

    client_id: str
    grant_id: str
