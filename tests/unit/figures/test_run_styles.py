"""The colours of the ten runs, as people with normal and with colour-deficient sight see them."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from ruamel.yaml import YAML
from skimage.color import deltaE_ciede2000, rgb2lab

from pipeline.core.paths import ROOT
from pipeline.figures import run_styles

RUNS = YAML(typ="safe").load((ROOT / "params.yaml").read_text())["runs"]
SIGHT = {  # of linear RGB; the complete deficiencies of Machado, Oliveira and Fernandes (2009)
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
APART = 12  # CIEDE2000; 1 is just noticeable, and the former colours were 6 apart
LIGHTEST = 80  # L*, on white


def seen(colours: list[str], sight: str) -> np.ndarray:
    """CIELAB coordinates (N, 3) of colours as they are seen."""
    rgb = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(SIGHT[sight]).T, 0, 1)
    return rgb2lab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)[None])[0]


def colours() -> list[str]:
    """Those of the runs of params.yaml."""
    return [run_styles.run_colour(run["architecture"], run_styles.flags(run)) for run in RUNS.values()]


@pytest.mark.parametrize("sight", SIGHT)
def test_ten_runs_have_colours_that_everybody_tells_apart(sight: str) -> None:
    found = seen(colours(), sight)
    assert len(found) == 10
    apart = deltaE_ciede2000(found[:, None], found[None])[np.triu_indices(10, 1)]
    assert apart.min() >= APART
    assert found[:, 0].max() <= LIGHTEST


def test_an_unknown_architecture_has_a_colour_for_each_variant() -> None:
    assert len({run_styles.run_colour("mine", flags) for flags in run_styles.VARIANTS}) == len(run_styles.VARIANTS)
