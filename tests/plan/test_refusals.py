"""Bad input is refused at plan, once, with a sentence that says what to write instead."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.plan import roots
from tools.emulator import Emulator
from tools.terraform import TerraformError

CASES = yaml.safe_load(Path(__file__).with_name("refusals.yaml").read_text())
MINIMUM = {"name": "inbound-mail", "bucket": {"name": "acme-inbound-mail"}}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, accounts: Emulator) -> Counter[str]:
    """Every error of one plan that holds all the cases: its sentence, and how often it was said."""
    folder = tmp_path_factory.mktemp("refusals")
    cases = {name: {**MINIMUM, **case["inputs"]} for name, case in CASES.items()}
    # A side has no such input: null takes one out of the minimum.
    stated = {name: {key: value for key, value in case.items() if value is not None} for name, case in cases.items()}
    workspace = roots.write(folder, stated, accounts)
    with pytest.raises(TerraformError) as refused:
        workspace.plan()
    # Terraform adds where in the module the rule stands, after an empty line.
    return Counter(str(diagnostic["detail"]).partition("\n\n")[0] for diagnostic in refused.value.diagnostics)


@pytest.mark.parametrize("sentence", sorted({case["says"] for case in CASES.values()}))
def test_refused_once_each(said: Counter[str], sentence: str) -> None:
    cases = [name for name, case in CASES.items() if case["says"] == sentence]

    assert said[sentence] == len(cases), f"cases {cases}; said were {dict(said)}"


def test_nothing_else_is_refused(said: Counter[str]) -> None:
    assert set(said) == {case["says"] for case in CASES.values()}
