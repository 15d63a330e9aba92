"""The report as a test reads it: every marked cell of the page, the Markdown, and the results that both are about."""

from html.parser import HTMLParser

import pytest

from pipeline.core.paths import ROOT
from tests.support.stored_results import Runs

WHERE = ("data-run", "data-group", "data-image", "data-first", "data-layer", "data-conclusion", "data-network")
ENSEMBLE = "(ensemble)"


class Cells(HTMLParser):
    """Everything with a data-key: (key, its attributes and those around it, its text, the id of its table)."""

    def __init__(self, html):
        super().__init__()
        self.cells, self.open, self.around, self.table, self.verdicts = [], None, {}, "", {}
        self.conclusion = self.ground = None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("table", "div") and "id" in attributes:
            self.table = attributes["id"]
        self.conclusion = int(attributes.get("data-conclusion", self.conclusion or 0))
        self.ground = attributes.get("data-ground", self.ground)
        if any(name in attributes for name in WHERE):
            self.around = attributes
        if "data-key" in attributes:
            self.open = tag
            where = {"conclusion": self.conclusion} if self.conclusion else {}
            self.cells.append([attributes["data-key"], self.around | attributes | where, "", self.table])

    def handle_data(self, text):
        if self.open:
            self.cells[-1][2] += text
            if self.cells[-1][0] == "verdict":
                self.verdicts[self.conclusion, self.ground] = text

    def handle_endtag(self, tag):
        if tag == self.open:
            self.open = None
        if tag == "table":
            self.table = ""


MADE_UP = "made up"
COMMITTED = ["results", *sorted(f"study/{path.parent.name}" for path in ROOT.glob("study/*/report.html"))]


@pytest.fixture(scope="session", params=[*COMMITTED, MADE_UP])
def report(request):
    """The page's cells, the Markdown, and the results that they are about."""
    if request.param == MADE_UP:
        return request.getfixturevalue("made_up_report")
    folder = ROOT / request.param
    assert (folder / "report.html").is_file(), "results/report.html: not found; run `make repro`"
    return read(folder)


@pytest.fixture(scope="session")
def made_up_report(tmp_path_factory):
    """The same of made-up runs, kept while pytest changes from one param of `report` to another and back."""
    folder = tmp_path_factory.mktemp("results")
    make_up(folder)
    return read(folder)


def read(folder):
    html = (folder / "report.html").read_text(encoding="utf-8")
    return Cells(html), (folder / "report.md").read_text(encoding="utf-8"), Runs(folder / "runs")


def make_up(folder):
    from pipeline.reporting import html, markdown, results
    from pipeline.reporting.analysis import analyze
    from pipeline.reporting.published import load_published
    from tests.support import study

    names = study.write_study(
        folder / "runs",
        lenet_dropout={"weights": study.normal, "errors": 140, "validation": (0.9, 0.96, 0.981)},
        vgg_batchnorm={"errors": 40},
        custom_plain={"errors": 200, "test_index": range(0, 10_000, 3)},
        custom_dropout={
            "errors": 240,
            "training_images": 1280,
            "validation": (0.6, 0.81),
            "test_index": range(0, 10_000, 4),
        },
    )
    for run, errors, validation in (
        ("lenet-plain", 104, (0.95, 0.985, 0.992)),
        ("lenet-dropout", 155, (0.9, 0.96, 0.981)),
    ):
        study.write_run(folder / "runs", f"{run}-1", errors=errors, validation=validation, seed=1)
        names.append(f"{run}-1")
    analysis = analyze(*results.load(names, folder / "runs"), load_published())
    (folder / "report.html").write_text(html.render_html(analysis, {}, None), encoding="utf-8")
    (folder / "report.md").write_text(markdown.markdown_report(analysis), encoding="utf-8")


def board(report):
    """Row to key to (text, value) of the leaderboard."""
    rows = {}
    for key, around, text, table in report[0].cells:
        if table == "board":
            rows.setdefault(around["data-run"], {})[key] = (text, around["data-value"])
    return rows


def names(report):
    """The runs of the leaderboard."""
    return [run for run in board(report) if run != ENSEMBLE]


def comparisons(report, table):
    """(first, second) to key to (text, attributes), of the tables that compare two networks."""
    pairs = {}
    for key, around, text, where in report[0].cells:
        if where == table and "data-first" in around:
            pairs.setdefault((around["data-first"], around["data-second"]), {})[key] = (text, around)
    return pairs
