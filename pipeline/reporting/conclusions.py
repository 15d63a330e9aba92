"""The notebook's six conclusions, each judged on three grounds: as published, at equal images, at equal compute."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from pipeline.reporting import on_print, rules
from pipeline.reporting.comparisons import Group, largest_budgets
from pipeline.reporting.normality import Kernel, judge_weights, kernels
from pipeline.reporting.pairing import COMPUTE, IMAGES, Cost, Pair, pairs
from pipeline.reporting.published import Published
from pipeline.reporting.verdicts import NOTHING, Cell, Claim, Part, all_of, judge

GROUNDS = ("on the published numbers", IMAGES.ground, COMPUTE.ground)
Networks = Mapping[str, Sequence[Group]]  # the groups of runs of each architecture
CONTRADICTIONS = {  # where the notebook's own numbers (data/published) contradict its text
    1: "lenet (0.9924) is below custom (0.9932).",
    2: "lenet's training loss is below vgg's in 20 of 20 epochs, and its training accuracy above through epoch 4"
    " (each under its own dropout). Its test loss is the lower one too: 0.03021 against 0.03050.",
    6: "After epoch 2, vgg's training accuracy is 0.9210 and custom's 0.1217.",
}


@dataclass(frozen=True)
class Question:
    """A claim about two networks: the rule for trainings, and that for the published numbers."""

    rule: Callable[..., Claim]
    on_print: Callable[[Published, str, str], Claim]
    first: str
    second: str

    def pairs(self, networks: Networks, cost: Cost) -> list[Pair]:
        """The pairs of groups at this cost, the one that decides this claim alone first."""
        return pairs(networks.get(self.first, ()), networks.get(self.second, ()), cost, rules.MIN_SEEDS)

    def part(self, found: Sequence[Pair], cost: Cost) -> Part:
        """The first pair decides; those after it count as other budgets if they are of equal cost and recipes."""
        if not found:
            about, why = f"{self.first}, {self.second}", f"{self.first} and {self.second} do not both have runs"
            return Part(lambda: Claim(about, NOTHING, why))
        decides, *others = found
        others = [pair for pair in others if pair.equal and decides.equal and not pair.differences]
        return Part(partial(self.rule, cost), decides.groups, [pair.groups for pair in others])


@dataclass(frozen=True)
class Conclusion:
    """One conclusion: its words, in short, and a cell for each of `GROUNDS`; the kernels are those of conclusion 4."""

    number: int
    claim: str
    short: str
    rule: str
    cells: tuple[Cell, Cell, Cell]
    kernels: Sequence[Kernel] = ()

    def by_ground(self) -> list[tuple[str, Cell]]:
        """Each ground with its cell; a cell that two grounds share once, with both."""
        if self.cells[1] is self.cells[2]:
            return [(GROUNDS[0], self.cells[0]), ("whatever the budget", self.cells[1])]
        return list(zip(GROUNDS, self.cells, strict=True))

    @property
    def contradiction(self) -> str:
        """Where the notebook's own numbers contradict its text; empty if they do not."""
        return CONTRADICTIONS.get(self.number, "")


AHEAD = partial(Question, rules.better, on_print.better)
COMPARED = [  # claim, in short, rule, questions; the fourth conclusion is about kernels
    (
        "Networks inspired by standard models perform better than the complex custom one.",
        "vgg and lenet beat custom",
        "The difference of the mean test accuracies: its 95 % interval, over seeds and over images, must leave out 0,"
        " and the winner may not have cost more.",
        [AHEAD("vgg", "custom"), AHEAD("lenet", "custom")],
    ),
    (
        "M2 (vgg) converges much before M1 (lenet): it needs fewer epochs.",
        "vgg converges much before lenet",
        "The area under the validation error, from that of guessing on, vgg's divided by lenet's: supported if its 95 %"
        " interval over seeds is below 1, contradicted if it is above. How much is “much” is left to the reader.",
        [Question(rules.faster, on_print.convergence, "vgg", "lenet")],
    ),
    (
        "M2's (vgg's) accuracy of 99.5 % is better than M1's (lenet's).",
        "vgg beats lenet",
        "As for the first.",
        [AHEAD("vgg", "lenet")],
    ),
    None,
    (
        "The huge increase in filters, and kernels of different sizes, did not help much.",
        "custom's filters did not help much",
        "Much is a quarter of vgg's errors, fixed before the trainings, as is vgg as the comparator: contradicted if"
        " custom surely removes more, supported if it surely removes less.",
        [Question(rules.did_not_help, on_print.did_not_help, "custom", "vgg")],
    ),
    (
        "M2 (vgg) is the model of choice; it even beats a 7-convolution network with far more parameters, and M2's and"
        " M3's (custom's) convergence in epochs is comparable.",
        "vgg is the model of choice",
        "All of, at one budget: vgg beats custom, vgg beats lenet, and the areas under vgg's and custom's validation"
        " errors are within 1.5 times of each other.",
        [
            AHEAD("vgg", "custom"),
            AHEAD("vgg", "lenet"),
            Question(rules.comparable, on_print.convergence, "vgg", "custom"),
        ],
    ),
]


def conclude(networks: Networks, published: Published | None) -> list[Conclusion]:
    """Judge the six conclusions, in the notebook's order.

    Args:
        networks: The groups of runs of the networks as the notebook had them, by architecture.
        published: The notebook's figures; None if the results are about other data.
    """
    return [
        _weights(networks) if entry is None else _compared(number, *entry, networks, published)
        for number, entry in enumerate(COMPARED, 1)
    ]


def _compared(
    number: int,
    claim: str,
    short: str,
    rule: str,
    questions: Sequence[Question],
    networks: Networks,
    published: Published | None,
) -> Conclusion:
    """A conclusion that compares networks, judged on each ground."""
    printed = Cell(NOTHING)
    if published:
        claims = tuple(question.on_print(published, question.first, question.second) for question in questions)
        printed = Cell(all_of(claims), claims)
    images, compute = (judge(_parts(questions, networks, cost)) for cost in (IMAGES, COMPUTE))
    return Conclusion(number, claim, short, rule, (printed, images, compute))


def _parts(questions: Sequence[Question], networks: Networks, cost: Cost) -> list[Part]:
    """What decides each claim: all claims at the largest budget that all of them have, or else each at its own."""
    ranked = [question.pairs(networks, cost) for question in questions]
    enough = [[pair for pair in found if min(pair.seeds) >= rules.MIN_SEEDS] for found in ranked]
    for first in enough[0]:
        shared = [next(filter(first.shares_budget, found), None) for found in enough]
        if all(shared):
            ranked = [
                sorted(found, key=lambda pair, own=own: pair is not own)
                for found, own in zip(ranked, shared, strict=True)
            ]
            break
    return [question.part(found, cost) for question, found in zip(questions, ranked, strict=True)]


def _weights(networks: Networks) -> Conclusion:
    """The conclusion about weights: of each architecture, the runs with the largest budget, whatever its ground."""
    largest = largest_budgets(chain(*networks.values()))
    cell = judge([Part(judge_weights, largest)])
    return Conclusion(
        4,
        "The weights are normally distributed.",
        "the weights are normal",
        "A kernel counts as normal if the cumulative shares of its weights are nowhere further than 0.03 from those of"
        " a normal distribution, half as far as a uniform distribution's, or no further than chance allows for its"
        " size; supported from nine tenths of the kernels on, contradicted below half.",
        (Cell(NOTHING), cell, cell),
        [kernel for group in largest for kernel in kernels(group)],
    )
