"""What follows for training from what a machine is: a `Hardware` in, a choice out, nothing touched."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Gpu:
    """One GPU: its name and CUDA compute capability, (0, 0) if unknown."""

    name: str
    compute_capability: tuple[int, int]


@dataclass(frozen=True)
class Hardware:
    """The processor, the cores this process may use, the processor's bfloat16 instructions, and the GPUs."""

    processor: str
    cores: int
    bfloat16: frozenset[str]
    gpus: tuple[Gpu, ...]


def choose_precision(requested: str, hardware: Hardware) -> str:
    """`requested`, or for `auto` the fastest that trains safely here.

    GPUs from compute capability 8.0 have bfloat16, from 7.0 float16 tensor cores; the weakest GPU decides. Several do
    not train safely in float16: Keras' loss scale follows the gradients of the first alone. Processors without bfloat16
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


def choose_gpus(gpus: Sequence[Gpu], sizes: Sequence[int]) -> Sequence[Gpu]:
    """As many of `gpus` as divide all `sizes` of batches: Keras fails where devices in step have unequal shares."""
    counts = range(len(gpus), 1, -1)
    return gpus[: next((count for count in counts if all(size % count == 0 for size in sizes)), 1)]


def choose_threads(requested: str | int, hardware: Hardware) -> int:
    """`requested`, or for `auto` one thread a core."""
    return hardware.cores if requested == "auto" else int(requested)


def choose_accelerated_convolution(hardware: Hardware) -> bool:
    """On processors; on a GPU, cuDNN has several ways to convolve and chooses among them itself."""
    return not hardware.gpus
