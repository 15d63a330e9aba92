"""The page of `make demo` in a real browser: a seven, drawn by mouse and by touch, and a picture, are read."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from pipeline.core.paths import ROOT
from pipeline.raw import idx
from tests.support import browser
from tests.support.serving import serving
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow

if browser.executable() is None:
    pytest.skip("no chromium", allow_module_level=True)

CHAMPION = "tr.champion"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the page is, with the champion of the checkout; no results are needed."""
    with serving(Workspace(ROOT), "python", "-m", "tools.demo", ready="/networks", wait=180) as (address, _):
        yield address


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    with browser.opened(address, 1100, 720) as opened:
        opened.locator(CHAMPION).wait_for()
        yield opened


def points(page: Page) -> list[tuple[float, float]]:
    """The corners of a seven, on the page."""
    box = page.locator("#pad").bounding_box()
    return [(box["x"] + x, box["y"] + y) for x, y in browser.SEVEN]


def draw(page: Page) -> None:
    browser.drag(page, "#pad", browser.SEVEN)


def reads(page: Page, digit: int) -> None:
    expect(page.locator(f"{CHAMPION} .answer")).to_have_text(re.compile(rf"^{digit} "))
    expect(page.locator(f"{CHAMPION} .cell").nth(digit)).to_have_class("cell best")


def test_a_seven_drawn_by_mouse_is_read_and_cleared(page: Page) -> None:
    draw(page)
    reads(page, 7)
    assert (
        page.locator("#seen").evaluate("one => one.getContext('2d').getImageData(0, 0, 28, 28).data[4 * 28 * 14]") == 0
    )
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(f"{CHAMPION} .answer")).to_have_text("")


def test_a_seven_drawn_by_touch_is_read(page: Page) -> None:
    device = page.context.new_cdp_session(page)
    device.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    kinds = ["touchStart", *["touchMove"] * (len(browser.SEVEN) - 1)]
    for kind, (x, y) in zip(kinds, points(page), strict=True):
        device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    device.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    reads(page, 7)


def test_two_digits_are_refused_and_noise_changes_what_the_networks_see(page: Page) -> None:
    draw(page)
    reads(page, 7)
    before = page.locator("#seen").evaluate("one => one.toDataURL()")
    page.locator("#noise").fill("100")
    page.wait_for_function("before => document.getElementById('seen').toDataURL() !== before", arg=before)
    browser.drag(page, "#pad", [(250, 60), (252, 230)])
    expect(page.locator("#status")).to_have_text("2 digits; draw one")


def test_a_picture_is_read(page: Page, tmp_path: Path) -> None:
    digits = idx.read_images(ROOT / "tests/data/t10k-images-idx3-ubyte").reshape(-1, 28, 28)
    label = int(idx.read_labels(ROOT / "tests/data/t10k-labels-idx1-ubyte")[0])
    Image.fromarray(255 - digits[0]).resize((280, 280)).save(tmp_path / "digit.tif")
    page.locator("#file").set_input_files(tmp_path / "digit.tif")
    reads(page, label)
