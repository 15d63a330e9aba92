"""How large, fast and faithful an exported model is."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from pipeline.runtime import model_file, session
from tools.export.formats import Answers

BATCH = 100  # images at once where only the answers count
WARM_UP = 3  # calls before the timing
CALLS = 200  # timed at most
LIMIT = 5.0  # seconds after which no further call starts


def digits(answers: Answers, images: np.ndarray) -> np.ndarray:
    """The digit of each of `images`, uint8 (N, 28, 28, 1); int (N,)."""
    return np.concatenate([answers(images[i : i + BATCH]).argmax(axis=1) for i in range(0, len(images), BATCH)])


def milliseconds(answers: Answers, images: np.ndarray) -> float:
    """The median processor time of one image alone, which does not depend on the load of the machine.

    `images` are uint8 (N, 28, 28, 1).
    """
    for image in images[:WARM_UP, np.newaxis]:
        answers(image)
    times, end = [], time.perf_counter() + LIMIT
    for image in images[:CALLS, np.newaxis]:
        begin = time.process_time()
        answers(image)
        times.append(time.process_time() - begin)
        if time.perf_counter() > end:
            break
    return 1000 * float(np.median(times))


def keras_milliseconds(path: Path, images: np.ndarray) -> float:
    """The same of a Keras model on one thread, in a process of its own, since TensorFlow has one setting a process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_on_one_thread, path, images[:CALLS]).result()


def _on_one_thread(path: Path, images: np.ndarray) -> float:
    tf = session.import_tensorflow()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return milliseconds(model_file.load_model(path).predict_on_batch, images)
