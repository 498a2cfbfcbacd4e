"""The list of mails, for people and for programs, and one mail."""

from flask import Blueprint, Response, abort, jsonify, request

from idp.domain import notices
from idp.domain.notices import MailboxMessage
from idp.web import current
from idp.web.layout import show

blueprint = Blueprint("mailbox", __name__, template_folder="templates")

SHOWN = 50
LONGEST_ADDRESS = 256


@blueprint.get("/mailbox")
def inbox() -> Response:
    """List the newest mails, newest first; those to one address where `to` names it."""
    to = request.args.get("to", "")
    return show("mailbox/inbox.html", messages=_newest(to), to=to)


@blueprint.get("/mailbox.json")
def inbox_for_programs() -> Response:
    """Give the same as JSON, each with the code that somebody is to type, if it holds one."""
    messages = _newest(request.args.get("to", ""))
    return jsonify({"messages": [_told(message) for message in messages]})


@blueprint.get("/mailbox/<message_id>")
def message(message_id: str) -> Response:
    """Show one mail."""
    known = len(message_id) <= 64 and "\x00" not in message_id
    found = notices.message(current.session(), message_id) if known else None
    if found is None:
        abort(404)
    return show("mailbox/message.html", message=found)


def _newest(to: str) -> list[MailboxMessage]:
    if len(to) > LONGEST_ADDRESS or "\x00" in to:
        return []
    return notices.in_mailbox(current.session(), SHOWN, to=to)


def _told(message: MailboxMessage) -> dict[str, object]:
    names = ("id", "to", "kind", "language", "subject", "body", "sent_at", "code")
    return {name: getattr(message, name) for name in names}
