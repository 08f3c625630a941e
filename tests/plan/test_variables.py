"""The root hands its inputs on to the sides, so what it says of them must be what the side says."""

from __future__ import annotations

import pytest

from tools import tables
from tools.environments import ROOT

SIDES = {
    side: {one.name: one for one in tables.read(ROOT / "modules" / side).inputs}
    for side in ("lambda-account", "s3-account")
}
INPUTS = {one.name: one for one in tables.read(ROOT).inputs}
# Inputs of the root that are attributes of a writer on the S3 side.
OF_THE_WRITER = {
    "external_id",
    "key_prefixes",
    "organization_id",
    "permissions",
    "session_tags",
    "source_identity",
    "trust_mode",
}
SHARED = [(side, name) for side, inputs in SIDES.items() for name in inputs.keys() & INPUTS.keys()]


@pytest.mark.parametrize(("side", "name"), sorted(SHARED))
def test_type_and_default_are_those_of_the_side(side: str, name: str) -> None:
    root, own = INPUTS[name], SIDES[side][name]

    assert (root.type, root.default) == (own.type, own.default)


def test_every_input_of_the_root_goes_to_a_side() -> None:
    assert INPUTS.keys() - {name for _, name in SHARED} == OF_THE_WRITER
