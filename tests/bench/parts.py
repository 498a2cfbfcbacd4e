"""The parts of a run: single sign-on in turns, sign-ins, a flood of them, memory, start-up."""

import statistics
from collections.abc import Sequence

from tests.bench.generator import Generator, Lane, Tally
from tests.bench.options import Options
from tests.bench.processes import resident_kib
from tests.bench.report import Report, milliseconds, summary
from tests.bench.sign_in import sign_in_lanes
from tests.bench.systems import CONNECTIONS, Provider, System

FLOODS = (4, 8)
"""How many connections sign in without a pause."""
MEMORY_STEPS = 5
_WARM_UP = 2.0


def start_up(report: Report, providers: Sequence[Provider]) -> None:
    """Report how long each server took from its start to its first answer."""
    for provider in providers:
        seconds = round(provider.server.start_seconds, 2)
        report.say(f"{provider.name}: ready after {seconds} s")
        report.line({"figure": "start_up", "system": provider.name, "seconds": seconds})


def single_sign_on(
    report: Report, options: Options, systems: Sequence[System], baseline: System | None
) -> None:
    """Let the systems take turns, in another order each round, and report each one's figures."""
    everyone = [*systems, *([baseline] if baseline else [])]
    for system in everyone:
        # Compilers, plans and caches are warm in a provider that has run for a while.
        system.take_turn(_WARM_UP)
        system.turns.clear()
    for number in range(options.rounds):
        shift = number % len(everyone)
        for system in everyone[shift:] + everyone[:shift]:
            turn = system.take_turn(options.seconds)
            report.say(
                f"round {number + 1}/{options.rounds}  {system.name}: {turn.rate:.0f} flows/s, "
                f"{turn.processor:.2f} ms of processor a flow"
                + (f", {len(turn.failures)} FAILED: {turn.failures[0]}" if turn.failures else "")
            )
    lines = [summary(system, baseline) for system in everyone]
    for line in lines:
        report.line(line)
    report.table(
        ("single sign-on", "flows/s", "(range)", "to peer", "cpu ms", "to peer", "p50", "p99"),
        [
            (
                line["system"],
                line["flows_per_second"],
                "{}-{}".format(*line["flows_per_second_range"]),
                line.get("rate_to_peer", "-"),
                line["processor_ms_per_flow"],
                line.get("processor_to_peer", "-"),
                line["flow_ms"]["p50"],
                line["flow_ms"]["p99"],
            )
            for line in lines
        ],
    )


def sign_ins(report: Report, options: Options, provider: Provider) -> None:
    """Measure whole sign-ins (email, password, code), from the service's link to its code."""
    system = provider.systems[0]
    # The first pages of a process compile their templates.
    warm_up = Generator(sign_in_lanes(provider, Tally(), 4))
    warm_up.run(_WARM_UP)
    warm_up.close()
    tally = Tally()
    generator = Generator(sign_in_lanes(provider, tally, 4))
    before = sum(system.processor_seconds())
    generator.run(options.seconds)
    taken = sum(system.processor_seconds()) - before
    generator.close()
    line = {
        "figure": "sign_in",
        "system": provider.name,
        "sign_ins_per_second": round(tally.rate, 1),
        "processor_ms_per_sign_in": round(1000 * taken / max(1, len(tally.flow_times)), 1),
        "sign_in_ms": milliseconds(tally.flow_times) if tally.flow_times else {},
        "failures": len(tally.failures),
    }
    report.line(line)
    report.say(
        f"{provider.name}: {line['sign_ins_per_second']} sign-ins/s with password and code, "
        f"{line['processor_ms_per_sign_in']} ms of processor each"
        + (f"; {len(tally.failures)} failed, first: {tally.failures[0]}" if tally.failures else "")
    )


def flood(report: Report, options: Options, provider: Provider) -> None:
    """Measure single sign-on alone and beside floods of sign-ins, in turns; report the share."""
    for connections in FLOODS:
        _flood(report, options, provider, connections)


def _flood(report: Report, options: Options, provider: Provider, connections: int) -> None:
    system = provider.systems[0]
    shares, flooding = [], Tally()
    busy = 0

    def note_busy() -> None:
        nonlocal busy
        busy += 1

    for _ in range(min(options.rounds, 3)):
        alone = system.take_turn(options.seconds)
        system.sign_ahead(options.seconds)
        single = Tally()
        lanes: list[Lane] = system.lanes(single, lambda _: None, CONNECTIONS)
        lanes += sign_in_lanes(provider, flooding, connections, note_busy)
        generator = Generator(lanes)
        generator.run(options.seconds)
        generator.close()
        shares.append(single.rate / alone.rate)
    line = {
        "figure": "flood",
        "system": system.name,
        "connections": connections,
        "share_of_rate_kept": round(statistics.median(shares), 2),
        "sign_ins_per_second": round(flooding.rate, 1),
        "told_to_come_back": busy,
        "failures": len(flooding.failures),
    }
    report.line(line)
    report.say(
        f"{system.name}: beside {connections} connections that sign in without a pause, single "
        f"sign-on keeps {line['share_of_rate_kept']} of its rate ({line['sign_ins_per_second']} "
        f"sign-ins/s went through, {busy} answers said to come back later)"
    )


def memory(report: Report, options: Options, provider: Provider) -> None:
    """Report the memory of each process over many flows: it must not grow with them."""
    system = provider.systems[0]
    system.take_turn(options.seconds)
    flows, sizes = 0, [resident_kib(system.server.process.pid)]
    report.say(f"{provider.name}: before, {[size // 1024 for size in sizes[0]]} MiB a process")
    while flows < options.flows:
        goal = flows + options.flows // MEMORY_STEPS
        while flows < min(goal, options.flows):
            flows += len(system.take_turn(options.seconds).flow_times)
        sizes.append(resident_kib(system.server.process.pid))
        report.say(f"{provider.name}: {flows} flows, {[size // 1024 for size in sizes[-1]]} MiB")
    line = {
        "figure": "memory",
        "system": provider.name,
        "flows": flows,
        "resident_kib": sizes,
        "growth_kib": sum(sizes[-1]) - sum(sizes[0]),
    }
    report.line(line)
    report.say(
        f"{provider.name}: {sum(sizes[0]) // 1024} MiB before, {sum(sizes[-1]) // 1024} MiB after "
        f"{flows} flows"
    )
