"""Detect this machine's hardware and set up TensorFlow for it."""

import dataclasses
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from models.ops.convolution import use_fast_convolutions
from pipeline.runtime import devices
from pipeline.runtime.cores import usable_cores
from pipeline.runtime.devices import Gpu, Hardware

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

BFLOAT16_FLAGS = {"amx_bf16", "avx512_bf16"}
CPU_INFO = Path("/proc/cpuinfo")
UNUSED_BY_US = ("sklearn", "matplotlib.pyplot")  # Keras imports them if they are installed


@dataclass(frozen=True)
class Session:
    """How this process computes: precision, threads, whether with oneDNN and fast convolutions, on which devices."""

    hardware: Hardware
    precision: str
    threads: int
    onednn: bool
    fast_convolutions: bool
    strategy: "tf.distribute.Strategy"

    @property
    def replicas(self) -> int:
        """The number of devices that train in step."""
        return self.strategy.num_replicas_in_sync

    def optimize(self, model: "keras.Model") -> None:
        """Let `model` use the fastest convolutions on this hardware."""
        if self.fast_convolutions:
            use_fast_convolutions(model)


def start_session(precision: str, threads: str | int, seed: int, batch_sizes: Sequence[int] = ()) -> Session:
    """Import TensorFlow and set up GPUs, threads, determinism, seed and precision.

    Call it once per process, before anything else of TensorFlow runs.

    Args:
        precision: A Keras dtype policy, or "auto".
        threads: A number, or "auto".
        seed: For Keras, numpy and Python.
        batch_sizes: Batch sizes that several GPUs must share evenly.
    """
    tf = import_tensorflow()
    import keras
    from tensorflow.python.util import _pywrap_util_port  # there is no public function

    hardware = select_gpus(tf, detect_hardware(tf), batch_sizes)
    precision = devices.resolve_precision(precision, hardware)
    threads = devices.resolve_threads(threads, hardware)
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    tf.config.experimental.enable_tensor_float_32_execution(False)  # it rounds a GPU's float32 to 10 bits
    keras.utils.set_random_seed(seed)
    keras.mixed_precision.set_global_policy(precision)
    return Session(
        hardware,
        precision,
        threads,
        onednn=_pywrap_util_port.IsMklEnabled(),
        fast_convolutions=devices.resolve_fast_convolutions(hardware),
        strategy=distribution_strategy([device.name for device in tf.config.list_logical_devices("GPU")]),
    )


def select_gpus(tf: ModuleType, hardware: Hardware, batch_sizes: Sequence[int]) -> Hardware:
    """Show TensorFlow as many GPUs as share every batch evenly; returns the hardware without the others."""
    physical = tf.config.list_physical_devices("GPU")
    for device in physical:
        tf.config.experimental.set_memory_growth(device, True)
    used = devices.resolve_gpus(hardware.gpus, batch_sizes)
    if len(used) < len(physical):
        why = "more do not share every batch evenly (batch_size, training_images, validation_images)"
        print(f"using {len(used)} of {len(physical)} GPUs: {why}")
        tf.config.set_visible_devices(physical[: len(used)], "GPU")
    return dataclasses.replace(hardware, gpus=tuple(used))


def distribution_strategy(device_names: Sequence[str]) -> "tf.distribute.Strategy":
    """MirroredStrategy for several devices; otherwise TensorFlow's default."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(device_names) if len(device_names) > 1 else tf.distribute.get_strategy()


def detect_hardware(tf: ModuleType) -> Hardware:
    """The hardware that TensorFlow sees."""
    gpus = []
    for device in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(device)
        gpus.append(Gpu(details.get("device_name", device.name), details.get("compute_capability", (0, 0))))
    cpu_info = _cpu_info()
    return Hardware(
        processor=cpu_info.get("model name", platform.processor() or platform.machine()),
        cores=usable_cores(),
        bfloat16=frozenset(BFLOAT16_FLAGS & set(cpu_info.get("flags", "").split())),
        gpus=tuple(gpus),
    )


def _cpu_info() -> dict[str, str]:
    """The first processor's entry of Linux' /proc/cpuinfo; empty on other systems."""
    lines = CPU_INFO.read_text(encoding="utf-8").split("\n\n")[0].splitlines() if CPU_INFO.exists() else []
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def import_tensorflow() -> ModuleType:
    """Import TensorFlow without the notices of its libraries and what Keras does not need here.

    The notices that its libraries print while they start are hidden, unless the import fails; no environment variable
    hides those that they print before their logging is set up. Keras' optional use of scikit-learn and pyplot, which
    takes a third of the time, is left out.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as notices:
        os.dup2(notices.fileno(), 2)
        try:
            with _without(UNUSED_BY_US):
                import keras  # noqa: F401
                import tensorflow as tf
            tf.config.list_physical_devices()
        except BaseException:
            notices.seek(0)
            os.write(stderr, notices.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
    return tf


@contextmanager
def _without(modules: Sequence[str]) -> Iterator[None]:
    """Let the block's imports find `modules` not installed, except those that are imported already."""
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
