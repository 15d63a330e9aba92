"""Inject every fault, say what came of each, and write docs/faults.md when all were tried: `make faults`.

What was interrupted goes on where it was: while the code stays the same, faults that passed are not tried again.
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
            if fault.name not in known and not options.words:
                outcomes.keep(one, settings(options))
            print(f"{one.seconds:6.0f} s | {one.fault} | {one.expected} | {one.seen} | {one.passed}", flush=True)
    return seen


def settings(options: argparse.Namespace, tree: str = "") -> str:
    """Under what circumstances an outcome counts, with the present code or that `tree`."""
    return f"{options.kills} kills, every {options.every}; {outcomes.conditions(tree)}"


def remembered(options: argparse.Namespace) -> tuple[dict[str, Outcome], str]:
    """What came of the faults that were tried before, and what the table must say of that."""
    if options.words:
        return {}, ""
    now = outcomes.kept(settings(options))
    before = outcomes.kept(settings(options, options.since)) if options.since else {}
    passed = {name: one for name, one in before.items() if name not in now and one.passed != NO}
    return passed | now, outcomes.difference(options.since, len(passed))


def main() -> None:
    """Try the faults whose names contain one of the words given, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only faults whose names contain one of these; no table is written")
    parser.add_argument("--kills", type=int, default=100, help="random moments at which a training is killed")
    parser.add_argument("--every", type=int, default=1, help="kill a stage at one in so many of its writes")
    parser.add_argument("--table", action="store_true", help="try nothing: write the table of what was tried so far")
    parser.add_argument("--since", metavar="TREE", help="what passed with that git tree of pipeline/ counts too")
    options = parser.parse_args()
    modules = [module.__name__ for module in faults.MODULES]
    everything = sorted(FAULTS, key=lambda fault: modules.index(fault.inject.__module__))
    known, more = remembered(options)
    if options.table:
        tried = [known[fault.name] for fault in everything if fault.name in known]
        outcomes.publish(tried, options.kills, options.every, len(everything) - len(tried), more)
        return
    chosen = [fault for fault in everything if not options.words or any(word in fault.name for word in options.words)]
    seen = attempt(chosen, known, options)
    verdicts = [one.passed for one in seen]
    print(f"{verdicts.count(YES)} of {len(seen)} as expected, {verdicts.count(IMPOSSIBLE)} not possible here")
    if not options.words:
        outcomes.publish(seen, options.kills, options.every, more=more)
        if NO not in verdicts:
            outcomes.KEPT.unlink(missing_ok=True)
    sys.exit(NO in verdicts)


if __name__ == "__main__":
    main()
