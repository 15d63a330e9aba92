"""Which values are valid at which key of `tests/support/params_text.py`, written without the pipeline's schema."""

import math
from collections.abc import Callable
from typing import Any

HELD_OUT = 5000  # preprocess.validation_images there
VALIDATED = 400  # images that its protocol validates on


def number(low: float, high: float = math.inf, *, above: bool = False, below: bool = False, optional: bool = False):
    """Accepts finite numbers from `low` to `high`; `above` and `below` exclude the ends, `optional` allows None."""

    def valid(value: Any) -> bool:
        if type(value) not in (int, float) or not -1e300 < value < 1e300:
            return optional and value is None
        return (low < value if above else low <= value) and (value < high if below else value <= high)

    return valid


def integer(low: int, high: int = 2**31 - 1) -> Callable[[Any], bool]:
    """Accepts integers from `low` to `high`, but not True and False."""
    return lambda value: type(value) is int and low <= value <= high


def one_of(*allowed: Any) -> Callable[[Any], bool]:
    """Accepts these values of these types."""
    return lambda value: (type(value), value) in [(type(one), one) for one in allowed]


PROTOCOL: dict[str, Callable[[Any], bool]] = {
    "seed": integer(0),
    "epochs": integer(1),
    "training_images": integer(1),
    "validation_data": one_of("validation", "test"),
    "validation_images": integer(1, HELD_OUT),
    "batch_size": integer(1),
    "optimizer": one_of("adam"),  # adadelta needs rho and epsilon
    "learning_rate": number(0, above=True),
    "rho": one_of(None),
    "epsilon": one_of(None),
    "schedule": one_of("one_cycle"),  # with constant, warmup has no effect
    "warmup": number(0, 1),
    "clip_norm": number(0, above=True, optional=True),
    "initializer": one_of("glorot_uniform", "he_normal"),
    "dropout_scale": number(0, 1),
    "batch_norm_momentum": number(0, 1, below=True),
    "max_shift": integer(0, 8),
    "max_rotation": number(0, 45, above=True, optional=True),
    "max_zoom": number(0, 0.5, above=True, optional=True),
    "min_contrast": number(0, 1, above=True, optional=True),
    "precision": one_of("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    "threads": lambda value: value == "auto" or integer(1, 1024)(value),
}
MODEL = {"architecture": one_of("lenet", "vgg", "custom")}
MODEL |= dict.fromkeys(("pooling", "dropout", "batch_norm"), one_of(True, False))
VALID: dict[tuple[str, ...], Callable[[Any], bool]] = {
    ("fetch", "timeout"): number(0, 3600, above=True),
    ("fetch", "files", "t10k-labels-idx1-ubyte", "bytes"): integer(1),
    ("preprocess", "validation_images"): integer(VALIDATED),
    ("preprocess", "seed"): integer(0),
    ("stress", "share"): number(0, 0.05, above=True),
    ("stress", "seed"): integer(0),
    ("promote", "min_val_accuracy"): number(0, 1),
    ("promote", "min_stress_accuracy"): number(0, 1, optional=True),
    ("protocol",): one_of("quick"),
    **{("protocols", "quick", "common", name): valid for name, valid in PROTOCOL.items()},
    **{("protocols", "quick", "vgg", name): valid for name, valid in PROTOCOL.items()},
    **{("protocols", "quick", "test_images", name): integer(1) for name in ("lenet", "vgg_two")},
    **{("runs", "vgg_two", name): valid for name, valid in (PROTOCOL | MODEL).items()},
    **{("runs", "vgg_two", "quick", name): valid for name, valid in PROTOCOL.items()},
}
WORDS = ("auto", "adam", "adadelta", "constant", "one_cycle", "test", "validation", "quick", "he_normal", "float32")
EDGES = [-1, 0, 1e-9, 0.5, 0.6, 1, 1.0, 1.1, 8, 9, 45, 46, 399, 400, 1024, 1025, 3600, 3601, 5000, 5001]
EDGES += [2**31 - 1, 2**31, float("nan"), float("inf"), True, "1", None]
