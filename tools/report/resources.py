"""The resources in the JSON of a plan, or of a state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

HOW_TO_PLAN = "terraform plan -out plan.bin && terraform show -json plan.bin > plan.json"
NO_PLAN = (
    f"is not the JSON of a plan or of a state: make it with `{HOW_TO_PLAN}`, or `terraform show -json > state.json`."
)


class PlanError(Exception):
    """The input is not what a report can be made of; the text is one sentence for the reader."""


@dataclass(frozen=True)
class Resource:
    module: str
    address: str
    type: str
    name: str
    index: str | int | None
    values: Mapping[str, Any]
    sensitive: Mapping[str, Any]

    @property
    def mark(self) -> tuple[str, str]:
        return self.type, self.name


def parsed(text: bytes) -> Mapping[str, Any]:
    """What `terraform show -json` wrote, of a plan or of the present state."""
    try:
        raw = json.loads(text)  # of bytes, because a shell on Windows writes UTF-16
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raw = None
    if not isinstance(raw, dict) or not isinstance(root(raw), dict):
        raise PlanError(NO_PLAN)
    return raw


def is_plan(raw: Mapping[str, Any]) -> bool:
    return "planned_values" in raw


def root(raw: Mapping[str, Any]) -> Any:
    """The root module, with what it holds; of a plan, after its apply."""
    values = raw.get("planned_values" if is_plan(raw) else "values")
    return values.get("root_module", {} if is_plan(raw) else None) if isinstance(values, dict) else None


def resources_of(module: Mapping[str, Any]) -> Iterator[Resource]:
    for raw in module.get("resources", []):
        if raw["mode"] == "managed":
            yield Resource(
                module=module.get("address", ""),
                address=raw["address"],
                type=raw["type"],
                name=raw["name"],
                index=raw.get("index"),
                values=raw.get("values", {}),
                sensitive=raw.get("sensitive_values", {}),
            )
    for child in module.get("child_modules", []):
        yield from resources_of(child)


def accounts(raw: Mapping[str, Any]) -> Mapping[str, str]:
    """The account of each module that has asked AWS for it."""

    def found(module: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for resource in module.get("resources", []):
            if resource["mode"] == "data" and resource["type"] == "aws_caller_identity":
                yield module.get("address", ""), str(resource["values"].get("account_id"))
        for child in module.get("child_modules", []):
            yield from found(child)

    # Read in the refresh before the plan, or, where that had to wait, in the apply.
    state = raw.get("prior_state", {}) if is_plan(raw) else raw
    return dict(found(state.get("values", {}).get("root_module", {})))
