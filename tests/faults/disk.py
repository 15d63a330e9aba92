"""Disks that are full or cannot be written."""

import os

from tests.faults.bench import RUN, TRAIN, Bench, caught_up, checkpoints, kill, until
from tests.faults.mounts import limited, mounted, need_mounts
from tests.faults.table import fault, line, refusal
from tests.support.workspace import Workspace

FULL = "no space left"


@fault("full disk: data/raw", "'no space left' in one line; the next run succeeds", quick=True)
def full_raw(bench: Bench) -> str:
    """A file-size limit below that of the images."""
    place = bench.blank()
    seen = refusal(place.run(*limited(100, "python", "-m", "pipeline.fetch"), check=False), FULL)
    assert not list((place.root / "data/raw").glob("*-ubyte")), "something is left"
    place.run("python", "-m", "pipeline.fetch")
    return seen


@fault("full disk: data/processed", "'no space left', what was there is untouched; the next run succeeds")
def full_processed(bench: Bench) -> str:
    """A file-size limit below that of the training images."""
    place = bench.prepared()
    processed = place.root / "data/processed"
    before = {file.name: file.read_bytes() for file in processed.iterdir()}
    place.edit(lambda values: values["preprocess"].update(seed=1))
    seen = refusal(place.run(*limited(100, "python", "-m", "pipeline.preprocess"), check=False), FULL)
    assert {file.name: file.read_bytes() for file in processed.iterdir()} == before, "data/processed was changed"
    place.run("dvc", "repro", "preprocess")
    place.run("git", "checkout", "params.yaml", "dvc.lock", "data/processed")
    place.run("dvc", "checkout", "preprocess")
    assert {file.name: file.read_bytes() for file in processed.iterdir()} == before
    return seen


@fault("full disk: DVC cache", "'no space left'; the next run succeeds")
def full_cache(bench: Bench) -> str:
    """The cache on a file system of 64 kB."""
    need_mounts()
    place = bench.prepared()
    place.edit(lambda values: values["preprocess"].update(seed=1))
    cache = str(place.root / ".dvc/cache")
    command = mounted('-t tmpfs -o size=64k none "$1"', cache, "dvc", "repro", "--no-run-cache", "preprocess")
    done = place.run(*command, check=False)
    assert done.returncode != 0, done.stdout
    seen = line(done.stderr, "No space left")
    assert seen, done.stderr
    place.run("dvc", "repro", "preprocess")
    assert "Running stage" not in place.run("dvc", "repro", "preprocess").stdout
    return seen


@fault("full disk: checkpoint", "'no space left', the checkpoint before is kept; the next run ends in the same bytes")
def full_checkpoint(bench: Bench) -> str:
    """Room for one checkpoint, not for the next."""
    place = bench.prepared()
    training = place.start(*TRAIN)
    until(lambda: checkpoints(place), "a checkpoint", training)
    kill(training)
    before = {path.name for path in checkpoints(place)}
    seen = refusal(place.run(*limited(4000, *TRAIN), check=False), FULL)
    assert before <= {path.name for path in checkpoints(place)}, "a checkpoint is gone"
    assert not place.results(RUN).exists()
    _goes_on(bench, place, "continuing after epoch")
    return seen


@fault("full disk: results", "'no space left', the checkpoint is kept; the next run ends in the same bytes")
def full_results(bench: Bench) -> str:
    """results/ on a file system of 1 MB, too small for the model."""
    need_mounts()
    place = bench.prepared()
    (place.root / "results").mkdir(exist_ok=True)
    command = mounted('-t tmpfs -o size=1m none "$1"', str(place.root / "results"), *TRAIN)
    seen = refusal(place.run(*command, check=False), FULL)
    assert checkpoints(place), "no checkpoint is left"
    _goes_on(bench, place, "continuing after epoch 3")
    return seen


@fault("full disk: a training with other params", "'no space left'; git and `dvc checkout` restore what was there")
def full_again(bench: Bench) -> str:
    """DVC removes the former model before it trains; the new one's checkpoint finds no room."""
    place = bench.trained()
    before = place.contents(RUN, equal=False)
    place.edit(lambda values: values["protocols"]["fast"]["common"].update(seed=1))
    done = place.run(*limited(4000, "dvc", "repro", f"train@{RUN}"), check=False)
    assert done.returncode != 0, done.stdout
    seen = line(done.stderr, FULL)
    assert seen, done.stderr
    place.run("git", "checkout", ".")
    place.run("dvc", "checkout")
    assert place.contents(RUN, equal=False) == before
    assert "Running stage" not in place.run("dvc", "repro").stdout
    return seen


@fault("full disk: MLflow", "a warning; the training ends in the same bytes; the next stage catches up")
def full_mlflow(bench: Bench) -> str:
    """The database on a file system of 200 kB."""
    need_mounts()
    place = bench.prepared()
    folder = place.root / "small"
    folder.mkdir()
    command = mounted('-t tmpfs -o size=200k none "$1"', str(folder), *TRAIN)
    done = place.run(*command, MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db")
    seen = line(done.stderr, "warning: could not log to MLflow")
    assert seen and "Traceback" not in done.stderr, done.stderr
    bench.same(place)
    place.run("python", "-m", "pipeline.evaluate", RUN)
    caught_up(place.root / "mlflow.db")
    return seen


@fault("read-only: results", "one line that names the folder; the next run ends in the same bytes")
def read_only(bench: Bench) -> str:
    """A mount, since the superuser may write whatever the permissions say."""
    place = bench.prepared()
    results = place.root / "results"
    results.mkdir(exist_ok=True)
    command = TRAIN
    if os.getuid() == 0:
        need_mounts()
        command = mounted('--bind "$1" "$1" && mount -o remount,bind,ro "$1"', str(results), *TRAIN)
    results.chmod(0o555)
    done = place.run(*command, check=False)
    results.chmod(0o755)
    seen = refusal(done, "results")
    place.run(*TRAIN)
    bench.same(place)
    return seen


def _goes_on(bench: Bench, place: Workspace, words: str) -> None:
    """The next run says `words` and ends in the same bytes."""
    printed = place.run(*TRAIN).stdout
    assert words in printed, printed
    bench.same(place)
