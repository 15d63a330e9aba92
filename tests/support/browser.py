"""MLflow's pages in a real browser: the system's chromium, driven by playwright."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from playwright.sync_api import Locator, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (  # no window, no sandbox (root has none), and nothing that talks to the network on its own
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT = 300  # seconds, at most, for something to appear
CLOSED = """
localStorage.setItem("mlflow.assistant.fab.autoOpenedOnFirstLoad_v1", "true");
localStorage.setItem("mlflow.assistant.panelOpen_v1", "false");
"""
SEVEN = [(70, 60), (140, 58), (205, 62), (180, 110), (150, 170), (125, 230)]  # strokes on the pad of `make demo`
CARD = "[data-testid=experiment-view-compare-runs-card]"
HEADER = "[data-testid=experiment-view-compare-runs-section-header]"
PICTURES = "img[src*=artifact]"
SPINNER = ".du-bois-light-spin-dot"  # in place of an image that is still loading
LOADED = "all => all.filter(one => one.complete && one.naturalWidth > 99).map(one => decodeURIComponent(one.src))"
SCROLL = """
one => {
    while (one.scrollHeight <= one.clientHeight || getComputedStyle(one).overflowY !== "auto") one = one.parentElement;
    one.scrollBy(0, 400);
}
"""
DRAWN = """
plot => {
    const lines = [...plot.querySelectorAll(".scatterlayer .trace .js-line")];
    const drawn = lines.filter(line => /L/.test(line.getAttribute("d")) && line.style.strokeOpacity === "1");
    return {
        lines: drawn.length,
        points: plot.querySelectorAll(".scatterlayer .trace .point").length,
        names: plot.data.map(trace => trace.name),
        colours: plot.data.map(trace => trace.marker?.color),
    };
}
"""
BARS = "plot => ({names: plot.data[0].names, texts: plot.data[0].text})"


def executable() -> str | None:
    """The path of the browser; None if it is not installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def opened(address: str, width: int = 1600, height: int = 1000) -> Iterator[Page]:
    """The page at an address, with MLflow's assistant closed."""
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))) as browser,
    ):
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(1000 * WAIT)
        expect.set_options(timeout=1000 * WAIT)
        page.add_init_script(CLOSED)
        page.goto(address)
        yield page


def drag(page: Page, selector: str, points: Sequence[tuple[float, float]]) -> None:
    """Draw a line through points, in pixels from the top left corner of an element, with the mouse."""
    box = page.locator(selector).bounding_box()
    page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()


def card(page: Page, title: str) -> Locator:
    """The card of a chart or of images, scrolled into view; MLflow makes a card only when it is nearly in view."""
    found = page.locator(CARD, has=page.locator(f'h4[title="{title}"]'))
    page.locator(CARD).first.wait_for()
    until = time.monotonic() + WAIT
    while not found.count():
        assert time.monotonic() < until, f"no card {title}"
        page.locator(HEADER).first.evaluate(SCROLL)
        page.wait_for_timeout(500)
    found.scroll_into_view_if_needed()
    return found


def series(found: Locator, count: int) -> dict[str, Any]:
    """Numbers of lines and points, and names of traces in a card, once plotly has drawn `count` lines."""
    plot = found.locator(".js-plotly-plot")
    expect(plot.locator(".scatterlayer .trace:has(.point)")).to_have_count(count)
    return plot.evaluate(DRAWN)


def bars(found: Locator, count: int) -> dict[str, list[str]]:
    """Names and texts of the bars in a card, once plotly has drawn `count` of them."""
    plot = found.locator(".js-plotly-plot")
    expect(plot.locator(".barlayer .point")).to_have_count(count)
    return plot.evaluate(BARS)


def titles(page: Page) -> list[str]:
    """Titles of the cards that MLflow has made so far, from the top."""
    return [heading.get_attribute("title") for heading in page.locator(f"{CARD} h4").all()]


def pictures(found: Locator, step: int, count: int) -> list[str]:
    """Sources of the images in a card, once it shows `count` of them, all of that step and loaded."""
    until = time.monotonic() + WAIT
    while True:
        sources = found.locator(PICTURES).evaluate_all(LOADED)
        if len(sources) == count and all(f"+step+{step}+" in source for source in sources):
            return sources
        assert time.monotonic() < until, f"not {count} pictures of step {step}, but {sources}"
        time.sleep(0.5)
