"""Inject every fault, print the table, and write it to docs/faults.md when all of it was run: `make faults`."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from pipeline.files import ROOT, write_text
from tests import faults
from tests.faults.bench import Bench
from tests.faults.table import FAULTS, Fault, Impossible, plain

DOCUMENT = ROOT / "docs/faults.md"
BEGIN = """\
# What happens when something goes wrong

Written by `make faults`, which does all this to small copies of the project with the real stages: {passed} of
{all} faults end as expected{skipped}.

| fault | expected | seen | pass |
|---|---|---|---|
"""
WIDTH = 160  # characters of what was seen


def judge(fault: Fault, bench: Bench) -> tuple[str, str]:
    """Inject one fault; what was seen, and yes, no, or why it could not be injected here."""
    try:
        return plain(fault.inject(bench))[:WIDTH], "yes"
    except Impossible as reason:
        return f"not possible here: {reason}", "-"
    except AssertionError as error:
        return plain(str(error)), "**no**"


def main() -> None:
    """Run the faults whose names contain one of the words given, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only faults whose names contain one of these")
    parser.add_argument("--kills", type=int, default=100, help="random moments at which a training is killed")
    parser.add_argument("--every", type=int, default=1, help="kill a stage at every so many of its writes")
    parser.add_argument("--quick", action="store_true", help="only those that are part of `make test`")
    options = parser.parse_args()
    modules = [module.__name__ for module in faults.MODULES]
    everything = sorted(FAULTS, key=lambda fault: modules.index(fault.inject.__module__))
    chosen = [fault for fault in everything if not options.words or any(word in fault.name for word in options.words)]
    chosen = [fault for fault in chosen if fault.quick or not options.quick]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.kills, options.every)
        for fault in chosen:
            began = time.monotonic()
            seen, passed = judge(fault, bench)
            bench.tidy()
            rows.append((fault.name, fault.expected, seen, passed))
            print(f"{time.monotonic() - began:6.0f} s | {' | '.join(rows[-1])}", flush=True)
    verdicts = [row[-1] for row in rows]
    print(f"{verdicts.count('yes')} of {len(rows)} as expected, {verdicts.count('-')} not possible here")
    if chosen == everything:
        write_text(DOCUMENT, document(rows))
    sys.exit("**no**" in verdicts)


def document(rows: list[tuple[str, str, str, str]]) -> str:
    """The table as Markdown."""
    verdicts = [row[-1] for row in rows]
    skipped = f", {verdicts.count('-')} could not be injected on that machine" if "-" in verdicts else ""
    begin = BEGIN.format(passed=verdicts.count("yes"), all=len(rows), skipped=skipped)
    return begin + "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)


if __name__ == "__main__":
    main()
