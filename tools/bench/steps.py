"""Train one network on noise and print its images per second as JSON."""

import argparse
import json
import time

import numpy as np

from models.build import build_model
from models.constants import INPUT_SHAPE, NUM_CLASSES
from models.ops.adam import fused_adam
from models.registry import ARCHITECTURES
from pipeline.dataset.batches import make_dataset
from pipeline.runtime.session import start_session

BATCH_SIZE = 128


def main(arguments: argparse.Namespace) -> None:
    """Print the images per second of the second pass; the first one traces the network and selects algorithms."""
    ours = arguments.operations == "ours"
    session = start_session(arguments.precision, "auto", 0)
    with session.strategy.scope():
        model = build_model(
            arguments.architecture,
            ARCHITECTURES[arguments.architecture],
            pooling=True,
            dropout_scale=1.0,
            batch_norm=arguments.batch_norm,
            batch_norm_momentum=0.9,
            initializer="he_normal",
            fused=ours,
        )
        if ours:
            session.optimize(model)
        loss = "sparse_categorical_crossentropy"
        model.compile(fused_adam()() if ours else "adam", loss, metrics=["accuracy"], jit_compile=False)
    count = arguments.steps * arguments.batch
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, *INPUT_SHAPE), np.uint8)
    dataset = make_dataset(arguments.batch, images, rng.integers(0, NUM_CLASSES, count, np.uint8))
    for _ in range(2):
        begin = time.monotonic()
        model.fit(dataset, shuffle=False, verbose=0)
    print(json.dumps(count / (time.monotonic() - begin)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operations", choices=["ours", "keras"], help="fused layers and optimizer, or Keras' own")
    parser.add_argument("architecture", choices=list(ARCHITECTURES))
    parser.add_argument("precision", choices=["float32", "mixed_bfloat16", "mixed_float16"])
    parser.add_argument("steps", type=int)
    parser.add_argument("--batch-norm", action="store_true", help="with batch normalisation")
    parser.add_argument("--batch", type=int, default=BATCH_SIZE, help=f"images of a step (default: {BATCH_SIZE})")
    main(parser.parse_args())
