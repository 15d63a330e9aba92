"""Write what changed since a commit or experiment, params and results, as Markdown fit for a pull request."""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tabulate import tabulate

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_text
from pipeline.core.paths import ROOT

METRICS = {  # of metrics.json: title, format
    "val_accuracy": ("validation accuracy", "{:.4f}"),
    "test_accuracy": ("test accuracy", "{:.4f}"),
    "test_errors": ("test errors", "{:,}"),
    "test_loss": ("test loss", "{:.4f}"),
}
NOTHING = "–"


def page(params: Mapping[str, Any], metrics: Mapping[str, Any], revision: str) -> str:
    """The difference in Markdown; both as `dvc … diff --json` has them: file, then key, to old and new value."""
    parts = [f"## Since `{revision}`", "### Results", results(metrics), "### Params", changed(params)]
    return "\n\n".join(parts) + "\n"


def results(metrics: Mapping[str, Any]) -> str:
    """A row for each run of which a metric changed."""
    rows = []
    for path, values in metrics.items():
        cells = [cell(values.get(key), form) for key, (_, form) in METRICS.items()]
        if any(cell != NOTHING for cell in cells):
            rows.append([Path(path).parent.name, *cells])
    titles = ["run", *(title for title, _ in METRICS.values())]
    return tabulate(sorted(rows), titles, tablefmt="pipe", disable_numparse=True) if rows else "No result changed."


def cell(value: Mapping[str, Any] | None, form: str) -> str:
    """Old and new value with the change between them; one of them for what is new or gone."""
    if value is None:
        return NOTHING
    old, new = (None if value.get(key) is None else form.format(value[key]) for key in ("old", "new"))
    if old is None or new is None:
        return f"new: {new}" if old is None else f"gone: {old}"
    change = form.replace(":", ":+").format(value["new"] - value["old"])
    return f"{old} → **{new}** ({change})"


def changed(params: Mapping[str, Any]) -> str:
    """A row for each param that changed."""
    rows = [
        [f"`{key}`", *(NOTHING if value.get(side) is None else json.dumps(value[side]) for side in ("old", "new"))]
        for values in params.values()
        for key, value in sorted(values.items())
    ]
    return (
        tabulate(rows, ["param", "old", "new"], tablefmt="pipe", disable_numparse=True) if rows else "No param changed."
    )


def difference(what: str, revision: str, root: Path) -> dict[str, Any]:
    """What DVC finds between the revision and the files as they are; PipelineError if there is no such revision."""
    command = [sys.executable, "-m", "dvc", what, "diff", revision, "--json"]
    if what == "params":
        command += ["--targets", "params.yaml"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["ERROR: dvc failed"]
        reason = said[0].removeprefix("ERROR: ")
        raise PipelineError(f"REV {revision}: {reason}; name a commit, branch, tag or experiment")
    return json.loads(done.stdout)


def main(arguments: argparse.Namespace) -> None:
    """Print the difference, or write it to a file."""
    found = [difference(what, arguments.revision, ROOT) for what in ("params", "metrics")]
    text = page(*found, arguments.revision)
    if arguments.output:
        write_text(arguments.output, text)
    else:
        print(text, end="")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", metavar="REV", help="a commit, branch, tag or DVC experiment to compare with")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of printing")
    errors.run_command(main, parser)
