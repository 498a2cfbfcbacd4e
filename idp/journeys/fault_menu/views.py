"""Which services get faulty answers, and which fault one of them is to get."""

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for

from idp.domain import clients, wanted_faults
from idp.domain.clients import Client, Service
from idp.journeys.fault_menu.words import FAULT_WORDS, GROUPS
from idp.protocol.faults import FAULTS
from idp.web import current, i18n
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form
from idp.web.journey_pages import SEE_OTHER
from idp.web.layout import show

blueprint = Blueprint("fault_menu", __name__, url_prefix="/faults", template_folder="templates")


@blueprint.get("")
def services() -> Response:
    """List the services, each with the fault it gets."""
    session = current.session()
    rows = [
        (client, _name(session.get_one(Service, client.service_id)), _told(client.faults or ""))
        for client in clients.all_clients(session)
    ]
    return show("fault_menu/services.html", rows=sorted(rows, key=lambda row: row[1]))


@blueprint.route("/<client_id>", methods=["GET", "POST"])
def choose(client_id: str) -> Response:
    """Choose one fault for a service, or none."""
    session = current.session()
    known = len(client_id) <= 64 and "\x00" not in client_id
    client = session.get(Client, client_id) if known else None
    if client is None:
        abort(404)
    form = Form()
    if form.accepted():
        fault = request.form.get("fault", "")
        try:
            wanted_faults.ask(
                session,
                client_id,
                [fault] if fault else [],
                current.now(),
                offered=current.services().settings.fault_menu,
            )
        except wanted_faults.FaultsRefused as refused:
            raise PageRefused(Kind.BAD_REQUEST, sentence=str(refused)) from refused
        current.wiring().registry.forget()
        return make_response(redirect(url_for("fault_menu.services"), SEE_OTHER))
    service = session.get_one(Service, client.service_id)
    groups = {
        words: [(fault, _words(fault)) for fault in FAULTS if fault.startswith(f"{where}.")]
        for where, words in GROUPS.items()
    }
    return show(
        "fault_menu/choose.html",
        form=form,
        service=_name(service),
        groups=groups,
        chosen=client.faults or "",
    )


def _name(service: Service) -> str:
    return (service.name_cy if i18n.language() == "cy" else None) or service.name


def _words(fault: str) -> str:
    return str(FAULT_WORDS[fault.partition(".")[2]])


def _told(faults: str) -> list[str]:
    return [f"{GROUPS[fault.partition('.')[0]]}: {_words(fault)}" for fault in faults.split()]
