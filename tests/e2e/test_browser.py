"""The charts of ten runs in MLflow's UI, in a real browser."""

import shutil
from collections.abc import Iterator

import pytest
from ruamel.yaml import YAML

from pipeline.core.paths import ROOT
from tests.support import browser, study, workspace
from tests.support.mirrored import complete
from tests.support.mlflow_ui import served
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow

if browser.executable() is None:
    pytest.skip("no chromium", allow_module_level=True)

RUNS = YAML(typ="safe").load((ROOT / "params.yaml").read_text())["runs"]


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with made-up results of the ten runs of params.yaml, synced to MLflow.

    It is moved after that, and `make ui` must find the images all the same.
    """
    folder = tmp_path_factory.mktemp("ten")
    made = workspace.make(folder / "built")
    shutil.copy(ROOT / "params.yaml", made.root)
    accuracies = {name.replace("-", "_"): 0.9 + index / 200 for index, name in enumerate(RUNS)}
    changes = {name: {"validation": (0.8, value, value + 0.02)} for name, value in accuracies.items()}
    assert study.write_study(made.root / "results/runs", **changes) == list(RUNS)
    for index, name in enumerate(RUNS):
        complete(made.results(name), index)
    made.run("python", "-m", "tools.sync")
    return Workspace(made.root.rename(folder / "moved"))


@pytest.fixture(scope="module")
def address(ten: Workspace) -> Iterator[str]:
    """Where `make ui` shows them."""
    with served(ten.root) as printed:
        yield printed


def test_saved_view_of_ten_runs(address: str) -> None:
    with browser.opened(address) as page:
        drawn = browser.series(browser.card(page, "val_loss"), 10)
        assert (drawn["lines"], drawn["points"]) == (10, 30)
        assert set(drawn["names"]) == set(RUNS)
        assert browser.titles(page)[:4] == ["val_loss", "val_accuracy", "train_loss", "train_accuracy"]
        table = browser.card(page, "Image grid")
        slider = table.get_by_role("slider")
        assert slider.get_attribute("aria-valuenow") == "3"
        browser.pictures(table, 3, 30)
        slider.press("ArrowLeft")
        sources = browser.pictures(table, 2, 30)
        for layer in study.LAYERS:
            assert sum(f"weights_{layer}+" in source for source in sources) == 10


def test_without_the_saved_view_losses_come_before_weights(address: str) -> None:
    with browser.opened(address.replace("&viewStateShareKey=study", "")) as page:
        browser.series(browser.card(page, "val_loss"), 10)
        assert page.locator(browser.HEADER).first.inner_text().startswith("Model metrics\n")
