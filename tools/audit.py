"""Ask for known vulnerabilities of the locked packages, with a throw-away pip-audit: `make audit`."""

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.formats.tables import read_csv

LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))
EXCEPTIONS = ROOT / "setup/audit-exceptions.csv"  # advisory, until (the last day, in ISO format), reason


def exceptions(path: Path, today: datetime.date) -> dict[str, str]:
    """The reasons for which advisories are accepted, by advisory; those whose day has passed are left out."""
    try:
        return {
            row["advisory"]: row["reason"]
            for row in read_csv(path)
            if datetime.date.fromisoformat(row["until"]) >= today
        }
    except (KeyError, TypeError, ValueError) as error:
        raise PipelineError(f"{path.name}: expected advisory,until,reason with until as 2027-01-31; {error}") from None


def judge(packages: Sequence[Mapping[str, Any]], accepted: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The vulnerabilities, a line each, that are not `accepted`; and the packages that could not be looked up."""
    found = [
        f"{package['name']} {package['version']}: {advisory['id']}, mended in {_list(advisory['fix_versions'])}"
        for package in packages
        for advisory in package.get("vulns", [])
        if not accepted.keys() & {advisory["id"], *advisory["aliases"]}
    ]
    return found, [package["name"] for package in packages if "skip_reason" in package]


def ask(lock: Path, python: Path) -> list[dict[str, Any]]:
    """What pip-audit says of each package in `lock`; PipelineError if it reached no database."""
    options = ["--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    command = [python, "-m", "pip_audit", *options, "-r", lock]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)["dependencies"]
    except ValueError:
        raise PipelineError(_last_line(done)) from None


def install(folder: Path) -> Path:
    """Install pip-audit into `folder`; the Python that has it. PipelineError if it cannot be had."""
    venv.create(folder, with_pip=True)
    python = folder / "bin/python"
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pip-audit"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipelineError(_last_line(done))
    return python


def _list(versions: Sequence[str]) -> str:
    return ", ".join(versions) or "no version"


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]


def main(_: argparse.Namespace) -> None:
    """Print what is vulnerable and exit with 1; where no database can be reached, say so and exit with 0."""
    accepted = exceptions(EXCEPTIONS, datetime.datetime.now(datetime.UTC).date())
    try:
        with tempfile.TemporaryDirectory() as folder:
            python = install(Path(folder))
            answers = {lock: ask(ROOT / lock, python) for lock in LOCKS}
    except PipelineError as error:
        print(f"NOT AUDITED, no database of vulnerabilities can be reached: {error}")
        return
    bad = False
    for lock, packages in answers.items():
        found, unknown = judge(packages, accepted)
        bad = bad or bool(found)
        print("".join(f"{lock}: {line}\n" for line in found), end="")
        missed = f"; {len(unknown)} NOT AUDITED, the database reached does not have them" if unknown else ""
        print(f"{lock}: {len(packages) - len(unknown)} packages audited{missed}")
    for advisory, reason in accepted.items():
        print(f"accepted: {advisory}, {reason}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    errors.run_command(main, argparse.ArgumentParser(description=__doc__))
