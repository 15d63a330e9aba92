"""The model file: equal weights give equal bytes, and a loaded model predicts the same."""

import json
import time
import zipfile

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.runtime import model_file, session
from tests.support.mutations import ALL, QUICK, mutated_json, mutations
from tests.support.small_network import copy_model, predictions, small_model, trained_model


@pytest.fixture(scope="module", autouse=True)
def keras():
    session.import_tensorflow()
    import keras

    return keras


@pytest.fixture(scope="module")
def model(keras):
    return trained_model()


def test_equal_weights_give_equal_bytes(model, tmp_path):
    model_file.save_model(model, tmp_path / "first.keras")
    time.sleep(2.1)  # the resolution of times in a zip file is 2 s
    model_file.save_model(model, tmp_path / "second.keras")
    model_file.save_model(copy_model(model), tmp_path / "third.keras")
    first, second, third = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert first == second
    assert first == third


def test_different_weights_give_different_bytes(model, tmp_path):
    model_file.save_model(model, tmp_path / "one.keras")
    model_file.save_model(small_model(batch_norm=True), tmp_path / "other.keras")
    assert (tmp_path / "one.keras").read_bytes() != (tmp_path / "other.keras").read_bytes()


def test_the_file_has_no_optimizer_and_no_date(model, tmp_path):
    model_file.save_model(model, tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert archive.namelist() == ["config.json", "metadata.json", "model.weights.h5"]
        assert "date_saved" not in json.loads(archive.read("metadata.json"))
        assert b"optimizer" not in archive.read("model.weights.h5") + archive.read("config.json")
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_compiled_model_is_refused(tmp_path):
    model = small_model()
    model.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="model.keras: the model is compiled"):
        model_file.save_model(model, tmp_path / "model.keras")
    assert list(tmp_path.iterdir()) == []


def test_a_loaded_model_predicts_the_same(keras, model, tmp_path):
    path = tmp_path / "model.keras"
    model_file.save_model(model, path)
    np.testing.assert_array_equal(predictions(keras.saving.load_model(path, safe_mode=True)), predictions(model))
    loaded = model_file.load_model(path)
    np.testing.assert_array_equal(predictions(loaded), predictions(model))
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert (loaded.inputs[0].dtype, loaded.inputs[0].name) == ("uint8", "pixels")


def test_a_failed_save_keeps_the_old_file(model, tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    model_file.save_model(model, path)
    before = path.read_bytes()

    def fail(_):
        raise OSError("disk full")

    monkeypatch.setattr(model_file, "_without_volatile_keys", fail)
    with pytest.raises(OSError, match="disk full"):
        model_file.save_model(model, path)
    assert path.read_bytes() == before
    assert [left.name for left in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda content: content[:-200], "File is not a zip file"),
        (lambda content: content[:9000] + bytes([content[9000] ^ 1]) + content[9001:], "model.weights.h5"),
        (lambda content: b"", "File is not a zip file"),
    ],
    ids=["cut", "a bit flipped", "empty"],
)
def test_damaged_files(model, tmp_path, damage, problem):
    path = tmp_path / "lenet-plain" / "model.keras"
    model_file.save_model(model, path)
    path.write_bytes(damage(path.read_bytes()))
    remedy = "remove it, then run `dvc checkout`, or `dvc repro --force train@lenet-plain`"
    with pytest.raises(PipelineError, match=rf"{path}: damaged \({problem}\); {remedy}"):
        model_file.load_model(path)


def test_code_in_the_file_is_not_executed(keras, tmp_path):
    layers = [keras.Input((2,)), keras.layers.Lambda(lambda x: x, name="code")]
    keras.Sequential(layers).save(tmp_path / "evil.keras")
    with pytest.raises(PipelineError, match="evil.keras: damaged .*Lambda"):
        model_file.load_model(tmp_path / "evil.keras")


def test_a_missing_file_is_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        model_file.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("config.json", None, "KeyError: .*no item named 'config.json'"),
        ("config.json", b"null", "TypeError: "),
        ("config.json", b"[" * 100_000, "RecursionError: "),
        ("config.json", b'{"module": "os", "class_name": "system", "config": {"command": "touch x"}}', "'system'"),
        (
            "config.json",
            b'{"module": "keras.optimizers", "class_name": "Adam", "config": {}}',
            "AttributeError: 'Adam'",
        ),
        ("config.json", lambda config: config.replace(b'"units": 10', b'"units": 7'), "could not be loaded"),
        ("config.json", lambda config: config.replace(b"28, 28, 1", b"30, 30, 1"), "."),
        ("config.json", b'{"class_name": "\xff', "."),
        ("model.weights.h5", None, "model.weights.h5"),
        ("model.weights.h5", b"abc", "file signature not found"),
    ],
)
def test_a_malformed_file_is_an_error_of_one_line(model, tmp_path, name, content, problem):
    members = members_of(model, tmp_path)
    content = content(members[name]) if callable(content) else content
    path = tmp_path / "lenet-plain" / "model.keras"
    path.parent.mkdir()
    write_members(
        path, {other: old for other, old in members.items() if other != name} | ({name: content} if content else {})
    )
    with pytest.raises(PipelineError, match=rf"^{path}: damaged \([^\n]*{problem}[^\n]*train@lenet-plain`$"):
        model_file.load_model(path)


def test_a_file_of_another_shape_and_one_that_expands_are_refused(keras, tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]).save(path)
    with pytest.raises(PipelineError, match=r"expected from \(None, 28, 28, 1\) to \(None, 10\)"):
        model_file.load_model(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(10_000_000))
    with pytest.raises(PipelineError, match="larger than the file"):
        model_file.load_model(path)


@pytest.mark.parametrize("count", [QUICK, pytest.param(ALL, marks=[pytest.mark.slow, pytest.mark.fuzz])])
def test_any_damage_is_an_error_of_one_line(model, tmp_path, count):
    members = members_of(model, tmp_path)
    changes = {"config.json": mutated_json, "metadata.json": mutated_json, "model.weights.h5": None}
    path, refused = tmp_path / "damaged.keras", 0
    each = [mutations(members[name], count // 3, change) for name, change in changes.items()]
    for name, content in ((name, content) for name, some in zip(changes, each, strict=True) for content in some):
        write_members(path, members | {name: content})
        try:
            model_file.load_model(path)
        except PipelineError as error:
            refused += 1
            assert str(error).isprintable()
    assert refused > count / 3


def members_of(model, folder):
    """The members of the model's file."""
    model_file.save_model(model, folder / "intact.keras")
    with zipfile.ZipFile(folder / "intact.keras") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(path, members):
    """Write a model file whose members have the right checksums."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
