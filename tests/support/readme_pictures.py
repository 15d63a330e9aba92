"""Take the README's pictures of MLflow, from this checkout's mlflow.db: `make pictures`."""

import argparse

from playwright.sync_api import expect

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from tests.support import browser
from tests.support.mlflow_ui import served

CURVES, WEIGHTS = ROOT / "docs/compare.png", ROOT / "docs/weights.png"
SIZE = {"width": 1500, "height": 1130}


def main(arguments: argparse.Namespace) -> None:
    """Write both pictures, once they show as many runs as asked for."""
    if browser.executable() is None:
        raise PipelineError(f"{browser.NAMES[0]}: not found; `setup/browser` installs it on Debian")
    with served(ROOT) as address, browser.opened(address, **SIZE) as page:
        page.get_by_role("button", name="Hide banner").click()
        browser.series(browser.card(page, "val_loss"), arguments.runs)
        page.screenshot(path=CURVES)
        table = browser.card(page, "Image grid")
        table.locator(browser.PICTURES).first.wait_for()
        expect(table.locator(browser.SPINNER)).to_have_count(0)
        table.screenshot(path=WEIGHTS)
    print(f"{CURVES.relative_to(ROOT)}, {WEIGHTS.relative_to(ROOT)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="how many the chart of the losses must have")
    errors.run_command(main, parser)
