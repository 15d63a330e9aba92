"""Take the README's pictures of MLflow, from this checkout's mlflow.db, and of the demo: `make pictures`."""

import argparse
import re
import sys

from playwright.sync_api import expect

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from tests.support import browser
from tests.support.mlflow_ui import served
from tests.support.serving import serving
from tests.support.workspace import Workspace

CURVES, WEIGHTS, DEMO = ROOT / "docs/compare.png", ROOT / "docs/weights.png", ROOT / "docs/demo.png"
SIZE = {"width": 1500, "height": 1130}


def main(arguments: argparse.Namespace) -> None:
    """Write the pictures; with `--demo` only that of the demo."""
    if browser.executable() is None:
        raise PipelineError(f"{browser.NAMES[0]}: not found; `setup/browser` installs it on Debian")
    if not arguments.demo:
        of_mlflow(arguments.runs)
    of_the_demo()


def of_mlflow(runs: int) -> None:
    """Write two pictures of MLflow, once they show that many runs."""
    with served(ROOT) as address, browser.opened(address, **SIZE) as page:
        page.get_by_role("button", name="Hide banner").click()
        browser.series(browser.card(page, "val_loss"), runs)
        page.screenshot(path=CURVES)
        table = browser.card(page, "Image grid")
        table.locator(browser.PICTURES).first.wait_for()
        expect(table.locator(browser.SPINNER)).to_have_count(0)
        table.screenshot(path=WEIGHTS)
    print(f"{CURVES.relative_to(ROOT)}, {WEIGHTS.relative_to(ROOT)}")


def of_the_demo() -> None:
    """Write a picture of a rotated seven, once the last network has read it."""
    command = (sys.executable, "-m", "tools.demo")
    with (
        serving(Workspace(ROOT), *command, ready="/networks", wait=300) as (address, _),
        browser.opened(address, 1000, 640) as page,
    ):
        page.locator("tr.champion").wait_for()
        browser.drag(page, "#pad", browser.SEVEN)
        page.locator("#rotation").fill("33")
        page.locator("#noise").fill("25")
        expect(page.locator("tbody tr .answer").last).to_have_text(re.compile(r"\d"))
        page.screenshot(path=DEMO)
    print(DEMO.relative_to(ROOT))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="how many the chart of the losses must have")
    parser.add_argument("--demo", action="store_true", help="take the picture of `make demo` only")
    errors.run_command(main, parser)
