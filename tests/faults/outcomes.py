"""What came of each fault: kept from one start of `make faults` to the next, and in the end a table."""

import dataclasses
import datetime
import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.files import write_text
from pipeline.core.paths import ROOT
from pipeline.runtime.session import CPU_INFO
from pipeline.training.metadata import package_versions
from tools.readme import find_block

DOCUMENT = ROOT / "docs/faults.md"
KEPT = ROOT / ".faults.jsonl"
YES, NO, IMPOSSIBLE = "yes", "**no**", "–"
BEGIN, END = "<!-- make faults -->", "<!-- /make faults -->"  # around the part of docs/faults.md that is written here
HEAD = """\
- Of {all} faults {passed} ended as expected{other}.
- A training is killed at {kills} random moments, and each stage {every}; of several writes to one
  file in a row, at the first, the middle one and the last.
- {minutes} minutes of a machine that did other work too, until {today}; {conditions}.

| fault | expected | seen | pass |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Outcome:
    """One fault: what was expected, what was seen, whether it passed, and the seconds it took."""

    fault: str
    expected: str
    seen: str
    passed: str
    seconds: float = 0.0


def conditions() -> str:
    """The code that was tried, the machine and the versions, in a sentence."""
    names = [line.partition(": ")[2] for line in _lines(CPU_INFO) if line.startswith("model name")] or ["one processor"]
    packages = ", ".join(f"{name} {version}" for name, version in package_versions().items())
    changed = ", with changes" if _git("status", "--porcelain", "--", "pipeline", "models") else ""
    code = f"git tree {_git('rev-parse', '--short', 'HEAD:pipeline')} of pipeline/{changed}"
    return f"{code}; {platform.system()}, {len(names)} × {names[0]}; {packages}"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def keep(outcome: Outcome, settings: str) -> None:
    """Remember an outcome; `settings` say under what circumstances it came about."""
    with KEPT.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"settings": settings, **dataclasses.asdict(outcome)}) + "\n")


def kept(settings: str) -> dict[str, Outcome]:
    """The last outcome of each fault that was tried under these `settings`."""
    rows = [json.loads(line) for line in _lines(KEPT)]
    return {row["fault"]: Outcome(**row) for row in rows if row.pop("settings") == settings}


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def document(outcomes: Sequence[Outcome], kills: int, every: int, said: str, untried: Sequence[str] = ()) -> str:
    """The table as Markdown; the faults named in `untried` are not in it yet."""
    verdicts = [outcome.passed for outcome in outcomes]
    counts = ((NO, "did not"), (IMPOSSIBLE, "could not be tried on that machine"))
    other = [f"{verdicts.count(verdict)} {words}" for verdict, words in counts if verdict in verdicts]
    other += [f"{len(untried)} have not been tried with this code yet (listed below)"] if untried else []
    begin = HEAD.format(
        all=len(outcomes) + len(untried),
        passed=verdicts.count(YES),
        other="".join(f", {words}" for words in other),
        kills=kills,
        every="at every one of its writes" if every == 1 else f"at one in {every} of its writes",
        minutes=round(sum(outcome.seconds for outcome in outcomes) / 60),
        today=datetime.datetime.now(datetime.UTC).date(),
        conditions=said,
    )
    rows = [(one.fault, one.expected, one.seen, one.passed) for one in outcomes]
    table = "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)
    return begin + table + ("\nNot tried yet:\n\n" + "".join(f"- {name}\n" for name in untried) if untried else "")


def publish(outcomes: Sequence[Outcome], kills: int, every: int, untried: Sequence[str]) -> None:
    """Put the table into docs/faults.md."""
    text, old = find_block(DOCUMENT, BEGIN, END)
    table = document(outcomes, kills, every, conditions(), untried)
    write_text(DOCUMENT, text.replace(old, f"{BEGIN}\n\n{table}\n{END}"))
