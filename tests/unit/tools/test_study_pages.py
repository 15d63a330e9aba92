"""The verdicts of several reports, side by side."""

import re

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.formats.tables import read_csv, read_json
from tools.study import pages

WORDS = ("Supported", "Contradicted", "Undecided", "Supported", "Undecided", "Supported")


def report(*words: str) -> str:
    lines = [f"{number}. M{number} wins. **{word}**: why, **with** bold." for number, word in enumerate(words, 1)]
    return "\n".join(["# Results", "1. Not a verdict.", *lines, "7. M7 wins. **Supported**: not one of the six."])


def test_a_row_for_each_conclusion_and_a_column_for_each_report() -> None:
    lines = pages.verdict_table({"one": report(*WORDS), "two": report(*reversed(WORDS))}).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["", "conclusion", "one", "two"]
    assert cells[2] == ["1", "M1 wins.", "Supported", "Supported"]
    assert cells[3] == ["2", "M2 wins.", "Contradicted", "Undecided"]
    assert len(cells) == 8


def test_a_report_that_lacks_a_conclusion_is_refused() -> None:
    with pytest.raises(PipelineError, match="report of two: found 5 conclusions, expected 6"):
        pages.verdict_table({"one": report(*WORDS), "two": report(*WORDS[:5])})


def test_a_report_whose_conclusions_have_other_words_is_refused() -> None:
    with pytest.raises(PipelineError, match="report of two: its conclusions have other words"):
        pages.verdict_table({"one": report(*WORDS), "two": report(*WORDS).replace("M3 wins", "M3 loses")})


def test_the_project_s_own_report_has_all_six() -> None:
    assert len(pages.verdict_table(pages.read_reports()).splitlines()) == 8


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
