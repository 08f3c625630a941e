"""What comes of all checks of a plan or a state: the sentence that stands first, and the same as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.report import findings, headline, words
from tools.report.findings import Finding
from tools.report.plan import Plan
from tools.report.policy import Rule
from tools.report.sides import Instance


@dataclass(frozen=True)
class Verdict:
    """How many findings there are, and how many checks could not tell whether there are more."""

    findings: int
    unknown: int

    @property
    def sentence(self) -> str:
        found = f"{_count(self.findings, 'finding')} to look at" if self.findings else "Nothing found"
        if not self.unknown:
            return f"{found}."
        return f"{found}, and {_count(self.unknown, 'check')} could not tell: the report is not complete."

    @property
    def exit_code(self) -> int:
        """For pipelines: 0 nothing found, 1 something found, 3 nothing found but not complete."""
        return 1 if self.findings else 3 if self.unknown else 0


def of(plan: Plan) -> Verdict:
    outcomes = [outcome for instance in plan.instances for outcome in findings.look(instance)]
    return Verdict(
        findings=sum(len(outcome.findings) for outcome in outcomes if outcome.check.counts),
        unknown=sum(outcome.unknown is not None for outcome in outcomes),
    )


def as_data(plan: Plan, source: str) -> Mapping[str, Any]:
    """The report for programs, of JSON's kinds only."""
    verdict = of(plan)
    return {
        "source": source,
        "kind": plan.kind,
        "terraform_version": plan.terraform_version,
        "made_at": plan.made_at,
        "complete": plan.whole and not verdict.unknown,
        "verdict": {"sentence": verdict.sentence, "findings": verdict.findings, "unknown": verdict.unknown},
        "not_read": list(plan.unread),
        "instances": [_instance(instance) for instance in plan.instances],
    }


def _instance(instance: Instance) -> Mapping[str, Any]:
    return {
        "address": instance.address,
        "answers": {
            question: [words.plain(said) for answer in answers for said in (answer.says, *answer.items)]
            for question, answers in headline.answers(instance)
        },
        "checks": [
            {
                "title": outcome.check.title,
                "why": outcome.check.why,
                "unknown": outcome.unknown,
                "findings": [_finding(finding) for finding in outcome.findings],
            }
            for outcome in findings.look(instance)
        ],
    }


def _finding(finding: Finding) -> Mapping[str, str | None]:
    at = finding.at
    policy = at.policy if isinstance(at, Rule) else at
    return {
        "says": words.plain(finding.says),
        "statement": at.sid if isinstance(at, Rule) else None,
        "policy": policy.address if policy else None,
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
