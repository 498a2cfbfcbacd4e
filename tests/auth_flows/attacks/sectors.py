"""Attacks on sectors, whose documents say which addresses share the subjects of citizens."""

import json

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.redirects import EVIL
from tests.auth_flows.listening import Listening, Reply, listening
from tests.auth_flows.probe import Probe
from tests.auth_flows.team import Metadata, Team
from tests.auth_flows.verdicts import NotTried

TYPES = {"Content-Type": "application/json"}


class Sector:
    """A sector of ours; each document of it stands at another address, as none may be kept."""

    def __init__(self, team: Team, address: str, heard: Listening) -> None:
        self._team, self._address, self._heard = team, address, heard
        self._number = 0

    def of(self, document: object, status: int = 200) -> Metadata:
        """What a registration says that is held to this document."""
        self._number += 1
        body = document if isinstance(document, str) else json.dumps(document)
        self._heard.reply = lambda _call: Reply(status, TYPES, body.encode())
        said: Metadata = {"sector_identifier_uri": f"{self._address}/{self._number}.json"}
        kinds = self._team.probe.ground.metadata.get("subject_types_supported", [])
        return said | ({"subject_type": "pairwise"} if "pairwise" in kinds else {})


@attack("REG-04", fix="Fetch the document of a sector, and register only what it lists.",
        left_out="documents that are changed after the registration")  # fmt: skip
def unlisted_address(probe: Probe) -> None:
    documents = probe.target.documents
    if documents is None:
        raise NotTried("the target file names no documents of ours that the provider may fetch")
    team = Team(probe)
    listed = list(team.good["redirect_uris"])
    with listening(documents.listen) as heard:
        sector = Sector(team, documents.url, heard)
        made = team.registers(**sector.of(listed))
        if not heard.calls and not made.json.get("sector_identifier_uri"):
            raise NotTried("the provider has no sectors: it leaves sector_identifier_uri out")
        for words, document in (
            ("another address", [EVIL]),
            ("nothing", []),
            ("the beginning of the address", [listed[0][:-1]]),
            ("more than the address", [f"{listed[0]}/more"]),
            ("the address in other letters", [listed[0].upper()]),
            ("the address as a text", listed[0]),
            ("the addresses in an object", {"redirect_uris": listed}),
            ("the addresses one level down", [listed]),
            ("the addresses, and is no JSON", json.dumps(listed)[:-1]),
        ):
            team.refused(f"a sector whose document lists {words}", sector.of(document))
        team.refused("a sector whose document is not found", sector.of(listed, 404))
        both: Metadata = {"redirect_uris": [*listed, EVIL]}
        team.refused("one address that is listed, and one that is not", sector.of(listed) | both)
        team.registers(**sector.of([*listed, EVIL]) | both)
