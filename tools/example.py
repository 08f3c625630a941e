"""An example of this repository, applied in emulated accounts."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from tools import terraform
from tools.emulator import LAMBDA_ACCOUNT, PROFILES, S3_ACCOUNT, Emulator
from tools.environments import ROOT
from tools.terraform import Event, Workspace

Plan = Mapping[str, Any]

# What each example's test.yaml says, by the name of its folder.
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    path.parent.name: yaml.safe_load(path.read_text()) for path in sorted(ROOT.glob("examples/*/test.yaml"))
}
BUCKET: str = EXAMPLES["basic"]["variables"]["bucket"]


def _profiles(name: str) -> Mapping[str, str]:
    """The accounts of an example, by their profiles."""
    return {**PROFILES, **EXAMPLES[name].get("profiles", {})}


def variables(name: str) -> Mapping[str, object]:
    """The values of an example's variables."""
    return {**EXAMPLES[name]["variables"], **{f"{profile}_profile": profile for profile in _profiles(name)}}


def writers_of(name: str) -> Mapping[str, Mapping[str, Any]]:
    """What test.yaml says of each function of an example that writes: usually one, which has the example's name.

    An example that has several calls them by name, such as "central-logs/orders".
    """
    spec = EXAMPLES[name]
    several = spec.get("writers", {})
    return {f"{name}/{key}": one for key, one in several.items()} if several else {name: spec}


WRITERS: Mapping[str, Mapping[str, Any]] = {
    writer: spec for name in EXAMPLES for writer, spec in writers_of(name).items()
}


def outputs_of(writer: str, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outputs that are about one writer: all of them, or of several writers those below its name."""
    _, several, key = writer.partition("/")
    of_one: Mapping[str, Any] = outputs[key] if several else outputs
    return of_one


@dataclass(frozen=True)
class Sample:
    """What a writer is invoked with, and the object that it then stores."""

    event: Mapping[str, Any]
    key: str
    body: bytes


def sample_of(writer: str) -> Sample:
    """What test.yaml says of it. An event that names a ``file`` of the example brings that."""
    folder, spec = ROOT / "examples" / writer.partition("/")[0], WRITERS[writer]
    event = dict(spec["invoke"])
    if file := event.pop("file", None):
        body = (folder / file).read_bytes()
        return Sample({**event, "body_base64": base64.b64encode(body).decode()}, event["key"], body)
    stores = spec.get("stores", event)
    return Sample(event, stores["key"], stores["body"].encode())


@dataclass(frozen=True)
class _Root:
    """One of the roots of an example, which are applied one after the other.

    ``writes`` are outputs that it hands over to the other roots, each as a file of JSON. What a root has made that is
    ``abandoned`` was used before the example begins, and belongs to nobody's state: ``function`` was invoked, and
    ``bucket`` holds an object with the key ``object``.
    """

    workspace: Workspace
    writes: Mapping[str, Path]
    abandoned: Mapping[str, str] | None

    def apply(self, on_event: Callable[[Event], None]) -> Plan:
        plan, _ = self.workspace.plan()
        self.workspace.apply("plan.bin", on_event=on_event)
        for output, path in self.writes.items():
            path.write_text(json.dumps(self.workspace.outputs()[output]))
        return plan


def _ignore(event: Event) -> None:
    pass


class Example:
    """A copy of an example, initialised, and the accounts that it is for; both are gone when the `with` block ends.

    Args:
        name: its folder.
        changed: variables that have other values than test.yaml gives them.
    """

    def __init__(self, name: str, **changed: object) -> None:
        self._name = name
        self._changed = changed
        self._profiles = _profiles(name)
        self._roots: list[_Root] = []
        self.emulator = Emulator(profiles=self._profiles)

    def __enter__(self) -> Example:
        terraform.find_binary()  # or it is missing, before anything is started
        self.emulator.__enter__()
        try:
            self.module = self.emulator.folder / "module"
            terraform.copy_module(self.module)
            environment = {**self.emulator.environment, **terraform.configure(self.emulator.folder)}
            for spec in EXAMPLES[self._name].get("roots", [{"path": "."}]):
                self._roots.append(self._root(spec, environment))
        except BaseException:
            self.emulator.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.emulator.__exit__(kind, error, trace)

    def _root(self, spec: Mapping[str, Any], environment: Mapping[str, str]) -> _Root:
        here = Path("examples", self._name)
        folder = (self.module / here / spec["path"]).resolve()
        if not folder.exists():  # it is no part of the module
            shutil.copytree((ROOT / here / spec["path"]).resolve(), folder)
        terraform.pin_provider(folder)
        workspace = Workspace(folder, environment, _declared(folder, {**variables(self._name), **self._changed}))
        workspace.init()
        writes = {output: self.module / here / path for output, path in spec.get("writes", {}).items()}
        return _Root(workspace, writes, spec.get("abandoned"))

    @property
    def workspaces(self) -> Sequence[Workspace]:
        """Of each root that the example is made of, in the order in which they are applied."""
        return [root.workspace for root in self._roots if not root.abandoned]

    @property
    def workspace(self) -> Workspace:
        """Of the only root."""
        [workspace] = self.workspaces
        return workspace

    def apply(self, on_event: Callable[[Event], None] = _ignore) -> Plan:
        """Apply every root; what was planned."""
        plans = []
        for root in self._roots:
            plan = root.apply(on_event)
            if root.abandoned:
                self._use(**root.abandoned)
            else:
                plans.append(plan)
        return reduce(_merged, plans)

    def _use(self, function: str, bucket: str, object: str) -> None:
        self.emulator.client("lambda", LAMBDA_ACCOUNT).invoke(FunctionName=function)
        self.emulator.client("s3", S3_ACCOUNT).put_object(Bucket=bucket, Key=object, Body=b"before")

    def plan(self) -> tuple[Plan, list[Event]]:
        """The plan of all roots, and the warnings."""
        plans = [workspace.plan() for workspace in self.workspaces]
        return reduce(_merged, (plan for plan, _ in plans)), [warning for _, warnings in plans for warning in warnings]

    def outputs(self) -> Mapping[str, Any]:
        return reduce(_merged, (workspace.outputs() for workspace in self.workspaces))

    def destroy(self, on_event: Callable[[Event], None] = _ignore) -> None:
        for workspace in reversed(self.workspaces):
            workspace.destroy(on_event=on_event)

    def resources(self) -> list[str]:
        """The addresses in the states."""
        return [address for workspace in self.workspaces for address in workspace.resources()]

    def stop(self) -> None:
        for root in self._roots:
            root.workspace.stop()

    def empty_buckets(self) -> None:
        """Delete every version of every object, as the bucket's account: a destroy is refused before."""
        for account in self._profiles.values():
            s3 = self.emulator.client("s3", account)
            for bucket in s3.list_buckets()["Buckets"]:
                self._empty(s3, bucket["Name"])

    def _empty(self, s3: Any, bucket: str) -> None:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
                s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])

    def leftovers(self) -> list[str]:
        """What the accounts still hold of the kinds that the examples make."""
        return [f"{account}: {held}" for account in self._profiles.values() for held in self._held_by(account)]

    def _held_by(self, account: str) -> Iterator[str]:
        def client(service: str) -> Any:
            return self.emulator.client(service, account)

        yield from (f"role {role['RoleName']}" for role in client("iam").list_roles()["Roles"])
        yield from (f"policy {policy['Arn']}" for policy in client("iam").list_policies(Scope="Local")["Policies"])
        yield from (
            f"function {function['FunctionName']}" for function in client("lambda").list_functions()["Functions"]
        )
        yield from (f"layer {layer['LayerName']}" for layer in client("lambda").list_layers()["Layers"])
        yield from (
            f"mapping {mapping['UUID']}"
            for mapping in client("lambda").list_event_source_mappings()["EventSourceMappings"]
        )
        yield from (f"log {group['logGroupName']}" for group in client("logs").describe_log_groups()["logGroups"])
        yield from (f"queue {url}" for url in client("sqs").list_queues().get("QueueUrls", ()))
        yield from (f"topic {topic['TopicArn']}" for topic in client("sns").list_topics()["Topics"])
        yield from (f"rule {rule['Name']}" for rule in client("events").list_rules()["Rules"])
        yield from (f"rule set {rules['Name']}" for rules in client("ses").list_receipt_rule_sets()["RuleSets"])
        yield from (f"alarm {alarm['AlarmName']}" for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"])
        yield from (f"bucket {bucket['Name']}" for bucket in client("s3").list_buckets()["Buckets"])
        yield from (
            f"alias {alias['AliasName']}"
            for alias in client("kms").list_aliases()["Aliases"]
            if not alias["AliasName"].startswith("alias/aws/")
        )
        for key in client("kms").list_keys()["Keys"]:  # KMS keeps a deleted key for a while, scheduled for deletion
            if client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion":
                yield f"key {key['KeyId']}"


def _declared(root: Path, values: Mapping[str, object]) -> Mapping[str, object]:
    """The values of those variables that a root has: Terraform warns of others."""
    declared = {name for path in root.glob("*.tf") for name in re.findall(r'^variable "(\w+)"', path.read_text(), re.M)}
    return {name: value for name, value in values.items() if name in declared}


def _merged(one: Any, other: Any) -> Any:
    """Two plans or outputs as one, down to the last list of objects; of other values it is the first one's."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        both = {name: _merged(value, other[name]) for name, value in one.items() if name in other}
        return {**other, **one, **both}
    lists_of_objects = isinstance(one, list) and all(isinstance(item, Mapping) for item in [*one, *other])
    return [*one, *other] if lists_of_objects else one
