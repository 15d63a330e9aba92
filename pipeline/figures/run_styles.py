"""The style of a run in figures that compare runs, and in MLflow: hue by architecture; marker and shade by variant."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.colors import to_hex, to_rgb

from pipeline.figures import style

ARCHITECTURES = {"lenet": "#4459D1", "vgg": "#EB6D04", "custom": "#1BA37E"}  # searched for, with the shades below


class Variant(NamedTuple):
    """A combination of components, named as MLflow's tag `variant`; shade -1: black, 0: its own colour, 1: white."""

    name: str
    marker: str
    shade: float


VARIANTS = {  # (pooling, dropout, batch_norm)
    (True, False, False): Variant("plain", "o", 0.47),
    (True, True, False): Variant("dropout", "s", 0.0),
    (True, True, True): Variant("batchnorm", "^", -0.37),
    (True, False, True): Variant("batchnorm-only", "v", 0.24),
    (False, False, False): Variant("nopool-plain", "D", -0.66),
    (False, True, False): Variant("nopool-dropout", "P", -0.2),
    (False, True, True): Variant("nopool-batchnorm", "X", -0.8),
    (False, False, True): Variant("nopool-batchnorm-only", "*", -0.5),
}


def colour(architecture: str, shade: float = 0.0) -> str:
    """The architecture's colour as #rrggbb, pink for an architecture without its own; `shade` as in `Variant`."""
    target = 1.0 if shade > 0 else 0.0
    channels = to_rgb(ARCHITECTURES.get(architecture, style.PINK))
    return to_hex([channel + (target - channel) * abs(shade) for channel in channels])


def flags(run: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    """The key of `VARIANTS` of a run of params.yaml or run.json."""
    return run["pooling"], run["dropout"], run["batch_norm"]


def run_colour(architecture: str, flags: tuple[bool, bool, bool]) -> str:
    """The colour of a run as #rrggbb; runs that differ in their settings alone have the same."""
    return colour(architecture, VARIANTS[flags].shade)
