"""`params.yaml` as people spoil it; the real check that `make repro` begins with."""

from tests.faults.bench import Bench
from tests.faults.table import fault, refusal

RUN = "  lenet-dropout: {architecture: lenet, pooling: true, dropout: true, batch_norm: false}\n"
MISTAKES = {  # what is wrong: what is replaced, by what, what the error must name
    "a tab": ("  timeout: 20", "\ttimeout: 20", "tab", "cannot start any token"),
    "a duplicate key": ("  timeout: 20", "  timeout: 20\n  timeout: 9", "duplicate key", "timeout"),
    "1e-3 in quotes": ("learning_rate: 0.003", "learning_rate: '1e-3'", "learning_rate", "number"),
    "a quoted number": ("seed: 2018", "seed: '2018'", "seed", "integer"),
    "a wrong type": ("max_shift: 1", "max_shift: [2]", "max_shift", "integer"),
    "a negative number": ("warmup: 0.3", "warmup: -0.3", "warmup", "-0.3"),
    "an unknown key": ("clip_norm: 1.0", "clipnorm: 1.0", "clipnorm", "did you mean 'clip_norm'?"),
    "a misspelt architecture": ("architecture: lenet", "architecture: lennet", "lennet", "did you mean 'lenet'?"),
    "no runs": (None, "runs:\n", "runs", "mapping"),
    "a slash in a run's name": ("  lenet-dropout:", "  lenet/dropout:", "lenet/dropout", "lower-case"),
    "a dot in a run's name": ("  lenet-dropout:", "  lenet.dropout:", "lenet.dropout", "lower-case"),
}


def spoil(bench: Bench, old: str | None, new: str, key: str, says: str) -> str:
    """Make the mistake, run the check, see the error; then repair it and see that it passes."""
    place = bench.blank()
    path = place.root / "params.yaml"
    right = path.read_text()
    if old is None:
        old = right[right.index("runs:") :]
    assert old in right, f"{old!r} is no longer in params.yaml"
    path.write_text(right.replace(old, new, 1))
    seen = refusal(place.run("python", "-m", "pipeline.config", check=False), "params.yaml", says)
    assert key in seen or key == "tab", seen
    path.write_text(right)
    place.run("python", "-m", "pipeline.config")
    return seen


for name, mistake in MISTAKES.items():
    fault(f"params.yaml: {name}", "one line that names it", quick=name == "a tab")(
        lambda bench, mistake=mistake: spoil(bench, *mistake)
    )


@fault("params.yaml: 1e-3 without quotes", "read as the number 0.001", quick=True)
def plain_exponent(bench: Bench) -> str:
    """Some readers of YAML take it for a string."""
    place = bench.blank()
    path = place.root / "params.yaml"
    path.write_text(path.read_text().replace("learning_rate: 0.003", "learning_rate: 1e-3"))
    ask = (
        "from pipeline.config.params import load_params; print(load_params().run('lenet-dropout').train.learning_rate)"
    )
    printed = place.run("python", "-c", ask).stdout.strip()
    assert printed == "0.001", printed
    return f"read as {printed}"
