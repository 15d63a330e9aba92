"""Verdicts on the three grounds follow the results: they flip with the winners, and with too little power."""

import numpy as np
import pytest

from pipeline.reporting.conclusions import GROUNDS, conclude
from pipeline.reporting.published import load_published
from pipeline.reporting.verdicts import Claim, all_of, seed_sets
from tests.support import study
from tests.support.reported import PUBLISHED, networks

PRINTED, IMAGES, COMPUTE = GROUNDS
SLOW, FAST = (0.3, 0.5, 0.7, 0.8), (0.9, 0.95, 0.98, 0.99)
RIGHT = {  # errors of 2,000 test images
    "lenet": {"errors": 60, "validation": SLOW, "weights": study.normal},
    "vgg": {"errors": 20, "validation": FAST, "weights": study.normal},
    "custom": {"errors": 120, "validation": FAST, "weights": study.normal},
}
WRONG = {
    "lenet": {"errors": 60, "validation": FAST, "weights": study.uniform},
    "vgg": {"errors": 120, "validation": SLOW, "weights": study.uniform},
    "custom": {"errors": 20, "validation": FAST, "weights": study.uniform},
}
AT_EQUAL_COMPUTE = {  # epochs have as many images as cost the same
    "lenet": {"training_images": 30_000},
    "vgg": {"training_images": 14_298},
    "custom": {"training_images": 386},
}


def train(folder, seeds=3, images=2000, **runs):
    """Write so many seeds of each network with its arguments; errors vary by one from seed to seed."""
    names = []
    for network, arguments in runs.items():
        for seed in range(1, seeds + 1):
            names.append(f"{network}-dropout-{seed}")
            errors = arguments.get("errors", 30) + seed % 3
            study.write_run(folder, names[-1], images=images, seed=seed, **arguments | {"errors": errors})
    return names


def judge(folder, **runs):
    """(number of the conclusion, ground) to its cell."""
    found = conclude(networks(folder, *train(folder, **runs)), PUBLISHED)
    return {(one.number, ground): cell for one in found for ground, cell in zip(GROUNDS, one.cells, strict=True)}


def words(cells, ground):
    return [cells[number, ground].word for number in range(1, 7)]


def with_budgets(runs, budgets):
    return {network: arguments | budgets.get(network, {}) for network, arguments in runs.items()}


@pytest.mark.parametrize(("runs", "word"), [(RIGHT, "supported"), (WRONG, "contradicted")])
@pytest.mark.parametrize(("ground", "budgets"), [(IMAGES, {}), (COMPUTE, AT_EQUAL_COMPUTE)])
def test_with_the_winners_swapped_all_six_verdicts_flip(runs, word, ground, budgets, tmp_path):
    assert words(judge(tmp_path, **with_budgets(runs, budgets)), ground) == [word] * 6


def test_a_difference_that_the_design_cannot_detect_is_not_resolved(tmp_path):
    clear = judge(tmp_path / "clear", lenet={"errors": 60}, vgg={"errors": 20})[3, IMAGES]
    (claim,) = judge(tmp_path / "half", lenet={"errors": 40}, vgg={"errors": 36})[3, IMAGES].claims
    assert clear.word == "supported" and clear.claims[0].effect.value > clear.claims[0].detectable
    assert claim.word == "not resolved" and 0 < claim.effect.value < claim.detectable
    assert claim.why.startswith(f"between {claim.write(claim.effect.low)} and {claim.write(claim.effect.high)}; ")
    assert claim.why.endswith(f" more seeds each would resolve {claim.write(claim.effect.value)}")


def test_the_rounding_of_other_hardware_changes_no_verdict_with_margin(tmp_path):
    """Three predictions of each run, and an epoch's validation by two images of 5,000, come out differently."""
    before = judge(tmp_path / "here", **RIGHT)
    rounded = {
        network: arguments
        | {"errors": arguments["errors"] + 3, "validation": tuple(np.subtract(arguments["validation"], 0.0004))}
        for network, arguments in RIGHT.items()
    }
    after = judge(tmp_path / "there", **rounded)
    assert {key: cell.word for key, cell in before.items()} == {key: cell.word for key, cell in after.items()}


def test_a_winner_that_used_more_decides_nothing_and_one_that_used_less_does(tmp_path):
    """vgg has twice lenet's images: 20 errors against 60. The other way round, it has half of them."""
    more = judge(tmp_path / "more", **with_budgets(RIGHT, {"vgg": {"training_images": 24_000}}))[3, IMAGES]
    less = judge(tmp_path / "less", **with_budgets(RIGHT, {"vgg": {"training_images": 6000}}))[3, IMAGES]
    assert (more.word, less.word) == ("not resolved", "supported")
    assert more.claims[0].why == "vgg is ahead, but with more: vgg 96,000, lenet 48,000 images, dropout rates × 0.3"
    assert less.claims[0].budget == "vgg 24,000, lenet 48,000 images, dropout rates × 0.3"


def test_convergence_needs_equal_budgets(tmp_path):
    cell = judge(tmp_path, **with_budgets(RIGHT, {"vgg": {"training_images": 6000}}))[2, IMAGES]
    assert (cell.word, cell.claims[0].why.partition(":")[0]) == ("not resolved", "the budgets differ")


def test_other_recipes_decide_nothing_and_are_named(tmp_path):
    (claim,) = judge(tmp_path, **with_budgets(RIGHT, {"vgg": {"max_shift": 2}}))[3, IMAGES].claims
    assert (claim.word, claim.why) == ("not resolved", "the recipes differ: max shift 2 against 0")
    assert claim.effect.low > 0


def test_a_reason_that_claims_share_is_said_once(tmp_path):
    recipes = with_budgets(RIGHT, {"custom": {"max_shift": 2}, "vgg": {"training_images": 6000}})
    assert [reason for _, reason in judge(tmp_path, **recipes)[6, IMAGES].reasons] == [
        "the recipes differ: max shift 0 against 2",
        "",  # vgg beats lenet
        "",
    ]


def test_fewer_than_three_seeds_decide_nothing(tmp_path):
    cells = judge(tmp_path, seeds=2, lenet=RIGHT["lenet"], vgg=RIGHT["vgg"])
    assert cells[3, IMAGES].word == cells[2, IMAGES].word == "not resolved"
    assert cells[3, IMAGES].claims[0].why == "fewer than 3 seeds of one network; the interval is over images alone"
    assert cells[2, IMAGES].claims[0].why.startswith("fewer than 3 seeds of one network; the ratio of the areas is ×0.")


def test_a_network_without_runs_leaves_nothing_to_judge(tmp_path):
    cells = judge(tmp_path, vgg=RIGHT["vgg"], custom=RIGHT["custom"])
    assert words(cells, IMAGES) == ["not resolved", "–", "–", "supported", "supported", "not resolved"]
    assert cells[3, IMAGES].claims[0].why == "vgg and lenet do not both have runs"


@pytest.mark.parametrize(("custom", "word"), [(80, "supported"), (34, "not resolved"), (5, "contradicted")])
def test_helping_much_is_a_quarter_of_vgg_s_errors(custom, word, tmp_path):
    """vgg makes 46 errors on average; three quarters are 34.5."""
    cell = judge(tmp_path, custom={"errors": custom}, vgg={"errors": 45})[5, IMAGES]
    assert cell.word == word
    assert cell.claims[0].effect.value == pytest.approx((34.5 - custom - 1) / 2000)


def test_the_published_numbers():
    cells = {one.number: one.cells[0] for one in conclude({}, PUBLISHED)}
    said = {number: [(claim.about, claim.word) for claim in cell.claims] for number, cell in cells.items()}
    assert [cells[number].word for number in range(1, 7)] == [
        "not resolved",
        "not resolved",
        "supported",
        "–",
        "supported",
        "not resolved",
    ]
    assert said[6] == [("vgg − custom", "not resolved"), ("vgg − lenet", "supported"), ("vgg, custom", "not resolved")]
    # Errors: lenet 76, vgg 51, custom 68. Without a common one, 51 of 127 differing images went to vgg alone: p 0.033;
    # with 51 common ones, 0 of 25: p 2⁻²⁴.
    assert cells[3].claims[0].why.startswith("51 errors against 76: p 0.033 at most, over every possible overlap")
    assert cells[1].claims[0].why.startswith("51 errors against 68: p from < 0.001 to 0.142, ")
    # Without a common error the variance is 51 + 76 - 25²/10,000, in images; the deviation is 11.27 of 10,000.
    assert cells[3].claims[0].effect == pytest.approx((0.0025, 0.0025 - 0.00221, 0.0025 + 0.00221), abs=1e-5)
    # custom makes 68 errors against three quarters of 51, which is 29.75 more; variance: 68 + 51 × 9/16.
    assert cells[5].claims[0].effect == pytest.approx((-0.002975, -0.0049, -0.00105), abs=2e-5)
    assert cells[2].claims[0].why == (
        "95, 97, 98 and 99 % training accuracy: vgg in epochs 3, 4, 5 and 18; lenet in epochs 2, 3, 6 and never; one"
        " training each, and each under its own dropout"
    )


def test_the_published_numbers_are_those_of_their_data_only():
    assert [one.cells[0].word for one in conclude({}, None)] == ["–"] * 6


def test_sets_of_five_seeds_are_judged_alone(tmp_path):
    cells = judge(tmp_path, seeds=11, images=500, lenet={"errors": 60}, vgg={"errors": 10})
    assert cells[3, IMAGES].short == "supported (2 of 2 sets)"
    assert str(cells[3, IMAGES].stability) == (
        "sets of five seeds, each alone (36,000 images each, dropout rates × 0.3): 2 supported, on Some CPU, 4 cores,"
        " amx_bf16, Some GPU"
    )


def test_a_set_that_disagrees_is_counted(tmp_path):
    runs = train(tmp_path, seeds=10, images=500, lenet={"errors": 60}, vgg={"errors": 10})
    for seed in range(6, 11):  # the second set's vgg is as bad as lenet
        study.write_run(tmp_path / "worse", f"vgg-dropout-{seed}", images=500, seed=seed, errors=60)
    found = networks(tmp_path, *(run for run in runs if run not in (f"vgg-dropout-{seed}" for seed in range(6, 11))))
    worse = networks(tmp_path / "worse", *(f"vgg-dropout-{seed}" for seed in range(6, 11)))
    (vgg,) = found["vgg"]
    mixed = found | {"vgg": [type(vgg)((*vgg.runs, *worse["vgg"][0].runs))]}
    cell = conclude(mixed, PUBLISHED)[2].cells[1]
    assert cell.stability.words == ["supported", "not resolved"]
    assert cell.short == f"{cell.word} (1 of 2 sets)"
    assert cell.stability.short.endswith(": 1 supported and 1 not resolved")


def test_sets_are_of_one_kind_of_hardware(tmp_path):
    other = {"hardware": study.ENVIRONMENT["hardware"] | {"processor": "Other CPU"}}
    for seed in range(1, 12):
        hardware = {"environment": other} if seed % 2 else {}
        study.write_run(tmp_path, f"lenet-dropout-{seed}", images=10, errors=1, seed=seed, **hardware)
    (lenet,) = networks(tmp_path, *(f"lenet-dropout-{seed}" for seed in range(11, 0, -1)))["lenet"]
    seeds = [[run.settings["seed"] for run in one.runs] for one in seed_sets(lenet)]
    assert seeds == [[1, 3, 5, 7, 9], [2, 4, 6, 8, 10]]  # the eleventh is in no set of five


def test_repeats_at_another_budget_count_where_the_deciding_one_has_none(tmp_path):
    names = train(tmp_path, seeds=10, images=500, lenet={"errors": 60}, vgg={"errors": 10})
    for network, errors in (("lenet", 60), ("vgg", 10)):
        for seed in range(3):
            names.append(f"{network}-dropout-large-{seed}")
            study.write_run(tmp_path, names[-1], images=500, errors=errors, seed=seed, training_images=50_000)
    cell = conclude(networks(tmp_path, *names), PUBLISHED)[2].cells[1]
    assert cell.claims[0].budget.startswith("150,000 images each")
    assert [other.budget.partition(" ")[0] for other in cell.claims[0].others] == ["36,000"]
    assert cell.short == "supported (2 of 2 sets)" and "36,000 images each" in str(cell.stability)


def test_claims_that_must_all_hold_are_judged_at_one_budget(tmp_path):
    """vgg beats lenet only at the larger budget, at which custom has no runs."""
    names = train(tmp_path, lenet={"errors": 60}, vgg={"errors": 60}, custom={"errors": 300})
    for network, errors in (("lenet", 60), ("vgg", 10)):
        for seed in range(3):
            names.append(f"{network}-dropout-large-{seed}")
            study.write_run(tmp_path, names[-1], images=2000, errors=errors, seed=seed, training_images=50_000)
    of_vgg_and_lenet, choice = (conclude(networks(tmp_path, *names), PUBLISHED)[index].cells[1] for index in (2, 5))
    assert (of_vgg_and_lenet.word, choice.word) == ("supported", "not resolved")
    assert {claim.budget.partition(" ")[0] for claim in choice.claims} == {"36,000"}
    assert [(other.word, other.budget.partition(" ")[0]) for other in choice.claims[1].others] == [
        ("supported", "150,000")
    ]


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        (("supported", "contradicted", "not resolved"), "contradicted"),
        (("supported", "not resolved"), "not resolved"),
        (("supported", "–"), "not resolved"),
        (("–", "–"), "–"),
    ],
)
def test_a_conclusion_of_several_claims_needs_all_and_is_contradicted_by_any(parts, word):
    assert all_of([Claim("", part, "") for part in parts]) == word


def test_contradictions_within_the_notebook():
    """Each is computed from data/published."""
    test, curves = load_published().test, load_published().curves
    accuracy, loss = ({name: row[f"test_{key}"] for name, row in test.items()} for key in ("accuracy", "loss"))
    epochs = list(zip(curves["lenet"], curves["vgg"], strict=True))
    below = sum(lenet["loss"] < vgg["loss"] for lenet, vgg in epochs)
    ahead = [lenet["accuracy"] > vgg["accuracy"] for lenet, vgg in epochs].index(False)
    assert {one.number: one.contradiction for one in conclude({}, PUBLISHED) if one.contradiction} == {
        1: f"lenet ({accuracy['lenet']:.4f}) is below custom ({accuracy['custom']:.4f}).",
        2: f"lenet's training loss is below vgg's in {below} of 20 epochs, and its training accuracy above through"
        f" epoch {ahead} (each under its own dropout). Its test loss is the lower one too: {loss['lenet']:.5f}"
        f" against {loss['vgg']:.5f}.",
        6: f"After epoch 2, vgg's training accuracy is {curves['vgg'][1]['accuracy']:.4f} and custom's"
        f" {curves['custom'][1]['accuracy']:.4f}.",
    }
