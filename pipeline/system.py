"""What the machine does while a training runs: processor, memory and GPU load, sampled in the background."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

INTERVAL = 1.0  # seconds between samples at first; doubled whenever the samples would be too many
MOST = 240


@contextmanager
def sampled(samples: list[dict[str, float]], elapsed: float) -> Iterator[None]:
    """Append samples to `samples` until the block ends; their `at`, in seconds, goes on from `elapsed`.

    A short run has a sample a second; a long one loses every other sample whenever it has 240.
    """
    finished = threading.Event()
    read = _reader()
    started = time.monotonic() - elapsed

    def work() -> None:
        interval = INTERVAL
        while not finished.wait(interval):
            samples.append({"at": round(time.monotonic() - started, 1), **read()})
            if len(samples) >= MOST:
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
    try:
        import pynvml

        pynvml.nvmlInit()
    except (ImportError, OSError):
        return []
    except pynvml.NVMLError:
        return []

    def reader(index: int) -> Callable[[], dict[str, float]]:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        return lambda: {
            "utilization_percentage": pynvml.nvmlDeviceGetUtilizationRates(handle).gpu,
            "memory_usage_megabytes": round(pynvml.nvmlDeviceGetMemoryInfo(handle).used / 1e6, 1),
        }

    return [reader(index) for index in range(pynvml.nvmlDeviceGetCount())]
