"""What the policies are: those of the applied example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.access.evaluation import Policies, planned_outputs, rendered_policies
from tests.conftest import Applied


@pytest.fixture(scope="session")
def outputs(basic: Applied) -> Mapping[str, Any]:
    return planned_outputs(basic.settled_plan)


@pytest.fixture(scope="session")
def policies(outputs: Mapping[str, Any]) -> Policies:
    return rendered_policies(outputs)
