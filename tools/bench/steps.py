"""Train one network on noise and print its images per second as JSON."""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from models.build import build_model
from models.constants import NUM_CLASSES
from models.layers import Conv, Dense, Dropout, Pool
from models.registry import ARCHITECTURES

BATCH_SIZE = 128


def keras_seconds(
    architecture: str, precision: str, steps: int, batch_size: int, batch_norm: bool = False, fused: bool = True
) -> float:
    """Seconds of `steps` training steps; not `fused` is with Keras' own layers and optimizer instead of ours."""
    from models.ops.adam import fused_adam
    from pipeline.dataset.batches import make_dataset
    from pipeline.runtime.session import start_session

    session = start_session(precision, "auto", 0)
    with session.strategy.scope():
        model = build_model(
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
        model.compile(fused_adam()() if fused else "adam", loss, metrics=["accuracy"], jit_compile=False)
    dataset = make_dataset(batch_size, *noise(steps * batch_size))
    return second_call(lambda: model.fit(dataset, shuffle=False, verbose=0))


def torch_seconds(architecture: str, precision: str, steps: int, batch_size: int) -> float:
    """The same in PyTorch, eager, on a GPU if there is one."""
    import torch
    from torch import nn

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = nn.Sequential(*torch_layers(architecture), nn.LazyLinear(NUM_CLASSES)).to(device)
    pixels, digits = noise(steps * batch_size)
    images = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float() / 255
    labels = torch.from_numpy(digits.astype(np.int64)).to(device)
    model(images[:1])  # sets the sizes of lazy layers
    optimizer, loss_of = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    dtype = {"float32": None, "mixed_bfloat16": torch.bfloat16, "mixed_float16": torch.float16}[precision]
    scaler = torch.amp.GradScaler(device, enabled=precision == "mixed_float16")

    def epoch() -> None:
        for begin in range(0, len(images), batch_size):
            with torch.autocast(device, dtype=dtype, enabled=dtype is not None):
                loss = loss_of(model(images[begin : begin + batch_size]), labels[begin : begin + batch_size])
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        loss.item()  # waits for the device

    return second_call(epoch)


def torch_layers(architecture: str) -> list:
    """The hidden layers as torch.nn modules, for inputs (N, 1, 28, 28)."""
    from torch import nn

    modules = []
    for layer in ARCHITECTURES[architecture]:
        match layer:
            case Conv(filters, size):
                modules += [nn.LazyConv2d(filters, size), nn.ReLU()]
            case Dense(units):
                modules += [nn.LazyLinear(units), nn.ReLU()]
            case Pool():
                modules.append(nn.MaxPool2d(2))
            case Dropout(rate):
                modules.append(nn.Dropout(rate))
            case _:
                modules.append(nn.Flatten())
    return modules


def noise(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Random images, uint8 (count, 28, 28, 1), and labels, uint8 (count,)."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, 28, 28, 1), np.uint8), rng.integers(0, NUM_CLASSES, count, np.uint8)


def second_call(epoch: Callable[[], object]) -> float:
    """Seconds of the second call; the first one traces the network and selects algorithms."""
    epoch()
    begin = time.monotonic()
    epoch()
    return time.monotonic() - begin


WAYS = {
    "keras": keras_seconds,
    "torch": torch_seconds,
    "normalised": partial(keras_seconds, batch_norm=True),
    "normalised by Keras": partial(keras_seconds, batch_norm=True, fused=False),
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=list(WAYS))
    parser.add_argument("architecture", choices=list(ARCHITECTURES))
    parser.add_argument("precision", choices=["float32", "mixed_bfloat16", "mixed_float16"])
    parser.add_argument("steps", type=int)
    parser.add_argument("--batch", type=int, default=BATCH_SIZE)
    given = parser.parse_args()
    seconds = WAYS[given.way](given.architecture, given.precision, given.steps, given.batch)
    print(json.dumps(given.batch * given.steps / seconds))
