"""Files that somebody or something damaged after they were written."""

import shutil
from pathlib import Path

from tests.faults.bench import RUN, TRAIN, Bench
from tests.faults.table import fault, refusal
from tests.support.workspace import Workspace
from tools.checks.outputs import md5

SPLIT = "data/processed/train.npz"


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def _files(place: Workspace) -> dict[Path, bytes]:
    """Every file but what DVC keeps for itself."""
    paths = [path for path in place.root.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in paths if not {".dvc", ".site-cache"} & set(path.parts)}


def doctor(place: Workspace, *options: str) -> str:
    """What doctor prints."""
    return place.run("python", "-m", "tools.doctor", *options, check=False).stdout


@fault("data/processed: a flipped bit", "training refuses it by its digest; `dvc repro` makes it again")
def flipped_split(bench: Bench) -> str:
    """Damage a split in the workspace."""
    place = bench.prepared()
    right = (place.root / SPLIT).read_bytes()
    flip(place.root / SPLIT)
    seen = refusal(place.run(*TRAIN, check=False), "train.npz: damaged", "dvc repro")
    place.run("dvc", "repro", "preprocess")
    assert (place.root / SPLIT).read_bytes() == right, "dvc repro did not restore it"
    return seen


@fault("data/raw: a flipped bit", "`dvc repro` fetches that file anew")
def flipped_raw(bench: Bench) -> str:
    """Damage a raw file after it was fetched."""
    place = bench.prepared()
    path = place.root / "data/raw/train-images-idx3-ubyte"
    right = path.read_bytes()
    flip(path)
    place.run("dvc", "repro", "preprocess")
    assert path.read_bytes() == right
    return "fetched anew, the same bytes as before"


@fault("DVC cache: a flipped bit", "training refuses what is checked out; doctor names it and repairs it", quick=True)
def flipped_object(bench: Bench) -> str:
    """DVC itself checks the damaged object out without a word."""
    place = bench.prepared()
    path = place.root / SPLIT
    digest, right = md5(path), path.read_bytes()
    entry = place.root / f".dvc/cache/files/md5/{digest[:2]}/{digest[2:]}"
    flip(entry)
    assert f"corrupt: {entry.relative_to(place.root)} ({SPLIT})" in doctor(place)
    assert "restored from the workspace" in doctor(place, "--repair")
    assert entry.read_bytes() == right, "the cache was not repaired"
    flip(entry)
    path.unlink()
    place.run("dvc", "checkout", SPLIT)
    refusal(place.run(*TRAIN, check=False), "train.npz: damaged")
    assert "which was corrupt too" in doctor(place, "--repair")
    place.run("dvc", "repro", "preprocess")
    assert path.read_bytes() == right, "dvc repro did not make it again"
    assert "ok     dvc cache" in doctor(place)
    return "train.npz: damaged; doctor: corrupt, restored from the workspace or removed"


@fault("dvc.lock: conflict markers", "dvc and doctor refuse it; `git checkout` restores it", quick=True)
def conflict(bench: Bench) -> str:
    """As a merge leaves them."""
    place = bench.prepared()
    lock = place.root / "dvc.lock"
    right = lock.read_text()
    lock.write_text(right.replace("  fetch:", "<<<<<<< HEAD\n=======\n>>>>>>> other\n  fetch:", 1))
    done = place.run("dvc", "repro", "preprocess", check=False)
    assert done.returncode != 0, done.stdout
    assert "dvc.lock" in done.stderr + done.stdout, done.stderr
    seen = next(line for line in doctor(place).splitlines() if "dvc.lock" in line)
    assert seen.startswith("WRONG  dvc.lock") and "`git checkout`" in seen, seen
    place.run("git", "checkout", "dvc.lock")
    assert "Running stage" not in place.run("dvc", "repro", "preprocess").stdout
    return seen


@fault("no git repository", "dvc says so; nothing is written", quick=True)
def no_git(bench: Bench) -> str:
    """A downloaded archive instead of a clone."""
    place = bench.prepared()
    shutil.rmtree(place.root / ".git")
    before = _files(place)
    done = place.run("dvc", "repro", "preprocess", check=False)
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    (seen,) = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    assert "git" in seen, seen
    assert _files(place) == before, "something was written"
    place.run("git", "init", "-q")
    place.run("dvc", "repro", "preprocess")
    return seen


@fault("results: a damaged model", "evaluation refuses it, or doctor names it; `dvc repro --force` makes it again")
def flipped_model(bench: Bench) -> str:
    """One bit in the weights."""
    place = bench.trained()
    model = place.results(RUN) / "model.keras"
    flip(model)
    assert f"not as in dvc.lock: results/runs/{RUN}/model.keras" in doctor(place)
    done = place.run("python", "-m", "pipeline.evaluate", RUN, check=False)
    seen = refusal(done, "model.keras")
    place.run("dvc", "repro")
    bench.same(place)
    return seen
