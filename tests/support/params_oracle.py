"""Which values are right at which place of `tests/params_text.py`, written without the schema that the product uses."""

import math
from collections.abc import Callable
from typing import Any

HELD_OUT = 5000  # preprocess.validation_images there
VALIDATED = 400  # images that its protocol validates on


def number(value: Any, low: float, high: float = math.inf, *, above: bool = False, below: bool = False) -> bool:
    """A finite number from `low` to `high`; `above` and `below` leave out the ends."""
    if type(value) not in (int, float) or not -1e300 < value < 1e300:
        return False
    return (low < value if above else low <= value) and (value < high if below else value <= high)


def whole(value: Any, low: int, high: int = 2**31 - 1) -> bool:
    """A whole number from `low` to `high`, which true and false are not."""
    return type(value) is int and low <= value <= high


def one_of(*names: str) -> Callable[[Any], bool]:
    """Whether a value is one of these texts."""
    return lambda value: type(value) is str and value in names


def flag(value: Any) -> bool:
    """True or false."""
    return value is True or value is False


PROTOCOL: dict[str, Callable[[Any], bool]] = {
    "seed": lambda value: whole(value, 0),
    "epochs": lambda value: whole(value, 1),
    "training_images": lambda value: whole(value, 1),
    "validation_data": one_of("validation", "test"),
    "validation_images": lambda value: whole(value, 1, HELD_OUT),
    "batch_size": lambda value: whole(value, 1),
    "optimizer": one_of("adam"),  # the other needs rho and epsilon
    "learning_rate": lambda value: number(value, 0, above=True),
    "rho": lambda value: value is None,
    "epsilon": lambda value: value is None,
    "schedule": one_of("one_cycle"),  # with the other, warmup has no effect
    "warmup": lambda value: number(value, 0, 1),
    "clip_norm": lambda value: value is None or number(value, 0, above=True),
    "initializer": one_of("glorot_uniform", "he_normal"),
    "dropout_scale": lambda value: number(value, 0, 1),
    "batch_norm_momentum": lambda value: number(value, 0, 1, below=True),
    "max_shift": lambda value: whole(value, 0, 8),
    "max_rotation": lambda value: value is None or number(value, 0, 45, above=True),
    "max_zoom": lambda value: value is None or number(value, 0, 0.5, above=True),
    "precision": one_of("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    "threads": lambda value: value == "auto" or whole(value, 1, 1024),
}
RUN = PROTOCOL | {
    "architecture": one_of("lenet", "vgg", "custom"),
    "pooling": flag,
    "dropout": flag,
    "batch_norm": flag,
}
RIGHT: dict[tuple[str, ...], Callable[[Any], bool]] = {
    ("fetch", "timeout"): lambda value: number(value, 0, above=True),
    ("fetch", "files", "t10k-labels-idx1-ubyte", "bytes"): lambda value: whole(value, 1),
    ("preprocess", "validation_images"): lambda value: whole(value, VALIDATED),
    ("preprocess", "seed"): lambda value: whole(value, 0),
    ("promote", "min_val_accuracy"): lambda value: number(value, 0, 1),
    ("protocol",): one_of("quick"),
    **{("protocols", "quick", "common", name): right for name, right in PROTOCOL.items()},
    **{("protocols", "quick", "vgg", name): right for name, right in PROTOCOL.items()},
    **{("runs", "vgg_two", name): right for name, right in RUN.items()},
    **{("runs", "vgg_two", "quick", name): right for name, right in PROTOCOL.items()},
}
WORDS = ("auto", "adam", "adadelta", "constant", "one_cycle", "test", "validation", "quick", "he_normal", "float32")
