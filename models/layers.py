"""The words in which an architecture is written; `models.network` makes Keras layers of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Conv:
    """`filters` square kernels of side `size`, stride 1, no padding; then ReLU."""

    filters: int
    size: int


@dataclass(frozen=True)
class Pool:
    """The largest of each 2×2."""


@dataclass(frozen=True)
class Dropout:
    """Zero a share `rate` of the values while training (Srivastava et al., 2014)."""

    rate: float


@dataclass(frozen=True)
class Flatten:
    """Height × width × channels to one axis."""


@dataclass(frozen=True)
class Dense:
    """`units` fully connected units; then ReLU."""

    units: int


Layer = Conv | Pool | Dropout | Flatten | Dense
