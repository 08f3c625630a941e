"""What the policies are: those of the applied examples, and of the variants."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.access import cases
from tests.access.cases import Case
from tests.access.evaluation import Decision, decide
from tests.access.instances import Instance, example, instance
from tests.access.score import Score, score
from tests.conftest import Applied
from tests.plan import roots
from tests.support import summary
from tools.emulator import Emulator

VARIANTS = yaml.safe_load(Path(__file__).with_name("variants.yaml").read_text())
_USUAL = {
    "name": "inbound-mail",
    "bucket": {"name": "acme-inbound-mail"},
    "external_id": "inbound-mail/2f1c8e",
    "key_prefixes": ["inbox/"],
}
# What the rows call the usual one's external ID, prefix and sources, also of those variants that have others or none.
_WORDS = {
    "external_id": "inbound-mail/2f1c8e",
    "prefix": "inbox",
    "uploads": "arn:aws:s3:::acme-uploads",
    "mail": "arn:aws:s3:::acme-mail",
    "source_queue": "arn:aws:sqs:eu-central-1:111111111111:orders",
    "jobs": "arn:aws:s3:::acme-jobs",
    "source_key": "arn:aws:kms:eu-central-1:111111111111:key/44444444-aaaa-4aaa-8aaa-111111111111",
    "queue_key": "arn:aws:kms:eu-central-1:111111111111:key/55555555-aaaa-4aaa-8aaa-111111111111",
    "imports": "arn:aws:s3:::acme-uploads",
    "topic": "arn:aws:sns:eu-central-1:111111111111:alerts",
    "bus": "orders/",
}
_KEY = {
    "mode": "existing-key",
    "key_arn": "arn:aws:kms:eu-central-1:222222222222:key/33333333-aaaa-4aaa-8aaa-111111111111",
}


@pytest.fixture(scope="session")
def variants(accounts: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """The outputs of each instance of variants.yaml, from one plan of them all."""
    inputs_of = {
        name: {**_USUAL, **inputs, "encryption": {**_KEY, **inputs.get("encryption", {})}}
        for name, inputs in VARIANTS.items()
    }
    workspace = roots.write(tmp_path_factory.mktemp("variants"), inputs_of, accounts)
    plan, _ = workspace.plan()
    return roots.planned_outputs(plan)


@pytest.fixture(scope="session")
def instances(examples: Mapping[str, Applied], variants: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Instance]:
    """Everything that the tables are about: the applied examples, and the variants."""
    applied = {
        writer: example(examples[writer.partition("/")[0]].settled_plan, writer, spec)
        for writer, spec in cases.EXAMPLES.items()
    }
    return {**applied, **{name: instance(outputs, _WORDS) for name, outputs in variants.items()}}


@pytest.fixture(scope="session")
def decisions(request: pytest.FixtureRequest, instances: Mapping[str, Instance]) -> Mapping[Case, Decision]:
    """What the simulator says of every row."""
    rows, start = cases.read(), time.perf_counter()
    result = dict(zip(rows, decide([(row, instances[row.variant]) for row in rows]), strict=True))
    _report(request.config, f"matrix: {len(rows)} requests", start)
    return result


@pytest.fixture(scope="session")
def mutation(
    request: pytest.FixtureRequest, instances: Mapping[str, Instance], decisions: Mapping[Case, Decision]
) -> Score:
    start = time.perf_counter()
    result = score(instances, decisions)
    _report(request.config, f"mutation: {result}", start)
    return result


def _report(config: pytest.Config, figure: str, start: float) -> None:
    summary.tell(config, "who may do what", f"{figure}, in {time.perf_counter() - start:.1f} s")
