"""Layer specifications for architecture lists; `models.build` turns them into Keras layers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Conv:
    """A convolution with `filters` kernels of `size`×`size`, stride 1, no padding, followed by ReLU."""

    filters: int
    size: int


@dataclass(frozen=True)
class Pool:
    """2×2 max pooling."""


@dataclass(frozen=True)
class Dropout:
    """Dropout with probability `rate` during training (Srivastava et al., 2014)."""

    rate: float


@dataclass(frozen=True)
class Flatten:
    """Flatten (height, width, channels) to one axis."""


@dataclass(frozen=True)
class Dense:
    """A fully connected layer of `units`, followed by ReLU."""

    units: int


Layer = Conv | Pool | Dropout | Flatten | Dense
