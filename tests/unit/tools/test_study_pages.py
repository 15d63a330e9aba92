"""The table of all studies' runs."""

import re

from pipeline.core.paths import ROOT
from pipeline.formats.tables import read_csv, read_json
from tools.study import pages


def test_the_overview_shows_every_run_of_the_studies() -> None:
    shown = pages.overview()
    for path in ROOT.glob("study/*/*/*/run.json"):
        study, kind, run = path.parts[-4:-1]
        done = len(read_csv(path.with_name("history.csv")))
        epochs = read_json(path)["settings"]["epochs"]
        share = read_json(path.with_name("metrics.json"))["test_accuracy"] if kind == "runs" else None
        accuracy = "–" if share is None else f"{100 * share:.2f} %"
        link = rf"\[{study}\]\(../study/{study}/README.md\)"
        row = rf"\| {link} +\| {run} +\| {done} of {epochs} +\| [\d,]+ +\| {accuracy} "
        assert re.search(row, shown), row
