"""The style of a run in figures that compare runs: colour by architecture; marker and shade by variant."""

from typing import NamedTuple

from matplotlib.colors import to_hex, to_rgb

from pipeline.figures import style

ARCHITECTURES = {"lenet": style.BLUE, "vgg": style.RED, "custom": style.GREEN}


class Variant(NamedTuple):
    """A combination of components, named as MLflow's tag `variant`; shade -1: black, 0: its own colour, 1: white."""

    name: str
    marker: str
    shade: float


VARIANTS = {  # (pooling, dropout, batch_norm)
    (True, False, False): Variant("plain", "o", 0.4),
    (True, True, False): Variant("dropout", "s", 0.0),
    (True, True, True): Variant("batchnorm", "^", -0.35),
    (True, False, True): Variant("batchnorm-only", "v", -0.2),
    (False, False, False): Variant("nopool-plain", "D", -0.55),
    (False, True, False): Variant("nopool-dropout", "P", 0.2),
    (False, True, True): Variant("nopool-batchnorm", "X", -0.6),
    (False, False, True): Variant("nopool-batchnorm-only", "*", -0.1),
}


def colour(architecture: str, shade: float = 0.0) -> str:
    """The architecture's colour as #rrggbb, pink for an architecture without its own; `shade` as in `Variant`."""
    target = 1.0 if shade > 0 else 0.0
    channels = to_rgb(ARCHITECTURES.get(architecture, style.PINK))
    return to_hex([channel + (target - channel) * abs(shade) for channel in channels])
