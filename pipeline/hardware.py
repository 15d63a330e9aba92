"""What this machine is, and TensorFlow made ready accordingly."""

import dataclasses
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from models import convolution
from pipeline import choices
from pipeline.choices import Gpu, Hardware

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

FAST_BFLOAT16 = {"amx_bf16", "avx512_bf16"}
ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Session:
    """What was resolved for one process: precision, threads, distribution strategy, and what computes, or does not.

    `onednn` is oneDNN, `accelerated_convolution` is `models.convolution`.
    """

    hardware: Hardware
    precision: str
    threads: int
    onednn: bool
    accelerated_convolution: bool
    strategy: "tf.distribute.Strategy"

    def accelerate(self, model: "keras.Model") -> None:
        """Let `model` convolve as is cheapest here."""
        if self.accelerated_convolution:
            convolution.accelerate(model)


def start(precision: str, threads: str | int, seed: int, sizes: Sequence[int] = ()) -> Session:
    """Import TensorFlow and set it up: GPUs, threads, determinism, seed, precision.

    `sizes` are those of batches that several GPUs have to share evenly. Call it once in a process, before anything else
    of TensorFlow runs.
    """
    tf = import_tensorflow()
    import keras
    from tensorflow.python.util import _pywrap_util_port  # nothing public tells

    hardware = use_gpus(tf, detect(tf), sizes)
    precision = choices.choose_precision(precision, hardware)
    threads = choices.choose_threads(threads, hardware)
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    tf.config.experimental.enable_tensor_float_32_execution(False)  # it rounds a GPU's float32 to 10 bits
    keras.utils.set_random_seed(seed)
    keras.mixed_precision.set_global_policy(precision)
    devices = [device.name for device in tf.config.list_logical_devices("GPU")]
    return Session(
        hardware,
        precision,
        threads,
        onednn=_pywrap_util_port.IsMklEnabled(),
        accelerated_convolution=choices.choose_accelerated_convolution(hardware),
        strategy=strategy(devices),
    )


def use_gpus(tf: ModuleType, hardware: Hardware, sizes: Sequence[int]) -> Hardware:
    """Let TensorFlow see as many GPUs as share batches of these sizes evenly; the hardware with no others."""
    devices = tf.config.list_physical_devices("GPU")
    for device in devices:
        tf.config.experimental.set_memory_growth(device, True)
    used = choices.choose_gpus(hardware.gpus, sizes)
    if len(used) < len(devices):
        why = "more do not share every batch evenly (batch_size, training_images, validation_images)"
        print(f"using {len(used)} of {len(devices)} GPUs: {why}")
        tf.config.set_visible_devices(devices[: len(used)], "GPU")
    return dataclasses.replace(hardware, gpus=tuple(used))


def strategy(devices: Sequence[str]) -> "tf.distribute.Strategy":
    """Several devices, by TensorFlow's names of them, in step; else the one that TensorFlow chooses."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(devices) if len(devices) > 1 else tf.distribute.get_strategy()


def detect(tf: ModuleType) -> Hardware:
    """The hardware that TensorFlow sees here."""
    gpus = []
    for device in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(device)
        gpus.append(Gpu(details.get("device_name", device.name), details.get("compute_capability", (0, 0))))
    cpu_info = _cpu_info()
    return Hardware(
        processor=cpu_info.get("model name", platform.processor() or platform.machine()),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        bfloat16=frozenset(FAST_BFLOAT16 & set(cpu_info.get("flags", "").split())),
        gpus=tuple(gpus),
    )


def _cpu_info() -> dict[str, str]:
    """The first processor's entry of Linux' /proc/cpuinfo; empty elsewhere."""
    lines = CPU_INFO.read_text(encoding="utf-8").split("\n\n")[0].splitlines() if CPU_INFO.exists() else []
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def import_tensorflow() -> ModuleType:
    """TensorFlow, without the notices that its libraries print while they start; they are shown if that fails.

    With oneDNN, which TensorFlow leaves off on x86 processors without AVX512-VNNI or newer.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault(ONEDNN, "1")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as notices:
        os.dup2(notices.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        except BaseException:
            notices.seek(0)
            os.write(kept, notices.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    return tf
