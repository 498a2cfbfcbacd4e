"""The list of mails and one mail."""

from flask import Blueprint, Response, abort

from idp.domain import notices
from idp.web import current
from idp.web.layout import show

blueprint = Blueprint("mailbox", __name__, url_prefix="/mailbox", template_folder="templates")

SHOWN = 50


@blueprint.get("")
def inbox() -> Response:
    """List the newest mails, newest first."""
    messages = notices.in_mailbox(current.session(), limit=SHOWN)
    return show("mailbox/inbox.html", messages=messages, shown=SHOWN)


@blueprint.get("/<message_id>")
def message(message_id: str) -> Response:
    """Show one mail."""
    known = len(message_id) <= 64 and "\x00" not in message_id
    found = notices.message(current.session(), message_id) if known else None
    if found is None:
        abort(404)
    return show("mailbox/message.html", message=found)
