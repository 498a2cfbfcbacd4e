"""Starts providers, each with one planted fault or none, and attacks them."""

import shutil
import tempfile
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from tests.auth_flows import attacks, catalogue
from tests.auth_flows.care import Pace
from tests.auth_flows.ground import Ground
from tests.auth_flows.masking import Masker
from tests.auth_flows.probe import Probe
from tests.auth_flows.run import NOT_CHOSEN, run
from tests.auth_flows.targets import TargetUnusable, read
from tests.auth_flows.verdicts import Broken, NotTried, Result, Verdict
from tests.auth_flows.wire import Wire
from tests.mutants import white
from tests.support import probed
from tests.support.building import environment, make_services, make_settings
from tests.support.clock import SharedClock
from tests.support.databases import bring_up
from tests.support.processes import Program, free_port
from tools import mutants
from tools.mutants import Mutant

SETTINGS = probed.SETTINGS | probed.REAL_COST

PATIENCE = 60.0


@dataclass(frozen=True)
class Judged:
    """What came of one provider. `problem`: it was no working provider, so it shows nothing.

    `caught_by` are the rows that found it vulnerable, `others` what the other rows said.
    """

    caught_by: list[str] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    seconds: float = 0.0

    @property
    def alarms(self) -> list[str]:
        """What an unmodified provider must not be said to have: weaknesses, and nothing broken."""
        broken = [row for row, said in self.others.items() if said.startswith(Verdict.BROKEN)]
        return [*self.caught_by, *broken, *filter(None, [self.problem])]


class Workshop:
    """A provider's records, made once: every provider that is attacked begins with a copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        url = f"sqlite:///{folder / 'onepass.db'}"
        bring_up(url)
        clock = SharedClock.create(folder / "clock")
        services = make_services(make_settings(url, folder, more=SETTINGS), clock)
        engine = sa.create_engine(url, poolclass=NullPool)
        with Session(engine) as session:
            services.keyring.equip(session, clock.now())
            self.furniture = probed.furnish(session, services)
            session.commit()
        engine.dispose()
        self.rows = catalogue.load()
        self.written = attacks.load()

    def judge(
        self, mutant: Mutant | None, only: Collection[str], *, inside: bool = False
    ) -> Judged:
        """Attack the provider with this fault, or the unmodified one, by rows (none: by all).

        With `inside` by the tests that see inside, which attack nothing.
        """
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="onepass-mutant-") as name:
            folder = Path(name)
            if mutant is None:
                mutants.copy(folder)
            else:
                mutants.plant(mutant.id, folder)
            judged = self._attacked(folder, only, inside=inside)
        return Judged(
            judged.caught_by, judged.others, judged.problem, round(time.monotonic() - began, 1)
        )

    def _attacked(self, folder: Path, only: Collection[str], *, inside: bool) -> Judged:
        port = free_port()
        target, environ = self._equip(folder, port)
        program = Program(
            "tests.mutants.provider",
            str(port),
            environ=environ,
            log=folder / "provider.log",
            cwd=folder,
        )
        try:
            program.wait_for(environ["ONEPASS_ISSUER"] + "health", PATIENCE)
            ground = _ground(target)
            problem = _sign_in(ground)
            if problem:
                return Judged(problem=problem)
            if inside:
                return _told(white.verdicts(folder, only))
            return _told(_verdicts(run(ground, self.rows, self.written, only)))
        except (AssertionError, TargetUnusable) as error:
            return Judged(problem=str(error))
        finally:
            program.end()

    def _equip(self, folder: Path, port: int) -> tuple[Path, dict[str, str]]:
        """Give a provider records of its own; its target file and its environment."""
        own = folder / "var"
        own.mkdir(mode=0o700)
        shutil.copyfile(self.folder / "onepass.db", own / "onepass.db")
        shutil.copytree(self.folder / "keys", own / "keys")
        clock = SharedClock.create(own / "clock")
        issuer = f"http://localhost:{port}/"
        environ = environment(f"sqlite:///{own / 'onepass.db'}", own, issuer=issuer)
        environ |= SETTINGS
        environ |= {"TEST_TEMPLATES": str(self.folder)}
        environ |= {"TEST_CLOCK": str(clock.path), "PYTHONPATH": str(folder)}
        return self.furniture.write_target(own, issuer, clock), environ


def _ground(target_file: Path) -> Ground:
    target = read(target_file)
    return Ground(target, Wire(Pace(target.care), Masker(), anywhere=False, ca_file=None))


def _sign_in(ground: Ground) -> str:
    """Sign in, redeem the code and ask UserInfo, as a citizen would; what goes wrong with that."""
    probe = Probe(ground)
    try:
        tokens = probe.redeeming_works().json
        told = probe.userinfo(str(tokens.get("access_token")))
    except (Broken, NotTried) as reason:
        return str(reason)
    return "" if told.status == 200 else f"UserInfo answers {told.told()}"


def _verdicts(results: Collection[Result]) -> dict[str, str]:
    return {
        one.row.id: f"{one.verdict}: {one.reason}" if one.reason else str(one.verdict)
        for one in results
        if one.reason != NOT_CHOSEN
    }


def _told(verdicts: Mapping[str, str]) -> Judged:
    caught = [row for row, verdict in verdicts.items() if verdict == Verdict.VULNERABLE]
    others = {row: verdict for row, verdict in verdicts.items() if row not in caught}
    return Judged(caught, others)
