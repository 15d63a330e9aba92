"""Unknown, missing and invalid keys in `params.yaml`: the error lists the known keys and suggests the nearest."""

import pytest

from tests.support.invalid_params import COMMON, message_after
from tests.support.params_text import TEXT

ALL_RUNS = TEXT[TEXT.index("runs:") :]
SETTINGS = (
    "seed, epochs, training_images, validation_data, validation_images, batch_size, optimizer, learning_rate, rho,"
    " epsilon, schedule, warmup, clip_norm, initializer, batch_norm_momentum, dropout_scale, max_shift, max_rotation,"
    " max_zoom, min_contrast, precision, threads"
)
RUN_KEYS = f"architecture, pooling, dropout, batch_norm, {SETTINGS}, quick"
SECTIONS = "fetch, preprocess, stress, promote, protocol, protocols, runs"
MISTAKES = [  # text to replace, its replacement, and the error message after "params.yaml: "
    # unknown and missing keys
    (
        "timeout: 20",
        "timeuot: 20",
        "fetch.timeuot is unknown; did you mean 'timeout'? (known: sources, timeout, files)",
    ),
    (
        "{bytes: 60008,",
        "{byte: 60008,",
        "fetch.files.train-labels-idx1-ubyte.byte is unknown; did you mean 'bytes'? (known: bytes, sha256)",
    ),
    (
        "batch_size: 64",
        "batchsize: 64",
        f"{COMMON}.batchsize is unknown; did you mean 'batch_size'? (known: {SETTINGS})",
    ),
    ("epochs: 9", "epoch: 9", f"runs.vgg_two.epoch is unknown; did you mean 'epochs'? (known: {RUN_KEYS})"),
    ("dropout: false", "drop: false", f"runs.lenet-one.drop is unknown; did you mean 'dropout'? (known: {RUN_KEYS})"),
    ("epochs: 9", "1: 9", f"runs.vgg_two.1 is unknown (known: {RUN_KEYS})"),
    (
        "    vgg: {",
        "    vgg16: {",
        "protocols.quick.vgg16 is unknown; did you mean 'vgg'? (known: common, test_images, lenet, vgg, custom)",
    ),
    (
        ", vgg_two: 500",
        ", vgg-two: 500",
        "protocols.quick.test_images.vgg-two is unknown; did you mean 'vgg_two'?"
        " (known: lenet, vgg, custom, lenet-one, vgg_two)",
    ),
    ("lenet: 10000, ", "", "protocols.quick.test_images.lenet is missing"),
    ("    custom: {}\n", "", "protocols.quick.custom is missing"),
    ("runs:", "run:", f"run is unknown; did you mean 'runs'? (known: {SECTIONS})"),
    ("runs:", '"a\\nb": 1\nruns:', f"a\\nb is unknown (known: {SECTIONS})"),
    ("      epochs: 3\n", "", f"{COMMON}.epochs is missing"),
    ("runs:", "  slow: {common: {}, test_images: {}, lenet: {}, vgg: {}}\nruns:", "protocols.slow.custom is missing"),
    (
        "    common:",
        "    comon:",
        "protocols.quick.comon is unknown; did you mean 'common'? (known: common, test_images, lenet, vgg, custom)",
    ),
    ("epochs: 9", "quick: 9", "runs.vgg_two.quick: must be a mapping of keys to values; found 9"),
    ("epochs: 9", "quick: {epochs: 0}", "runs.vgg_two.quick.epochs: must be greater than 0; found 0"),
    ("pooling: true, ", "", "runs.lenet-one.pooling is missing"),
    ("  seed: 2018\n", "", "preprocess.seed is missing"),
    ("protocol: quick\n", "", "protocol is missing"),
    # whole sections
    ("    custom: {}", "    custom:", "protocols.quick.custom: must be a mapping of keys to values; found nothing"),
    ("    custom: {}", "    custom: [a]", "protocols.quick.custom: must be a mapping of keys to values; found ['a']"),
    (ALL_RUNS, "runs:", "runs: must be a mapping of keys to values; found nothing"),
    (ALL_RUNS, "runs: {}", "runs: must not be empty; found {}"),
    (ALL_RUNS, "runs: [a]", "runs: must be a mapping of keys to values; found ['a']"),
    (ALL_RUNS, "runs:\n  a:", "runs.a: must be a mapping of keys to values; found nothing"),
    (TEXT, "", "must be a mapping of keys to values; found nothing"),
    (TEXT, "# nothing but this", "must be a mapping of keys to values; found nothing"),
    (TEXT, "- a\n- b", "must be a mapping of keys to values; found ['a', 'b']"),
    # names of runs
    *(
        (
            "lenet-one:",
            f"{name}:",
            f"runs: run name {shown}: use lower-case letters, digits and single - or _ between them, at most 64",
        )
        for name, shown in (
            ("lenet/one", "'lenet/one'"),
            ("lenet.one", "'lenet.one'"),
            ("Lenet", "'Lenet'"),
            ("lenet one", "'lenet one'"),
            ("-lenet", "'-lenet'"),
            ("lenet--one", "'lenet--one'"),
            ("lenét", "'lenét'"),
            ('"lenet\\none"', "'lenet\\none'"),
            ("l" * 65, f"'{'l' * 65}'"),
        )
    ),
    ("lenet-one:", "1:", "runs.1: the key must be a valid string; found 1"),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[message[:60] for *_, message in MISTAKES])
def test_wrong_keys(tmp_path, old, new, message):
    assert message_after(tmp_path, old, new) == f"params.yaml: {message}"
