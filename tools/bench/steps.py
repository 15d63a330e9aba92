"""Trains one network on noise and prints its images per second as JSON."""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from models import build, layers
from models.constants import NUM_CLASSES
from models.registry import ARCHITECTURES

BATCH = 128


def with_keras(
    architecture: str, precision: str, steps: int, batch: int, batch_norm: bool = False, fused: bool = True
) -> float:
    """Seconds for `steps` training steps, as our training makes them, or with Keras' own layers and optimizer."""
    from models.ops import adam
    from pipeline.dataset import batches
    from pipeline.runtime import session

    session = session.start_session(precision, "auto", 0)
    with session.strategy.scope():
        model = build.build_model(
            architecture,
            ARCHITECTURES[architecture],
            pooling=True,
            dropout_scale=1.0,
            batch_norm=batch_norm,
            batch_norm_momentum=0.9,
            initializer="he_normal",
            fused=fused,
        )
        if fused:
            session.optimize(model)
        loss = "sparse_categorical_crossentropy"
        optimizer = adam.fused_adam()() if fused else "adam"
        model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    images = batches.make_dataset(batch, *noise(steps * batch))
    return second(lambda: model.fit(images, shuffle=False, verbose=0))


def with_torch(architecture: str, precision: str, steps: int, batch: int) -> float:
    """The same in PyTorch, eager; on a GPU if it has one."""
    import torch
    from torch import nn

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = nn.Sequential(*torch_layers(architecture), nn.LazyLinear(NUM_CLASSES)).to(device)
    pixels, digits = noise(steps * batch)
    images = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float() / 255
    labels = torch.from_numpy(digits.astype(np.int64)).to(device)
    model(images[:1])  # the sizes of lazy layers
    optimizer, loss_of = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    kind = {"float32": None, "mixed_bfloat16": torch.bfloat16, "mixed_float16": torch.float16}[precision]
    scaler = torch.amp.GradScaler(device, enabled=precision == "mixed_float16")

    def epoch() -> None:
        for begin in range(0, len(images), batch):
            with torch.autocast(device, dtype=kind, enabled=kind is not None):
                loss = loss_of(model(images[begin : begin + batch]), labels[begin : begin + batch])
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        loss.item()  # waits for the device

    return second(epoch)


def torch_layers(architecture: str) -> list:
    """The hidden layers, as torch.nn modules; inputs are (N, 1, 28, 28)."""
    from torch import nn

    modules = []
    for layer in ARCHITECTURES[architecture]:
        if isinstance(layer, layers.Conv):
            modules += [nn.LazyConv2d(layer.filters, layer.size), nn.ReLU()]
        elif isinstance(layer, layers.Dense):
            modules += [nn.LazyLinear(layer.units), nn.ReLU()]
        elif isinstance(layer, layers.Pool):
            modules.append(nn.MaxPool2d(2))
        elif isinstance(layer, layers.Dropout):
            modules.append(nn.Dropout(layer.rate))
        else:
            modules.append(nn.Flatten())
    return modules


def noise(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images, uint8 (count, 28, 28, 1), and labels, uint8 (count,)."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, 28, 28, 1), np.uint8), rng.integers(0, NUM_CLASSES, count, np.uint8)


def second(epoch: Callable[[], object]) -> float:
    """Seconds of the second call: the first one traces, allocates and picks algorithms."""
    epoch()
    begin = time.monotonic()
    epoch()
    return time.monotonic() - begin


WAYS = {
    "keras": with_keras,
    "by Keras": partial(with_keras, fused=False),
    "torch": with_torch,
    "normalised": partial(with_keras, batch_norm=True),
    "normalised by Keras": partial(with_keras, batch_norm=True, fused=False),
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=list(WAYS))
    parser.add_argument("architecture", choices=list(ARCHITECTURES))
    parser.add_argument("precision", choices=["float32", "mixed_bfloat16", "mixed_float16"])
    parser.add_argument("steps", type=int)
    parser.add_argument("--batch", type=int, default=BATCH)
    given = parser.parse_args()
    seconds = WAYS[given.way](given.architecture, given.precision, given.steps, given.batch)
    print(json.dumps(given.batch * given.steps / seconds))
