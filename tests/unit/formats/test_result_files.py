"""Any damage to any result file is an error of one line for everything that reads results."""

import argparse
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.formats import result_files
from pipeline.reporting import html, results
from pipeline.tracking import run_content
from tests.support import study
from tests.support.mirrored import complete
from tests.support.mutations import ALL, QUICK, mutated_csv, mutated_json, mutations
from tests.support.reported import analyze_runs
from tools import candidates, promote

RUN, OTHER = "lenet-dropout", "vgg-dropout"
NAMES = [*result_files.SCHEMAS, "probabilities.npy"]
COUNTS = [QUICK, pytest.param(ALL, marks=[pytest.mark.slow, pytest.mark.fuzz])]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for index, run in enumerate((RUN, OTHER)):
        complete(study.write_run(tmp_path, run, images=40, errors=5, stress=0.8), index)
        for name in ("stress.json", "validation_stress.json"):
            (tmp_path / run / name).write_text('{"mean_accuracy": 0.8, "images": 40, "blur": 0.8}')
        (tmp_path / run / "model.keras").write_bytes(b"model")
        (tmp_path / run / "card.md").write_text(f"training {index:032x}")
    return tmp_path


def read_all(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the results as the report, promote and sync do."""
    found, missing = results.load([RUN, OTHER], runs)
    assert (len(found), missing) == (2, {})
    found[0].probabilities()
    run_content.read_content(runs / RUN)
    for name in ("histograms.json", "stress.json", "validation_stress.json"):
        result_files.read_result(runs / RUN / name)
    read, reasons = candidates.eligible([RUN], runs)
    assert all("\n" not in reason for reason in reasons.values())
    if read:
        monkeypatch.setattr(promote, "run_dir", lambda run: runs / run)
        promote.promotion(read[0])


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", NAMES)
def test_any_damage_is_an_error_of_one_line(runs, monkeypatch, name, count) -> None:
    path, refused, accepted = runs / RUN / name, 0, []
    change = {".json": mutated_json, ".csv": mutated_csv}.get(path.suffix)
    for content in mutations(path.read_bytes(), count, change):
        path.write_bytes(content)
        try:
            read_all(runs, monkeypatch)
        except PipelineError as error:
            refused += 1
            assert str(error).startswith("results/runs"), error
            assert "\n" not in str(error)
        else:
            accepted.append(content)
    assert refused > count / 4
    (runs / RUN / "model.keras").unlink()
    (runs / OTHER / "model.keras").unlink()
    for content in accepted[: max(1, count // 200)]:  # the whole report of those that can be read
        path.write_bytes(content)
        with suppress(PipelineError):  # such as no test image in common
            html.render_html(analyze_runs(runs, RUN, OTHER), {}, None).encode()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("run.json", '{"run": "\\ud800"}', "."),
        ("run.json", '{"run": 5}', "valid string; found 5"),
        ("run.json", "[" * 100_000, "RecursionError"),
        ("metrics.json", '{"val_loss": NaN, "val_accuracy": 2}', "finite|less than or equal to 1"),
        ("environment.json", "\udcff", "utf-8"),
        ("history.csv", "epoch,train_loss,train_accuracy,val_loss,val_accuracy\n1,2,0.1,nan,0.1\n", "finite"),
        ("history.csv", "epoch,train_loss,train_accuracy,val_loss,val_accuracy\n1,2,0.1\n", "valid number"),
        ("history.csv", "epoch,train_loss,train_accuracy,val_loss,val_accuracy\n1,2,0.1,1,0.1,7,8\n", "."),
        ("predictions.csv", "actual,predicted\n1,10\n", "less than 10; found '10'"),
    ],
)
def test_what_is_wrong_is_said(runs, name, content, said) -> None:
    (runs / RUN / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    line = rf"^results/runs/{RUN}/{name}: [^\n]*({said})[^\n]*; run `dvc repro train@{RUN} evaluate@{RUN}`$"
    with pytest.raises(PipelineError, match=line):
        result_files.read_result(runs / RUN / name)


def test_promote_says_why_a_damaged_run_is_left_out(runs, monkeypatch, capsys) -> None:
    (runs / RUN / "metrics.json").write_text("{}")
    monkeypatch.setattr(promote, "eligible", lambda names: candidates.eligible(names, runs))
    chosen = promote.choose(
        argparse.Namespace(runs=[RUN, OTHER], promote=argparse.Namespace(min_stress_accuracy=None)), None
    )
    assert chosen.run == OTHER
    assert (
        f"left out: {RUN} is damaged: results/runs/{RUN}/metrics.json: val_loss is missing" in capsys.readouterr().out
    )
