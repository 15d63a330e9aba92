"""Checkpoints that are damaged."""

from tests.faults.bench import TRAIN, Bench, checkpoints, kill, until
from tests.faults.damage import flip
from tests.faults.table import SAME, fault, line
from tests.support.workspace import Workspace


def two_checkpoints(bench: Bench) -> Workspace:
    """A workspace whose training was killed when it had two checkpoints."""
    place = bench.prepared()
    training = place.start(*TRAIN)
    until(lambda: len(checkpoints(place)) > 1, "two checkpoints", training)
    kill(training)
    return place


@fault("checkpoint: a flipped bit", f"a warning, the one before is used; {SAME}")
def damaged(bench: Bench) -> str:
    """In the weights of the last one."""
    place = two_checkpoints(bench)
    flip(checkpoints(place)[-1] / "arrays.npz")
    return _goes_on(bench, place, "another SHA-256")


@fault("checkpoint: all are damaged", f"warnings, training starts over; {SAME}")
def all_damaged(bench: Bench) -> str:
    """None is left to go on from."""
    place = two_checkpoints(bench)
    for checkpoint in checkpoints(place):
        flip(checkpoint / "state.json")
    return _goes_on(bench, place, "starting over", resumed=False)


def _goes_on(bench: Bench, place: Workspace, warning: str, *, resumed: bool = True) -> str:
    """Train again: with the warning, and from the checkpoint before the damaged one unless there is none."""
    epoch = int(checkpoints(place)[-2].name)  # a checkpoint an epoch; a late kill leaves the second and third
    done = place.run(*TRAIN)
    assert warning in done.stderr, done.stderr
    assert (f"continuing after epoch {epoch}," in done.stdout) == resumed, done.stdout
    bench.same(place)
    return line(done.stderr, "warning: ")
