"""DVC's commands, killed or started twice."""

import os
import shutil
import signal

import psutil

from tests.faults.bench import RUN, Bench, checkpoints, kill, until
from tests.faults.table import SAME, Impossible, fault, line

REPRO = ("dvc", "repro", f"train@{RUN}")
EXPERIMENT = ("dvc", "exp", "run", "--temp", "--name", "tried", f"evaluate@{RUN}")


@fault("kill -9 of `dvc repro` alone, then a second one", f"the orphan stops itself; {SAME}")
def orphan(bench: Bench) -> str:
    """The trainer lives on without its parent for a moment."""
    place = bench.prepared()
    repro = place.start(*REPRO)
    until(lambda: checkpoints(place), "a checkpoint", repro)
    trainers = [child for child in psutil.Process(repro.pid).children(recursive=True) if child.is_running()]
    os.kill(repro.pid, signal.SIGKILL)
    repro.communicate()
    gone, alive = psutil.wait_procs(trainers, timeout=60)
    for process in alive:
        process.kill()
    assert not alive, "the trainer went on for a minute"
    assert not place.results(RUN).exists(), "the orphan wrote results"
    printed = place.run(*REPRO).stdout
    assert "continuing after epoch" in printed, printed
    bench.same(place)
    return f"{len(gone)} processes stopped; then: {line(printed, 'continuing')}"


@fault("two `make repro` at once", "one trains, the other says in a line that it is busy; the results are whole")
def two(bench: Bench) -> str:
    """Both want the same stage; the installed environment is this process's own."""
    if not shutil.which("make"):
        raise Impossible("no make command")
    place = bench.prepared()
    (place.root / ".venv/bin").mkdir(parents=True)
    (place.root / ".venv/bin/activate").touch()
    wanted = place.run("make", "-s", "--eval", "wanted: ; @echo '$(WANTED)'", "wanted").stdout
    (place.root / ".venv/ready").write_text(wanted)
    both = [place.start("make", "repro") for _ in range(2)]
    printed = [process.communicate()[0] for process in both]
    refused = [text for text, process in zip(printed, both, strict=True) if process.returncode]
    assert len(refused) < 2, printed
    bench.same(place)
    assert "Running stage" not in place.run(*REPRO).stdout, "a third one trained again"
    assert all("busy" in text or "another process trains" in text for text in refused), printed
    assert not any("Traceback" in text for text in printed), printed
    return (line(refused[0], "busy") or line(refused[0], "another")) if refused else "one after the other"


@fault("Ctrl-C", f"exit status not 0, resumable; {SAME}")
def interrupt(bench: Bench) -> str:
    """SIGINT to dvc and all that it started, as a terminal sends it."""
    place = bench.prepared()
    repro = place.start(*REPRO)
    until(lambda: checkpoints(place), "a checkpoint", repro)
    os.killpg(repro.pid, signal.SIGINT)
    printed = repro.communicate()[0]
    assert repro.returncode != 0, printed
    assert "Traceback" not in printed, printed
    seen = line(printed, "interrupted:")
    assert "continuing after epoch" in place.run(*REPRO).stdout
    bench.same(place)
    return seen


@fault("kill -9 of `dvc exp run --temp`", f"the checkpoints are in the main folder; {SAME}")
def temporary(bench: Bench) -> str:
    """DVC runs it in a folder that it throws away."""
    place = bench.prepared()
    experiment = place.start(*EXPERIMENT)
    until(lambda: checkpoints(place), "a checkpoint", experiment)
    kill(experiment)
    printed = place.run(*EXPERIMENT).stdout
    seen = line(printed, "continuing after epoch")
    assert seen, printed
    place.run("dvc", "exp", "apply", "tried")
    bench.same(place)
    return seen
