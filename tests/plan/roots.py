"""Generated roots: many instances of the module in one plan, which costs little more than one of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools import terraform
from tools.emulator import Emulator

_ALIASES: Mapping[str, Mapping[str, Any]] = {
    "lambda_account": {"profile": "lambda", "region": "eu-central-1"},
    "s3_account": {"profile": "s3", "region": "eu-central-1"},
    "s3_account_with_default_tags": {
        "profile": "s3",
        "region": "eu-central-1",
        "default_tags": [{"tags": {"Environment": "test", "team": "mail"}}],
    },
}
_ROLES = ("execution_role", "s3_role")
_PROVIDERS = {f"aws.{alias}": f"aws.{alias}" for alias in ("lambda_account", "s3_account")}


def write(folder: Path, cases: Mapping[str, Mapping[str, Any]], accounts: Emulator) -> terraform.Workspace:
    """An initialised root that has an instance of the module for each case, by its name.

    A case holds the module's inputs. It may also say its ``providers``, if not the usual two, and as ``source`` the
    path of a side, if not the root.
    """
    terraform.copy_module(folder)
    root = folder / "root"
    root.mkdir()
    modules = {}
    for name, case in cases.items():
        # By way of a variable: Terraform stops at the first bad literals, before it looks at the rest.
        inputs = {key: f'${{var.cases["{name}"].{key}}}' for key in case if key not in ("providers", "source")}
        source = "../" + case.get("source", "")
        modules[name] = {"source": source, "providers": case.get("providers", _PROVIDERS), **inputs}
    configuration = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": [{"alias": alias, **provider} for alias, provider in _ALIASES.items()]},
        "variable": {"cases": {"type": "any"}},
        "module": modules,
        "output": {name: {"value": f"${{module.{name}}}"} for name in cases},
    }
    (root / "main.tf.json").write_text(json.dumps(configuration))
    terraform.pin_provider(root)
    environment = {**accounts.environment, **terraform.configure(folder)}
    workspace = terraform.Workspace(root, environment, {"cases": cases})
    workspace.init()
    return workspace


def planned_outputs(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outputs of each case, as far as the plan knows them, with the names that it does not know yet.

    A name is unknown until the thing is made, so that whatever is attached to it is replaced with it. Its ARN is known.
    """
    outputs = {name: change["after"] for name, change in plan["output_changes"].items()}
    return {name: output if "function" not in output else _named(output) for name, output in outputs.items()}


def _named(output: Mapping[str, Any]) -> Mapping[str, Any]:
    function = output["function"]["arn"].rpartition(":")[2]
    roles = {role: {"name": output[role]["arn"].rpartition("/")[2], **output[role]} for role in _ROLES}
    usual = {"name": function, "log_group": f"/aws/lambda/{function}"}
    return {**output, **roles, "function": {**usual, **output["function"]}}
