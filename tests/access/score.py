"""Which changes of the rendered policies turn a row of the tables, and which do not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from tests.access import vocabulary
from tests.access.cases import EXAMPLES, Case
from tests.access.evaluation import Decision, decide
from tests.access.instances import Instance, Statement
from tests.access.mutation import listed, mutants

_REASONS: Mapping[str, list[str]] = yaml.safe_load(Path(__file__).with_name("survivors.yaml").read_text())
# The names of the mutants that may survive, with * for what differs; `examples` stands for any of them.
PATTERNS = [
    *(pattern for patterns in _REASONS.values() for pattern in patterns),
    *(
        f"{name}: {pattern}"
        for name, example in EXAMPLES.items()
        for patterns in example.get("survivors", {}).values()
        for pattern in patterns
    ),
]


@dataclass(frozen=True)
class Mutant:
    """A change of a statement, in every variant that has the statement at that place."""

    place: str
    change: str
    old: Statement
    new: Statement
    variants: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.variants[0]}: {self.place}: {self.old['Sid']} {self.change}"

    def may_turn(self, case: Case) -> bool:
        """A statement has no part in a request that its policy is not asked about, or that is for another action."""
        actions = [*listed(self.old["Action"]), *listed(self.new["Action"])]
        return self.place in vocabulary.places(case) and any(fnmatchcase(case.action, action) for action in actions)


@dataclass(frozen=True)
class Score:
    """By name: the mutants that turn a row, those that turn none, and what the simulator complains of."""

    killed: frozenset[str]
    survived: frozenset[str]
    complaints: frozenset[str]

    @property
    def listed(self) -> frozenset[str]:
        return frozenset(name for name in self.survived if any(_matches(name, pattern) for pattern in PATTERNS))

    def __str__(self) -> str:
        total = len(self.killed) + len(self.survived)
        return f"{len(self.killed)} of {total} killed, {len(self.listed)} listed"

    def wrongly_listed(self) -> set[str]:
        """Patterns that no survivor bears out, or that a killed mutant contradicts."""
        return {
            pattern
            for pattern in PATTERNS
            if not any(_matches(name, pattern) for name in self.survived)
            or any(_matches(name, pattern) for name in self.killed)
        }


def _matches(name: str, pattern: str) -> bool:
    variant, _, change = name.partition(": ")
    of_examples = pattern.removeprefix("examples: ")
    return fnmatchcase(name, pattern) or (
        of_examples != pattern and variant in EXAMPLES and fnmatchcase(change, of_examples)
    )


def score(instances: Mapping[str, Instance], decisions: Mapping[Case, Decision]) -> Score:
    """Tries every mutant on every row that it may turn."""
    population = list(_population(instances))
    trials = [
        (str(mutant), case, changed[case.variant])
        for mutant in population
        for changed in [_changed(mutant, instances)]
        for case in decisions
        if case.variant in changed and mutant.may_turn(case)
    ]
    answers = decide([(case, instance) for _, case, instance in trials])
    outcomes = list(zip(trials, answers, strict=True))
    killed = frozenset(name for (name, case, _), answer in outcomes if answer.result != decisions[case].result)
    return Score(
        killed=killed,
        survived=frozenset(map(str, population)) - killed,
        complaints=frozenset(f"{case}: {answer}" for (_, case, _), answer in outcomes if answer.complaint),
    )


def _population(instances: Mapping[str, Instance]) -> Iterator[Mutant]:
    """A statement that several variants have in common is changed once, in all of them."""
    found: dict[tuple[str, str], list[str]] = {}
    for variant, instance in instances.items():
        for place, policy in instance.policies.items():
            for statement in policy["Statement"]:
                found.setdefault((place, json.dumps(statement)), []).append(variant)
    for (place, text), variants in found.items():
        old = json.loads(text)
        for change, new in mutants(old):
            yield Mutant(place, change, old, new, tuple(variants))


def _changed(mutant: Mutant, instances: Mapping[str, Instance]) -> Mapping[str, Instance]:
    return {
        variant: instances[variant].with_statement(mutant.place, mutant.old, mutant.new) for variant in mutant.variants
    }
