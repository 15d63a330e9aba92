"""What the page shows at once, what it folds away, and how large it is, in a browser too."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from pipeline.config.params import load_params
from pipeline.core.paths import ROOT
from pipeline.reporting import html
from tests.support import browser, study
from tests.support.report_page import names
from tests.support.reported import analyze_runs, write_report

SECTIONS = ["conclusions", "leaderboard", "accuracy", "curves", "ablation", "stress", "mistakes", "runs", "provenance"]
MAX_HEIGHT = 6500  # pixels between the leaderboard and the end, of a window 1280 pixels wide, all folds closed
MAX_BYTES = 6e6


class Folds(HTMLParser):
    """Ids and alternative texts, each with the ids or summaries of the folds around it."""

    def __init__(self, page):
        super().__init__()
        self.around, self.ids, self.pictures = [], {}, {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "details":
            self.around.append("open" in attributes)
        closed = not all(self.around)
        if "id" in attributes:
            self.ids[attributes["id"]] = closed
        if tag in ("img", "iframe"):
            self.pictures[attributes.get("alt") or attributes["title"]] = closed

    def handle_endtag(self, tag):
        if tag == "details":
            self.around.pop()


def test_verdicts_and_leaderboard_come_first_and_what_is_about_one_run_is_folded(ten):
    page = ten[1]
    assert re.findall(r'<h2 id="(\w+)"', page) == SECTIONS
    folds = Folds(page)
    assert not folds.ids["board"] and not folds.ids["digits"]
    assert folds.ids["effects"] and folds.ids["sturdiness"] and folds.ids["origins"]
    for run in (result.run for result in ten[0].results):
        for what in ("loss against epoch", "confusion matrix", "most confident mistakes", "violins", "histograms"):
            (closed,) = (closed for text, closed in folds.pictures.items() if text.startswith(f"{run}: {what}"))
            assert closed, (run, what)


def test_many_runs_are_folded_and_only_the_first_seed_has_figures(tmp_path):
    runs = [f"{network}-plain-{seed}" for network in study.COSTS for seed in range(7)]
    for seed, run in enumerate(runs):
        study.write_run(tmp_path, run, images=50, errors=3, seed=seed % 7)
    page = html.render_html(analyze_runs(tmp_path, *runs), {}, None)
    folds = Folds(page)
    assert folds.ids["board"] and not folds.ids["seeds"]
    assert [name for name in folds.ids if name.startswith("run-")] == [f"run-{runs[i]}" for i in (0, 7, 14)]
    assert re.findall(r'href="#(run-[^"]*)"', page) == [f"run-{runs[i]}" for i in (0, 7, 14)]


def test_share_of_each_digit_that_is_misread(made_up_report):
    cells, _, runs = made_up_report
    shown = {}
    for key, around, text, table in cells.cells:
        if table == "digits":
            shown.setdefault(around["data-run"], {})[int(key)] = text
    assert "lenet-dropout" in shown and "lenet-dropout-1" not in shown  # a row for all seeds
    for run, texts in shown.items():
        actual, predicted = np.concatenate([runs.pairs(seed) for seed in runs.same_but_seed(run)]).T
        for digit, text in texts.items():
            assert text == f"{100 * (predicted[actual == digit] != digit).mean():.1f}", (run, digit)
    assert set(shown) <= set(names(made_up_report))


@pytest.mark.slow
@pytest.mark.skipif(browser.executable() is None, reason="no chromium")
def test_page_of_ten_runs_is_short_fits_a_phone_and_opens_what_is_asked_for(tmp_path, monkeypatch):
    (tmp_path / "runs").symlink_to(ROOT / "results/runs")
    write_report(tmp_path, monkeypatch, load_params().runs, draw=True)
    assert (tmp_path / "report.html").stat().st_size < MAX_BYTES
    address = (tmp_path / "report.html").as_uri()
    with browser.opened(address, 1280) as page:
        top = page.locator("#leaderboard").bounding_box()["y"]
        assert page.evaluate("document.documentElement.scrollHeight") - top < MAX_HEIGHT
        assert page.locator("#board").bounding_box()["width"] <= 1240
        loss = page.get_by_role("columnheader", name="test loss")
        assert not loss.is_visible()
        page.locator("#every-column").check()
        assert loss.is_visible()
        page.locator("#board a").first.click()
        fold = page.locator("details.run[open]")
        assert fold.count() == 1
        weights = fold.frame_locator("iframe")
        weights.locator("#epoch").fill("0")
        assert weights.locator("#shown").inner_text() == "0"
        assert weights.locator("canvas").count() > 3
    with browser.opened(address, 390) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        verdicts = page.locator("#verdicts")
        assert verdicts.bounding_box()["width"] <= 390 and not verdicts.locator("small").first.is_visible()
