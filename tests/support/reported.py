"""What tests of the report do with made-up runs: work out what it says, or let it write its files."""

import argparse

from pipeline import report
from pipeline.reporting import html, results
from pipeline.reporting.analysis import analyze
from tests.support import study

PUBLISHED = results.load_published()


def analysed(folder, *runs):
    """The study of those runs of a folder."""
    return analyze(*results.load(runs, folder), PUBLISHED)


def ten_runs(folder):
    """The study of ten runs and the page about it."""
    names = study.write_study(folder, vgg_dropout={"errors": 60})
    whole = analysed(folder, *names)
    return whole, html.render_html(whole, {}, None)


def written(folder, monkeypatch, runs, images=None):
    """What `main` writes about the runs in a folder."""
    monkeypatch.setattr(report, "FOLDER", folder)
    monkeypatch.setattr(report, "test_images", lambda: images)
    found = results.load(runs, folder / "runs")
    monkeypatch.setattr(results, "load", lambda _: found)
    report.main(argparse.Namespace())
    return (folder / "report.html").read_text(), (folder / "report.md").read_text()
