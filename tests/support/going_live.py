"""What a team answers before it goes live."""

from typing import Any

ANSWERS: dict[str, Any] = {
    "redirect_uris": ["https://tax.example/callback", "https://tax.example/other"],
    "post_logout_redirect_uris": ["https://tax.example/bye"],
    "back_channel_logout_uri": "https://tax.example/logout",
    "landing_page_url": "https://tax.example/",
    "sector_identifier_uri": "https://tax.example",
    "jwks_uri": "https://tax.example/jwks.json",
    "privacy_notice": "https://tax.example/privacy",
    "support_contact": "help@tax.example",
    "security_contact": "security@tax.example",
    "expected_volumes": "2,000 a day",
    "welsh": "no",
    "evidence": "We signed in, refused and signed out.",
}
"""Good ones."""


def typed(**changes: str) -> dict[str, str]:
    """The answers as somebody types them, with `changes`, and the box ticked."""
    lines = {name: "\n".join(it) if isinstance(it, list) else it for name, it in ANSWERS.items()}
    return lines | {"declaration": "y"} | changes
