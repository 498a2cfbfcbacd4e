"""The table of the consoles' pages: who may call each, and how. Written by hand, to be read.

`READER`, `WRITER` and `MANAGER` are members of the service in the address; each may do what those
before may. `ANYBODY` is whoever is signed in at `Cl.Cm`.
"""

from typing import Final

ANYBODY, READER, WRITER, MANAGER = "signed_in", "reader", "writer", "manager"
OPERATOR: Final = "operator"

SHOWN: Final = ("GET",)
FORM: Final = ("GET", "POST")
BUTTON: Final = ("POST",)

TEAM_PAGES: Final = {
    "/team": (ANYBODY, SHOWN),
    "/team/services/<service_id>/clients/<client_id>/settings": (READER, SHOWN),
    "/team/services/<service_id>/clients/<client_id>/requests": (READER, SHOWN),
    "/team/services/<service_id>/clients/<client_id>/try": (WRITER, FORM),
    "/team/services/<service_id>/clients/<client_id>/try/<try_id>": (WRITER, SHOWN),
    "/team/services/new": (ANYBODY, FORM),
    "/team/services/<service_id>": (READER, SHOWN),
    "/team/services/<service_id>/branding": (MANAGER, FORM),
    "/team/services/<service_id>/audit": (READER, SHOWN),
    "/team/services/<service_id>/audit/csv": (READER, SHOWN),
    "/team/invitations": (ANYBODY, SHOWN),
    "/team/invitations/<invitation_id>": (ANYBODY, FORM),
    "/team/services/<service_id>/members": (READER, SHOWN),
    "/team/services/<service_id>/members/invite": (MANAGER, FORM),
    "/team/services/<service_id>/invitations/<invitation_id>/withdraw": (MANAGER, BUTTON),
    "/team/services/<service_id>/members/<member_id>": (MANAGER, FORM),
    "/team/services/<service_id>/members/<member_id>/remove": (MANAGER, FORM),
    "/team/services/<service_id>/leave": (READER, FORM),
    "/team/services/<service_id>/test-citizens": (WRITER, SHOWN),
    "/team/services/<service_id>/test-citizens/new": (WRITER, FORM),
    "/team/services/<service_id>/test-citizens/<citizen_id>": (WRITER, SHOWN),
    "/team/services/<service_id>/test-citizens/<citizen_id>/delete": (WRITER, FORM),
    "/team/services/<service_id>/go-live": (READER, SHOWN),
    "/team/services/<service_id>/clients/<client_id>/go-live": (MANAGER, FORM),
    "/team/services/<service_id>/clients/<client_id>/go-live/withdraw": (MANAGER, BUTTON),
    "/team/services/<service_id>/clients/<client_id>/keys": (READER, SHOWN),
    "/team/services/<service_id>/clients/<client_id>/keys/fetch": (WRITER, BUTTON),
    "/team/services/<service_id>/clients/<client_id>/keys/replace": (WRITER, FORM),
    "/team/services/<service_id>/clients/<client_id>/secret": (READER, SHOWN),
    "/team/services/<service_id>/clients/<client_id>/secret/new": (WRITER, FORM),
    "/team/services/<service_id>/clients/<client_id>/secret/<name>/retire": (WRITER, FORM),
    "/team/services/<service_id>/clients/new": (WRITER, SHOWN),
    "/team/services/<service_id>/clients/new/<field>": (WRITER, FORM),
    "/team/services/<service_id>/clients/new/check": (WRITER, FORM),
    "/team/services/<service_id>/clients/new/discard": (WRITER, BUTTON),
    "/team/services/<service_id>/clients/<client_id>": (READER, SHOWN),
    "/team/services/<service_id>/clients/<client_id>/change/<field>": (WRITER, FORM),
    "/team/services/<service_id>/clients/<client_id>/withdraw": (WRITER, BUTTON),
}

OPERATOR_PAGES: Final = {
    "/ops": (OPERATOR, SHOWN),
    "/ops/audit": (OPERATOR, SHOWN),
    "/ops/audit/verify": (OPERATOR, BUTTON),
    "/ops/audit/export": (OPERATOR, SHOWN),
    "/ops/metrics": (OPERATOR, SHOWN),
    "/ops/metrics/<table>/csv": (OPERATOR, SHOWN),
    "/ops/citizens": (OPERATOR, FORM),
    "/ops/citizens/<account_id>": (OPERATOR, FORM),
    "/ops/citizens/<account_id>/suspend": (OPERATOR, FORM),
    "/ops/citizens/<account_id>/restore": (OPERATOR, FORM),
    "/ops/citizens/<account_id>/force-reset": (OPERATOR, FORM),
    "/ops/citizens/<account_id>/force-proof": (OPERATOR, FORM),
    "/ops/citizens/<account_id>/block": (OPERATOR, FORM),
    "/ops/citizens/<account_id>/unlock": (OPERATOR, FORM),
    "/ops/citizens/<account_id>/remove-second-factor": (OPERATOR, FORM),
    "/ops/citizens/<account_id>/sign-out": (OPERATOR, FORM),
    "/ops/clients/<client_id>/requests": (OPERATOR, SHOWN),
    "/ops/banner": (OPERATOR, FORM),
    "/ops/banner/end": (OPERATOR, FORM),
    "/ops/services-list": (OPERATOR, SHOWN),
    "/ops/services-list/<service_id>/put": (OPERATOR, BUTTON),
    "/ops/services-list/<service_id>/take": (OPERATOR, BUTTON),
    "/ops/settings": (OPERATOR, SHOWN),
    "/ops/settings/<group>": (OPERATOR, FORM),
    "/ops/keys/<kid>/emergency": (OPERATOR, FORM),
    "/ops/keys": (OPERATOR, SHOWN),
    "/ops/keys/new": (OPERATOR, FORM),
    "/ops/keys/<kid>": (OPERATOR, SHOWN),
    "/ops/keys/<kid>/publish": (OPERATOR, FORM),
    "/ops/keys/<kid>/activate": (OPERATOR, FORM),
    "/ops/keys/<kid>/retire": (OPERATOR, FORM),
    "/ops/clients": (OPERATOR, SHOWN),
    "/ops/clients/<client_id>": (OPERATOR, SHOWN),
    "/ops/clients/<client_id>/restore": (OPERATOR, FORM),
    "/ops/clients/<client_id>/suspend": (OPERATOR, FORM),
    "/ops/requests/<request_id>": (OPERATOR, SHOWN),
    "/ops/requests/<request_id>/approve": (OPERATOR, FORM),
    "/ops/requests/<request_id>/ask": (OPERATOR, FORM),
    "/ops/requests/<request_id>/refuse": (OPERATOR, FORM),
    "/ops/requests/<request_id>/withdraw": (OPERATOR, BUTTON),
}

PAGES: Final = TEAM_PAGES | OPERATOR_PAGES
