"""Measure this machine for a few seconds: how fast it imports TensorFlow and trains given runs; prints JSON."""

import argparse
import json
import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pipeline.config.params import Run
    from pipeline.runtime.session import Session

WARMUP, STEPS = 2, 6


def main(arguments: argparse.Namespace) -> None:
    """Print `import_seconds`, and under `images_per_second` the training speed of each run."""
    begin = time.monotonic()
    from pipeline.runtime.session import start_session

    session = start_session("auto", "auto", 0)
    import_seconds = time.monotonic() - begin
    from pipeline.config.params import load_params

    params = load_params()
    speeds = {name: images_per_second(params.run(name), session) for name in arguments.runs}
    print(json.dumps({"import_seconds": import_seconds, "images_per_second": speeds}))


def images_per_second(run: "Run", session: "Session") -> float:
    """Training images per second, after the steps in which TensorFlow traces the network."""
    from models.constants import INPUT_SHAPE, NUM_CLASSES
    from pipeline.train import build_run_model
    from pipeline.training.optimizers import compile_model

    model = build_run_model(run, fused=True)
    session.optimize(model)
    compile_model(model, run.train)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (run.train.batch_size, *INPUT_SHAPE), np.uint8)
    labels = rng.integers(0, NUM_CLASSES, run.train.batch_size)
    seconds = []
    for _ in range(WARMUP + STEPS):
        begin = time.monotonic()
        model.train_on_batch(images, labels)
        seconds.append(time.monotonic() - begin)
    return run.train.batch_size / float(np.median(seconds[WARMUP:]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN")
    main(parser.parse_args())
