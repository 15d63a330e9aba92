"""kill -9 at the calls by which a stage changes files, each in turn."""

import signal
from collections.abc import Iterable

from tests.faults import calls
from tests.faults.again import TRACKED, Place, Stage, remove
from tests.faults.bench import RUN, TRAIN, Bench
from tests.faults.table import fault
from tests.faults.traced import traced
from tests.support.workspace import Workspace

SCRATCH = (".site-cache", ".mlflow.db.tmp")  # what DVC keeps in mind; a database that has not got its name yet
DRAWING = ("numpy", "matplotlib.pyplot", "PIL.Image", "pydantic", "ruamel.yaml")
TRACKING = ("mlflow", "mlflow.keras", "mlflow.store.tracking.sqlalchemy_store")
LEARNING = (*DRAWING, "tensorflow", "keras", *TRACKING)


def fetched(bench: Bench) -> Workspace:
    """A workspace with its raw data."""
    return without(bench.prepared(), "data/processed")


def only_trained(bench: Bench) -> Workspace:
    """A workspace whose run is trained and not evaluated."""
    place = bench.prepared()
    place.run(*TRAIN)
    return place


def undrawn(bench: Bench) -> Workspace:
    """A workspace whose run is evaluated and has no pictures."""
    return without(bench.trained(), f"results/runs/{RUN}/*.png")


def without(place: Workspace, *patterns: str) -> Workspace:
    """The workspace, some of its files being deleted."""
    for pattern in patterns:
        for path in place.root.glob(pattern):
            remove(path)
    return place


STAGES = (
    Stage("fetch", ("pipeline.fetch",), ("requests", "tqdm", "pydantic", "ruamel.yaml"), Bench.blank, ("data/raw",)),
    Stage("preprocess", ("pipeline.preprocess",), (*DRAWING, "sklearn"), fetched, ("data/processed",)),
    Stage(
        "corrupt",
        ("pipeline.corrupt",),
        (*DRAWING, "scipy.ndimage", "skimage", "sklearn.datasets"),
        lambda bench: without(bench.prepared(), "data/stress"),
        ("data/stress",),
    ),
    Stage(
        "train",
        ("pipeline.train", RUN),
        (*LEARNING, "dvc.repo"),
        Bench.prepared,
        ("results", ".checkpoints", *TRACKED),
        ("environment.json",),
    ),
    Stage(
        "evaluate",
        ("pipeline.evaluate", RUN),
        LEARNING,
        only_trained,
        (f"results/runs/{RUN}", ".checkpoints", *TRACKED),
        ("environment.json",),
    ),
    Stage("draw", ("pipeline.draw", RUN), (*DRAWING, "h5py", "seaborn"), undrawn, (f"results/runs/{RUN}",)),
    Stage(
        "report",
        ("pipeline.report",),
        (*DRAWING, "scipy.stats", "sklearn.calibration", "seaborn"),
        lambda bench: without(bench.trained(), "results/*.*"),
        ("results",),
    ),
)
SYNC = Stage(
    "sync, the database being lost", ("tools.sync",), TRACKING, lambda bench: without(bench.trained(), "ml*"), TRACKED
)


def every_write(bench: Bench, stage: Stage) -> str:
    """Kill the stage before, within and after each of its writes; run it again from each state that this left.

    Undisturbed, it syncs each file before it renames it, and each folder after that, or a power cut could empty them.
    """
    place = Place(bench, stage)
    with traced(place.workspace, stage.command, stage.libraries, bench.root / "output.txt") as process:
        made = place.list_calls(process)
        lost = calls.unsynced(_of_results(place, made))
        assert not lost, "; ".join(lost)
        points = calls.points(made, SCRATCH)[:: bench.every]
        kills, states = 0, set()
        for call in points:
            where = f"{call.name} number {call.number} of {stage.name} ({call.paths[-1]})"
            place.begin_again()
            status = process.killed(call)
            kills += status == -signal.SIGKILL
            assert status in (-signal.SIGKILL, 0), f"{where}: {status} {process.output.read_text()}"
            place.only_whole(where)
            state = place.state()
            if state not in states:
                place.ends_well(process, where)
                states.add(state)
    assert kills > 0.9 * len(points), f"only {kills} kills at {len(points)} calls"
    return f"{kills} kills, each left whole files only; run again from {len(states)} different states"


for stage in (*STAGES, SYNC):
    expected = "files under final names are whole, and synced; the next run ends well"
    fault(f"kill -9 at every write of {stage.name}", expected, quick=stage.name == "fetch")(
        lambda bench, stage=stage: every_write(bench, stage)
    )


def _of_results(place: Place, made: Iterable[calls.Call]) -> Iterable[calls.Call]:
    """Without those of MLflow's own files, which `make sync` makes anew."""
    folders = tuple(f"{place.root}/{name}" for name in place.stage.outputs if name not in TRACKED)
    return (call for call in made if call.paths[-1].startswith(folders))
