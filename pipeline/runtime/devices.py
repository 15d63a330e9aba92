"""Resolve `auto` settings from the detected hardware (pure functions)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Gpu:
    """A GPU's name and CUDA compute capability, (0, 0) if unknown."""

    name: str
    compute_capability: tuple[int, int]


@dataclass(frozen=True)
class Hardware:
    """The processor's name, the cores this process may use, the bfloat16 instructions, and the GPUs."""

    processor: str
    cores: int
    bfloat16: frozenset[str]
    gpus: tuple[Gpu, ...]


def resolve_precision(requested: str, hardware: Hardware) -> str:
    """`requested`, or for `auto` the fastest precision that trains safely on this hardware.

    GPUs have bfloat16 from compute capability 8.0 and float16 tensor cores from 7.0; the weakest GPU decides. float16
    is for one GPU alone, since Keras' loss scaling follows the gradients of the first. CPUs without bfloat16
    instructions emulate it slowly.
    """
    if requested != "auto":
        return requested
    if hardware.gpus:
        weakest = min(gpu.compute_capability for gpu in hardware.gpus)
        if weakest >= (8, 0):
            return "mixed_bfloat16"
        return "mixed_float16" if weakest >= (7, 0) and len(hardware.gpus) == 1 else "float32"
    return "mixed_bfloat16" if hardware.bfloat16 else "float32"


def resolve_gpus(gpus: Sequence[Gpu], batch_sizes: Sequence[int]) -> Sequence[Gpu]:
    """As many of `gpus` as divide every batch size, since Keras fails where devices have unequal shares."""
    counts = range(len(gpus), 1, -1)
    return gpus[: next((count for count in counts if all(size % count == 0 for size in batch_sizes)), 1)]


def resolve_threads(requested: str | int, hardware: Hardware) -> int:
    """`requested`, or for `auto` one thread per core."""
    return hardware.cores if requested == "auto" else int(requested)


def resolve_fast_convolutions(hardware: Hardware) -> bool:
    """Whether to use `models.ops.convolution`: on CPUs only, since cuDNN chooses among algorithms itself."""
    return not hardware.gpus
