"""Sample CPU, memory and GPU load in the background while a training runs."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psutil

INTERVAL = 1.0  # seconds between samples at first; doubled whenever the samples would be too many
MAX_SAMPLES = 240


@contextmanager
def sample_system_metrics(samples: list[dict[str, float]], elapsed: float) -> Iterator[None]:
    """Append samples to `samples` until the block ends; their `at`, in seconds, continues from `elapsed`.

    A short run has a sample a second; a long one loses every other sample whenever it has 240.
    """
    finished = threading.Event()
    read = _reader()
    started = time.monotonic() - elapsed

    def work() -> None:
        interval = INTERVAL
        while not finished.wait(interval):
            samples.append({"at": round(time.monotonic() - started, 1), **read()})
            if len(samples) >= MAX_SAMPLES:
                del samples[::2]
                interval *= 2

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()


def _reader() -> Callable[[], dict[str, float]]:
    """A function that takes one sample; it includes NVIDIA GPUs where their library is installed and finds some."""
    process = psutil.Process()
    psutil.cpu_percent()
    gpus = _gpus()

    def read() -> dict[str, float]:
        row = {
            "cpu_utilization_percentage": psutil.cpu_percent(),
            "system_memory_usage_percentage": psutil.virtual_memory().percent,
            "process_memory_megabytes": round(process.memory_info().rss / 1e6, 1),
        }
        for index, gpu in enumerate(gpus):
            row |= {f"gpu_{index}_{name}": value for name, value in gpu().items()}
        return row

    return read


def _gpus() -> list[Callable[[], dict[str, float]]]:
    """For each GPU a function that takes one sample, an empty one if the GPU reports nothing, as with MIG."""
    try:
        import pynvml

        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except (ImportError, OSError):
        return []
    except pynvml.NVMLError:
        return []

    def read(handle: object) -> dict[str, float]:
        try:
            return {
                "utilization_percentage": pynvml.nvmlDeviceGetUtilizationRates(handle).gpu,
                "memory_usage_megabytes": round(pynvml.nvmlDeviceGetMemoryInfo(handle).used / 1e6, 1),
            }
        except pynvml.NVMLError:
            return {}

    return [partial(read, handle) for handle in handles]
