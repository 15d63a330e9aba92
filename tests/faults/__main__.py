"""Inject every fault, say what came of each, and put the table into docs/faults.md when all were tried: `make faults`.

An interrupted run continues where it was: as long as the code stays the same, faults that passed are not tried again.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests import faults
from tests.faults import outcomes
from tests.faults.bench import Bench
from tests.faults.outcomes import IMPOSSIBLE, NO, YES, Outcome
from tests.faults.table import FAULTS, Fault, Impossible, plain

KILLS, EVERY = 20, 4  # so that all faults take half an hour or so
WIDTH, LONGEST = 160, 2000  # characters of what was seen when all was well, and when it was not


def judge(fault: Fault, bench: Bench) -> Outcome:
    """Inject one fault and see what comes of it."""
    began = time.monotonic()
    try:
        seen, passed = plain(fault.inject(bench))[:WIDTH], YES
    except Impossible as reason:
        seen, passed = f"not possible here: {reason}", IMPOSSIBLE
    except AssertionError as error:
        seen, passed = plain(str(error))[:LONGEST], NO
    return Outcome(fault.name, fault.expected, seen, passed, round(time.monotonic() - began, 1))


def attempt(chosen: Sequence[Fault], known: dict[str, Outcome], options: argparse.Namespace) -> list[Outcome]:
    """Inject those of the `chosen` faults that are not `known` to pass, say and keep what comes of each."""
    seen = []
    known = {name: outcome for name, outcome in known.items() if outcome.passed != NO}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.kills, options.every)
        for fault in chosen:
            seen.append(known.get(fault.name) or judge(fault, bench))
            bench.tidy()
            one = seen[-1]
            if fault.name not in known:
                outcomes.keep(one, settings(options))
            print(f"{one.seconds:6.0f} s | {one.fault} | {one.expected} | {one.seen} | {one.passed}", flush=True)
    return seen


def settings(options: argparse.Namespace) -> str:
    """Under what circumstances an outcome counts."""
    return f"{options.kills} kills, every {options.every}; {outcomes.conditions()}"


def main() -> None:
    """Try the faults whose names contain one of the words given, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("words", nargs="*", help="only faults whose names contain one of these; no table is written")
    parser.add_argument("--kills", type=int, default=KILLS, help="random moments at which a training is killed")
    parser.add_argument("--every", type=int, default=EVERY, help="kill a stage at one in so many of its writes")
    parser.add_argument("--table", action="store_true", help="try nothing: write the table of what was tried so far")
    options = parser.parse_args()
    modules = [module.__name__ for module in faults.MODULES]
    everything = sorted(FAULTS, key=lambda fault: modules.index(fault.inject.__module__))
    chosen = [fault for fault in everything if not options.words or any(word in fault.name for word in options.words)]
    known = outcomes.kept(settings(options))
    if not options.table:
        known |= {one.fault: one for one in attempt(chosen, {} if options.words else known, options)}
        verdicts = [known[fault.name].passed for fault in chosen]
        print(f"{verdicts.count(YES)} of {len(chosen)} as expected, {verdicts.count(IMPOSSIBLE)} not possible here")
    if not options.words:
        tried = [known[fault.name] for fault in everything if fault.name in known]
        untried = [fault.name for fault in everything if fault.name not in known]
        outcomes.publish(tried, options.kills, options.every, untried)
    sys.exit(any(one.passed == NO for one in known.values()))


if __name__ == "__main__":
    main()
