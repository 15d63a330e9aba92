"""Ten runs, and thirty, in MLflow's UI, in a real browser."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from ruamel.yaml import YAML

from pipeline.core.paths import ROOT
from pipeline.figures import run_styles
from pipeline.tracking import database
from tests.support import browser, study, workspace
from tests.support.mirrored import complete
from tests.support.mlflow_ui import served
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow

if browser.executable() is None:
    pytest.skip("no chromium", allow_module_level=True)

RUNS = YAML(typ="safe").load((ROOT / "params.yaml").read_text())["runs"]
SEEDS = 3
FILES = ("history_csv", "confusion_matrix_png", "per_class_csv", "stress_csv", "run_json")  # as DVC writes them in ids


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with made-up results of the ten runs of params.yaml, and a study of thirty, synced to MLflow.

    It is moved after that, and `make ui` must find the images all the same.
    """
    folder = tmp_path_factory.mktemp("ten")
    made = workspace.make(folder / "built")
    shutil.copy(ROOT / "params.yaml", made.root)
    accuracies = {name.replace("-", "_"): 0.9 + index / 200 for index, name in enumerate(RUNS)}
    changes = {name: {"validation": (0.8, value, value + 0.02)} for name, value in accuracies.items()}
    assert study.write_study(made.root / "results/runs", **changes) == list(RUNS)
    many = made.root / "study/thirty/runs"
    for index, name in enumerate(RUNS):
        complete(made.results(name), index)
        (made.results(name) / "model.keras").write_bytes(b"made up")
        for seed in range(SEEDS):
            complete(study.write_run(many, f"{name}-seed{seed}", seed=seed), 100 + SEEDS * index + seed)
    made.run("python", "-m", "tools.sync")
    return Workspace(made.root.rename(folder / "moved"))


@pytest.fixture(scope="module")
def address(place: Workspace) -> Iterator[str]:
    """Where `make ui` shows them."""
    with served(place.root) as printed:
        yield printed


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    """The one page of the one browser of these tests."""
    with browser.opened(address, height=1400) as opened:
        yield opened


def visit(page: Page, address: str) -> None:
    """Load an address anew: a change behind the # alone loads nothing."""
    page.goto("about:blank")
    page.goto(address)


def test_curves_of_ten_runs_in_ten_colours(page: Page, address: str) -> None:
    visit(page, address)
    drawn = browser.series(browser.card(page, "val_accuracy"), 10)
    assert (drawn["lines"], drawn["points"]) == (10, 30)
    colours = {name: run_styles.run_colour(run["architecture"], run_styles.flags(run)) for name, run in RUNS.items()}
    assert {name: colour[:7] for name, colour in zip(drawn["names"], drawn["colours"], strict=True)} == colours
    assert browser.titles(page)[:3] == ["val_accuracy", "val_error_percent", "val_loss"]


def test_test_errors_are_bars_that_say_how_many(page: Page) -> None:
    found = browser.bars(browser.card(page, "test_error_percent"), 10)
    errors = {name: f"{1 + index / 10:.2f}" for index, name in enumerate(RUNS)}
    assert dict(zip(found["names"], found["texts"], strict=True)) == errors


def test_pictures_of_kernels_from_epoch_0_on(page: Page) -> None:
    table = browser.card(page, "Image grid")
    slider = table.get_by_role("slider")
    assert [slider.get_attribute(f"aria-value{name}") for name in ("min", "now", "max")] == ["0", "3", "3"]
    browser.pictures(table, 3, 30)
    for _ in range(3):
        slider.press("ArrowLeft")
    sources = browser.pictures(table, 0, 30)
    for layer in study.LAYERS:
        assert sum(f"weights_{layer}+" in source for source in sources) == 10


def test_columns_of_the_table(page: Page, address: str) -> None:
    visit(page, address.replace("compareRunsMode=CHART", "compareRunsMode=TABLE"))
    for name in ("architecture", "variant", "parameters", "test_accuracy", "test_errors", "training_seconds"):
        expect(page.get_by_role("columnheader", name=name).first).to_be_visible()
    expect(page.get_by_role("columnheader", name=re.compile("weights|Source|Version"))).to_have_count(0)
    expect(page.get_by_text("10 matching runs")).to_be_visible()


def test_models_are_named_as_their_runs_with_the_data_that_they_used(page: Page, address: str) -> None:
    visit(page, re.sub(r"/runs\?.*", "/models?workflowType=machine_learning", address))
    for name in RUNS:
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()
    expect(page.get_by_text("train-12000").first).to_be_visible()


def test_thirty_runs_are_means_of_ten_variants(page: Page, address: str, place: Workspace) -> None:
    query = "SELECT experiment_id FROM experiments WHERE name = ?"
    ((experiment,),) = database.select(place.root / "mlflow.db", query, ["study/thirty"])
    visit(page, re.sub(r"/experiments/\d+/", f"/experiments/{experiment}/", address))
    expect(page.get_by_text("Curves, means over runs of a variant")).to_be_visible()
    browser.series(browser.card(page, "val_accuracy"), 20)  # the mean and the spread of each of ten variants
    browser.card(page, "Image grid")
    expect(page.get_by_text("Weights of 10 of 30 runs")).to_be_visible()


def test_without_the_saved_view_accuracies_come_before_weights(page: Page, address: str) -> None:
    visit(page, address.replace("&viewStateShareKey=study", ""))
    browser.series(browser.card(page, "val_loss"), 10)
    assert page.locator(browser.HEADER).first.inner_text().startswith("Model metrics\n")


def test_the_page_of_dvc_plots_folds_those_of_single_runs(page: Page, tmp_path: Path) -> None:
    template = (ROOT / ".dvc/plots/page.html").read_text()
    names = ["all_runs__loss", *(f"results_runs_{run}_{file}" for run in ("a-1", "b_2") for file in FILES)]
    divs = "".join(f'<div id="{name}"></div>' for name in names)
    path = tmp_path / "page.html"
    path.write_text(template.replace("{plot_divs}", divs).replace("{scripts}", "").replace("{refresh_tag}", ""))
    visit(page, path.as_uri())
    assert page.locator("body > div").count() == 1
    assert page.locator("summary").all_inner_texts() == ["a-1", "b_2"]
    assert page.locator("details > div").count() == 2 * len(FILES)
