"""Invalid values in `params.yaml`: the error names the key, what was found and what was expected."""

import pytest

from tests.support.invalid_params import COMMON, message_after

RATE = "learning_rate: 0.003"
MISTAKES = [  # text to replace, its replacement, and the error message after "params.yaml: "
    # types
    ("epochs: 3", "epochs: '3'", f"{COMMON}.epochs: must be a valid integer; found '3'"),
    ("epochs: 3", "epochs: three", f"{COMMON}.epochs: must be a valid integer; found 'three'"),
    ("epochs: 3", "epochs: 3.0", f"{COMMON}.epochs: must be a valid integer; found 3.0"),
    ("epochs: 3", "epochs: true", f"{COMMON}.epochs: must be a valid integer; found True"),
    ("epochs: 3", "epochs:", f"{COMMON}.epochs: must be a valid integer; found nothing"),
    ("epochs: 3", "epochs: [3]", f"{COMMON}.epochs: must be a valid integer; found [3]"),
    (RATE, "learning_rate: 0,003", f"{COMMON}.learning_rate: must be a valid number; found '0,003'"),
    (RATE, "learning_rate: '1e-3'", f"{COMMON}.learning_rate: must be a valid number; found '1e-3'"),
    ("pooling: true", "pooling: 1", "runs.lenet-one.pooling: must be a valid boolean; found 1"),
    ("pooling: true", "pooling: yes", "runs.lenet-one.pooling: must be a valid boolean; found 'yes'"),
    ("timeout: 20", "timeout: 1e300", "fetch.timeout: must be less than or equal to 3600; found 1e+300"),
    ("timeout: 20", "timeout: 20 s", "fetch.timeout: must be a valid number; found '20 s'"),
    # ranges
    ("epochs: 3", "epochs: 0", f"{COMMON}.epochs: must be greater than 0; found 0"),
    ("epochs: 3", "epochs: -1", f"{COMMON}.epochs: must be greater than 0; found -1"),
    ("epochs: 9", "epochs: -1", "runs.vgg_two.epochs: must be greater than 0; found -1"),
    ("batch_size: 32", "batch_size: 0", "protocols.quick.vgg.batch_size: must be greater than 0; found 0"),
    (RATE, "learning_rate: 0", f"{COMMON}.learning_rate: must be greater than 0; found 0"),
    (RATE, "learning_rate: .nan", f"{COMMON}.learning_rate: must be a finite number; found nan"),
    (RATE, "learning_rate: .inf", f"{COMMON}.learning_rate: must be a finite number; found inf"),
    (RATE, "learning_rate: 1e999", f"{COMMON}.learning_rate: must be a finite number; found inf"),
    (
        "dropout_scale: 0.5",
        "dropout_scale: 1.1",
        f"{COMMON}.dropout_scale: must be less than or equal to 1; found 1.1",
    ),
    ("max_shift: 2", "max_shift: 9", f"{COMMON}.max_shift: must be less than or equal to 8; found 9"),
    ("seed: 11", "seed: -11", "runs.vgg_two.seed: must be greater than or equal to 0; found -11"),
    ("seed: 2018", "seed: 2147483648", "preprocess.seed: must be less than 2147483648; found 2147483648"),
    *(
        (
            "threads: auto",
            f"threads: {wrong}",
            f"{COMMON}.threads: must be 'auto' or a whole number from 1 to 1024; found {found}",
        )
        for wrong, found in (("0", "0"), ("all", "'all'"), ("true", "True"), ("2.0", "2.0"), ("", "nothing"))
    ),
    # choices
    (
        "architecture: lenet",
        "architecture: lennet",
        "runs.lenet-one.architecture: 'lennet' is unknown; did you mean 'lenet'? (known: lenet, vgg, custom)",
    ),
    ("optimizer: adam", "optimizer: Adam", f"{COMMON}.optimizer: must be 'adam' or 'adadelta'; found 'Adam'"),
    (
        "precision: auto",
        "precision: float16",
        f"{COMMON}.precision: must be 'auto', 'float32', 'mixed_bfloat16' or 'mixed_float16'; found 'float16'",
    ),
    ("protocol: quick", "protocol: quik", "protocol: 'quik' is unknown; did you mean 'quick'? (known: quick)"),
    ("protocol: quick", "protocol: 3", "protocol: must be a valid string; found 3"),
    # one value against another
    ("      warmup: 0.25\n", "", "protocols.quick.lenet: warmup is missing; schedule: one_cycle needs it"),
    (
        "epochs: 9",
        "rho: 0.9",
        "runs.vgg_two: rho has no effect without optimizer: adadelta; remove it or set it to null",
    ),
    ("epochs: 9", "optimizer: adadelta", "runs.vgg_two: rho is missing; optimizer: adadelta needs it"),
    (
        "  validation_images: 5000",
        "  validation_images: 399",
        "runs.lenet-one validates on 400 images, but preprocess.validation_images holds out 399;"
        " lower the one or raise the other",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[message[:60] for *_, message in MISTAKES])
def test_invalid_values(tmp_path, old, new, message):
    assert message_after(tmp_path, old, new) == f"params.yaml: {message}"
