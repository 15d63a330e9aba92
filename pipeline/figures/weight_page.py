"""A page of a run's histograms with a slider over the epochs; it opens offline, in the report and in MLflow."""

import json
from html import escape
from typing import Any

from pipeline.figures import run_styles
from pipeline.formats.histograms import Histogram

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>@NAME@: weights over the epochs</title>
<style>
body { font: 14px sans-serif; margin: 16px; color: #222 }
table { border-collapse: collapse } td { padding: 2px 12px 2px 0; vertical-align: middle }
svg, canvas { border: 1px solid #ddd; width: min(300px, 36vw); height: 90px; image-rendering: pixelated }
small { color: #666; white-space: pre-line } header { position: sticky; top: 0; background: #fff; padding: 8px 0 }
</style>
<header><b>@NAME@</b>: share of each kernel's weights in equal bins; epoch 0 is before the training.
<br>Left: after the chosen epoch, and the first one as a line. Right: all epochs, the first at the top; darker is more.
<br><label>epoch <input type="range" id="epoch" min="0" value="@LAST@" max="@LAST@"> <b id="shown"></b></label></header>
<table id="rows"></table>
<script>
const layers = @DATA@, colour = "@COLOUR@";
const table = document.getElementById("rows"), slider = document.getElementById("epoch");
const number = value => Number(value.toPrecision(3));
const points = shares => shares.map((share, bin) => `${bin},${-share} ${bin + 1},${-share}`).join(" ");
const rows = Object.entries(layers).map(([name, layer]) => {
    const row = table.insertRow(), bins = layer.shares[0].length, epochs = layer.shares.length;
    const top = Math.max(...layer.shares.flat());
    row.innerHTML = `<td><b>${name}</b><br><small></small><td><svg preserveAspectRatio="none"
        viewBox="0 ${-top} ${bins} ${top}"><polygon fill="${colour}"/><polyline fill="none" stroke="#000"
        vector-effect="non-scaling-stroke" points="${points(layer.shares[0])}"/></svg><td><canvas></canvas>`;
    const canvas = row.querySelector("canvas"), draw = canvas.getContext("2d");
    [canvas.width, canvas.height] = [bins, epochs];
    draw.fillStyle = colour;
    layer.shares.forEach((shares, epoch) => shares.forEach((share, bin) => {
        draw.globalAlpha = share / top;
        draw.fillRect(bin, epoch, 1, 1);
    }));
    canvas.onmousemove = event => {
        const bin = Math.floor(event.offsetX / canvas.clientWidth * bins), width = (layer.high - layer.low) / bins;
        const epoch = Math.floor(event.offsetY / canvas.clientHeight * epochs), low = layer.low + bin * width;
        const share = layer.shares[epoch]?.[bin];
        const range = `${number(low)} to ${number(low + width)}`;
        canvas.title = `epoch ${layer.epochs[epoch]}, ${range}: ${number(share ?? 0)} %`;
    };
    return place => {
        row.querySelector("polygon").setAttribute("points", `0,0 ${points(layer.shares[place])} ${bins},0`);
        row.querySelector("small").textContent = `${number(layer.low)} to ${number(layer.high)}
            ${number(layer.outside[place])} % outside`.replace(/ +/g, " ");
    };
});
slider.oninput = () => {
    rows.forEach(show => show(Number(slider.value)));
    document.getElementById("shown").textContent = Object.values(layers)[0].epochs[slider.value];
};
slider.oninput();
</script></html>
"""


def weights_page(run: dict[str, Any], histograms: dict[str, Histogram]) -> str:
    """The page of the run in run.json, as HTML that loads nothing; a row a kernel."""
    layers = {
        name: {
            "low": histogram.low,
            "high": histogram.high,
            "epochs": histogram.epochs,
            "shares": histogram.shares.round(4).tolist(),
            "outside": histogram.outside.round(4).tolist(),
        }
        for name, histogram in histograms.items()
    }
    last = len(next(iter(histograms.values())).epochs) - 1
    page = PAGE.replace("@NAME@", escape(run["run"])).replace("@LAST@", str(last))
    page = page.replace("@COLOUR@", run_styles.run_colour(run["architecture"], run_styles.flags(run)))
    return page.replace("@DATA@", json.dumps(layers).replace("<", "\\u003c"))
