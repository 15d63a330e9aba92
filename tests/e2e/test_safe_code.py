"""Code that no stage depends on cannot change a byte of results: replaced by stand-ins, it leaves the same results."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.interruption import RUN
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow

STAND_INS = {  # each file with the least that the stages need of it
    "pipeline/tracking/run_mirror.py": """
from contextlib import nullcontext
class RunMirror:
    def __init__(self, folder): self.folder = folder
    def update(self, status="RUNNING", *, patient=False): return False
    def report_failure(self): return nullcontext()
""",
    "pipeline/tracking/system_metrics.py": """
from contextlib import nullcontext
def sample_system_metrics(samples, elapsed): return nullcontext()
""",
    "pipeline/resume/checkpoint.py": """
def save_checkpoint(folder, identity, progress, arrays): pass
def load_checkpoint(folder, identity): return None
""",
    "pipeline/resume/checkpoint_dir.py": """
from contextlib import contextmanager
def checkpoint_dir(root, run, fingerprint): return root / "elsewhere" / run
@contextmanager
def run_lock(folder):
    folder.mkdir(parents=True, exist_ok=True)
    yield
def delete_checkpoints(folder): pass
""",
    "pipeline/resume/interruption.py": """
from contextlib import nullcontext
class InterruptHandler:
    def stop_reason(self): return None
    def install(self): return nullcontext()
""",
    "pipeline/core/files.py": """
import hashlib
from contextlib import contextmanager
@contextmanager
def atomic(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        yield stream
def write_bytes(path, content):
    with atomic(path) as stream:
        stream.write(content)
def write_text(path, text): write_bytes(path, text.encode())
def sha256(path): return hashlib.sha256(path.read_bytes()).hexdigest()
""",
    "pipeline/core/messages.py": """
from pipeline.core.errors import PipelineError
def __getattr__(name): return lambda *details: PipelineError(f"{name}: {details}")
""",
    "pipeline/core/git.py": """
def ask_git(*words, root=None): return ""
def head_commit(): return None
def state(root=None): return {"git_commit": None, "git_clean": None, "experiment": None}
""",
}


@pytest.fixture
def replaced(untrained_copy: Workspace) -> Workspace:
    """A workspace in which nothing has trained and the safe code is replaced."""
    for name, content in STAND_INS.items():
        path = untrained_copy.root / name
        assert path.is_file(), name
        path.write_text(content)
    return untrained_copy


def test_with_stand_ins_for_safe_code_the_results_are_the_same_bytes(
    replaced: Workspace, baseline_run: Workspace, tmp_path: Path
) -> None:
    replaced.run("python", "-m", "pipeline.train", RUN)
    assert replaced.contents(RUN) == baseline_run.contents(RUN)
    evaluated = baseline_run.copy(tmp_path / "evaluated")
    for workspace in (evaluated, replaced):
        workspace.run("python", "-m", "pipeline.evaluate", RUN)
        workspace.run("python", "-m", "pipeline.draw", RUN)
    assert {"metrics.json", "probabilities.npy", "loss.png"} <= set(replaced.contents(RUN))
    assert replaced.contents(RUN) == evaluated.contents(RUN)
    assert not (replaced.root / "mlflow.db").exists()


def test_the_settings_recorded_are_those_of_params_yaml(baseline_run: Workspace) -> None:
    """Merged here without the project's reader: a protocol's common section, its architecture's, the run's own."""
    values = YAML(typ="safe", pure=True).load(baseline_run.root / "params.yaml")
    run = values["runs"][RUN]
    protocol = values["protocols"][values["protocol"]]
    flags = {key: run[key] for key in ("architecture", "pooling", "dropout", "batch_norm")}
    merged = protocol["common"] | protocol[flags["architecture"]] | {key: run[key] for key in run if key not in flags}
    record = json.loads((baseline_run.results(RUN) / "run.json").read_text())
    assert record["settings"] == merged
    assert {key: record[key] for key in flags} == flags


def test_a_checkpoint_survives_an_edit_of_code_that_does_not_change_the_numbers(
    killed: Workspace, baseline_run: Workspace
) -> None:
    for name in ("core/errors", "core/messages", "config/schema", "tracking/run_mirror", "resume/checkpoint", "report"):
        path = killed.root / f"pipeline/{name}.py"
        path.write_text(path.read_text() + "\n# edited\n")
    printed = killed.run("dvc", "repro", f"train@{RUN}").stdout
    assert "continuing after epoch 1, step 0" in printed
    assert "Epoch 1/" not in printed
    assert killed.contents(RUN) == baseline_run.contents(RUN)


def test_a_checkpoint_ends_with_an_edit_of_the_trainer(killed: Workspace) -> None:
    """The negative control: code that may change the numbers starts the training over."""
    path = killed.root / "pipeline/training/trainer.py"
    path.write_text(path.read_text() + "\n# edited\n")
    printed = killed.run("dvc", "repro", f"train@{RUN}").stdout
    assert "continuing after" not in printed
    assert "Epoch 1/" in printed
