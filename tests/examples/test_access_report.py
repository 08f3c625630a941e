"""The access report reads the plans of applied examples, whose names and addresses the provider gives."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Applied
from tools.report import findings, page, plan


@pytest.mark.parametrize("when", ["first_plan", "settled_plan"])
def test_the_instance_in_the_plan_of_an_example_is_found(basic: Applied, when: str) -> None:
    """The sides are known by the names of their resources, which the plans above make up: these are the real ones."""
    found = plan.read(json.dumps(getattr(basic, when)).encode())

    [instance] = found.instances
    text = page.render(found, "plan.json")

    assert instance.address == "module.inbound_mail"
    for sid in ("ThisFunctionAssumesItsDestinations", "WriterAssumesThisRole", "WriteBelowItsPrefixes", "DenyOldTls"):
        assert sid in text


def test_the_boundaries_of_an_example_are_read(complete: Applied) -> None:
    found = plan.read(json.dumps(complete.settled_plan).encode())

    [instance] = found.instances
    boundaries = [policy.name for side in instance.sides for policy in side.boundaries]

    assert boundaries == ["functions-boundary", "partners-boundary"]
    assert found.unread == ("aws_kms_key.function", "aws_sqs_queue.orders")
    assert "Rights beyond the role's boundary" not in {
        one.check.title for one in findings.look(instance) if one.findings
    }


def test_what_may_invoke_the_function_is_read(inbound_email: Applied) -> None:
    found = plan.read(json.dumps(inbound_email.settled_plan).encode())

    permissions = [policy for policy in found.policies if ".aws_lambda_permission." in policy.address]

    assert {policy.holder.noun for policy in permissions} == {"function"}
    assert {rule.sid for policy in permissions for rule in policy.rules} == {"bucket-imported", "mail-received"}
    text = page.render(found, "plan.json")
    assert "sns.amazonaws.com" in text
    assert "arn:aws:s3:::acme-mail" in text
