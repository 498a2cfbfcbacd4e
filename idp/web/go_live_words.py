"""Going live in words, for teams and for operators: what is checked and answered, and the cures."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

CHECKS: Final[dict[str, LazyString]] = {
    "addresses": _("Every address begins with https:// and none is on your own machine"),
    "sector": _("A sector identifier is set"),
    "keys": _("Your public keys can be fetched and used, or a secret is enough"),
    "pkce": _("PKCE or signed requests are required"),
    "contacts": _("Somebody can be reached about the client"),
    "sign_in": _("Somebody has signed in to your integration client"),
    "registration": _("The production client keeps every rule"),
}
CURES: Final[dict[str, LazyString]] = {
    "addresses": _(
        "Enter at least one redirect address below. Use addresses that begin with https://, and "
        "no localhost or 127.0.0.1."
    ),
    "sector": _("Enter below the https:// address whose host names your citizens."),
    "keys": _(
        "Enter the address of your JWKS below. It must answer within 5 seconds, with a key for "
        "signatures (RSA of 2048 bits or P-256) that has a kid. A service that asks for "
        "identities cannot use a secret."
    ),
    "pkce": _("Turn on PKCE, or signed requests, in the settings of your integration client."),
    "contacts": _("Add an email address to the contacts of your integration client."),
    "sign_in": _(
        "Sign in to your service with a test citizen, until your service has redeemed the code "
        "for tokens. Then load this page again."
    ),
    "registration": _(
        "Look at the addresses below and at the settings of your integration client: together "
        "they break a rule. A sector identifier is needed for redirect addresses on several hosts."
    ),
}
ANSWERS: Final[dict[str, LazyString]] = {
    "redirect_uris": _("Redirect addresses"),
    "post_logout_redirect_uris": _("Addresses to return to after signing out (optional)"),
    "back_channel_logout_uri": _("Address that hears of sign-outs (optional)"),
    "landing_page_url": _("Address where the service begins (optional)"),
    "sector_identifier_uri": _("Sector identifier"),
    "jwks_uri": _("Address of your JWKS"),
    "privacy_notice": _("Address of your privacy notice"),
    "support_contact": _("Where citizens get support"),
    "security_contact": _("Who hears of security problems"),
    "expected_volumes": _("How many sign-ins you expect"),
    "welsh": _("Is your service in Welsh as well?"),
    "evidence": _("What you have tested"),
}
STATUSES: Final[dict[str, LazyString]] = {
    "draft": _("Draft"),
    "submitted": _("Submitted"),
    "changes_asked": _("Changes asked for"),
    "refused": _("Refused"),
    "approved": _("Approved"),
}
WELSH: Final[dict[str, LazyString]] = {
    "yes": _("Yes, it is in Welsh as well"),
    "no": _("No, it is in English alone"),
}
