"""Let the report's code analyze made-up runs, or write its files about them."""

import argparse

from pipeline import report
from pipeline.reporting import html, results
from pipeline.reporting.analysis import analyze
from pipeline.reporting.comparisons import group_by_seed
from pipeline.reporting.published import load_published, notebook_networks
from tests.support import study

PUBLISHED = load_published()


def analyze_runs(folder, *runs):
    """The analysis of those runs of a folder."""
    return analyze(*results.load(runs, folder), PUBLISHED)


def networks(folder, *runs):
    """The groups of those runs by which the conclusions are judged, by architecture."""
    return notebook_networks(group_by_seed(results.load(runs, folder)[0]), PUBLISHED)


def ten_runs(folder):
    """The analysis of ten runs and the page about it."""
    names = study.write_study(folder, vgg_dropout={"errors": 60, "validation": (0.95, 0.985, 0.993)})
    analysis = analyze_runs(folder, *names)
    return analysis, html.render_html(analysis, {}, None)


def write_report(folder, monkeypatch, runs, images=None, draw=False):
    """The page and the Markdown that `main` writes about the runs in a folder, without the prepared data.

    Only with `draw` are there figures, which take seconds.
    """
    if not draw:
        monkeypatch.setattr(report, "draw_figures", lambda _: {})
    monkeypatch.setattr(report, "RESULTS", folder)
    monkeypatch.setattr(report, "PROCESSED", folder / "processed")
    monkeypatch.setattr(report, "test_images", lambda: images)
    found = results.load(runs, folder / "runs")
    monkeypatch.setattr(results, "load", lambda _: found)
    report.main(argparse.Namespace())
    return (folder / "report.html").read_text(), (folder / "report.md").read_text()
