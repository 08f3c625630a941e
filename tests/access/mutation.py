"""Every way to change a statement by one notch, most of them for the worse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.access.instances import Statement

Mutants = Iterator[tuple[str, Statement]]

# No request meets it: the principal's account is a number.
_NEVER = {"StringEquals": {"aws:PrincipalAccount": "none"}}
_NEIGHBOURS: Mapping[str, tuple[str, ...]] = {
    "kms:Decrypt": ("kms:CreateGrant", "kms:ReEncryptFrom"),
    "kms:GenerateDataKey": ("kms:Encrypt", "kms:GenerateDataKeyWithoutPlaintext"),
    "kms:PutKeyPolicy": ("kms:CreateGrant", "kms:Decrypt", "kms:Encrypt"),
    "logs:PutLogEvents": ("logs:CreateLogGroup", "logs:GetLogEvents"),
    "s3:AbortMultipartUpload": ("s3:ListMultipartUploadParts",),
    "s3:DeleteObject": ("s3:DeleteObjectVersion",),
    "s3:GetObject": ("s3:GetObjectVersion", "s3:GetObjectTagging"),
    "s3:GetObjectTagging": ("s3:GetObjectAcl", "s3:PutObjectTagging"),
    "s3:GetObjectVersion": ("s3:DeleteObjectVersion", "s3:GetObjectVersionTagging"),
    "s3:ListBucket": ("s3:ListBucketVersions",),
    "s3:PutObject": (
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetObject",
        "s3:PutObjectAcl",
        "s3:PutObjectTagging",
    ),
    "s3:PutObjectTagging": ("s3:DeleteObjectTagging", "s3:GetObjectTagging"),
    "sns:Publish": ("sns:Subscribe",),
    "sqs:ReceiveMessage": ("sqs:ChangeMessageVisibility", "sqs:PurgeQueue", "sqs:SendMessage"),
    "sqs:SendMessage": ("sqs:PurgeQueue", "sqs:ReceiveMessage"),
    "sts:AssumeRole": ("sts:SetSourceIdentity", "sts:TagSession"),
    "sts:SetSourceIdentity": ("sts:TagSession",),
}
_PARTS: Mapping[str, tuple[str, ...]] = {
    "s3:*": ("s3:GetObject", "s3:ListBucket", "s3:PutObject"),
    "sqs:*": ("sqs:ReceiveMessage", "sqs:SendMessage"),
    "sts:*": ("sts:AssumeRole", "sts:SetSourceIdentity"),
}
_WILDCARDS: Mapping[str, tuple[str, str]] = {
    "ArnEquals": ("ArnLike", "arn:*:*:*:*:*"),
    "ArnNotEquals": ("ArnNotLike", "arn:*:*:*:*:*"),
    "StringEquals": ("StringLike", "*"),
    "StringLike": ("StringLike", "*"),
    "StringNotEquals": ("StringNotLike", "*"),
}
_OPPOSITES = {"true": "false", "false": "true"}


def mutants(statement: Statement) -> Mutants:
    """What is changed, and the changed statement."""
    # It stays, for a policy without statements is none; and so a denial is weakened, too.
    yield "never applies", {**statement, "Condition": _NEVER}
    yield from _fewer(statement)
    yield from _other_conditions(statement)
    if statement["Effect"] == "Deny":
        for part in (part for action in listed(statement["Action"]) for part in _PARTS.get(action, ())):
            yield f"for {part} only", {**statement, "Action": part}
    else:  # what widens an Allow makes a Deny stricter
        yield from _wider(statement)


def _fewer(statement: Statement) -> Mutants:
    """One action or resource less in a list, and one value less of a condition."""
    for element in ("Action", "Resource"):
        for value, others in _each_left_out(statement.get(element)):
            yield f"without {value}", {**statement, element: others}
    for operator, key, values in _tests(statement):
        for value, others in _each_left_out(values):
            yield f"without {value} in {key}", _with_test(statement, operator, key, {operator: {key: others}})


def _other_conditions(statement: Statement) -> Mutants:
    for operator, key, values in _tests(statement):
        yield f"without {operator} {key}", _with_test(statement, operator, key, {})
        if operator in _WILDCARDS:
            like, anything = _WILDCARDS[operator]
            yield f"{like} {key} {anything}", _with_test(statement, operator, key, {like: {key: anything}})
        if operator in ("Bool", "Null"):
            opposite = _OPPOSITES[values]
            yield f"{operator} {key} {opposite}", _with_test(statement, operator, key, {operator: {key: opposite}})
        if operator != "Null" and statement["Effect"] == "Allow":
            if_exists = f"{operator}IfExists"
            yield f"{if_exists} {key}", _with_test(statement, operator, key, {if_exists: {key: values}})
        if cut := _without_slash(values):
            yield f"{key} without its last /", _with_test(statement, operator, key, {operator: {key: cut}})


def _wider(statement: Statement) -> Mutants:
    actions = listed(statement["Action"])
    any_action = f"{actions[0].partition(':')[0]}:*"
    if actions != [any_action]:
        yield "for any Action", {**statement, "Action": any_action}
    for action in dict.fromkeys(n for a in actions for n in _NEIGHBOURS.get(a, ()) if n not in actions):
        yield f"and {action}", {**statement, "Action": [*actions, action]}
    resources = listed(statement.get("Resource", "*"))
    if resources != ["*"]:
        yield "for any Resource", {**statement, "Resource": "*"}
    for resource in resources:
        bucket, slash, key = resource.partition("/")
        if resource.startswith("arn:aws:s3:::") and slash and key != "*":
            yield f"for all of {bucket}", {**statement, "Resource": f"{bucket}/*"}
    if cut := _without_slash(statement.get("Resource")):
        yield "Resource without its last /", {**statement, "Resource": cut}
    for principal in _wider_principals(statement.get("Principal")):
        yield f"for the Principal {principal}", {**statement, "Principal": principal}


def _wider_principals(principal: Any) -> Iterator[Any]:
    if principal is None:
        return
    yield "*"
    arn = principal.get("AWS", "")
    if ":role/" in arn:
        yield {"AWS": f"{arn.partition(':role/')[0]}:root"}


def _with_test(statement: Statement, operator: str, key: str, instead: Mapping[str, Any]) -> Statement:
    """The statement with something else instead of one test of its condition."""
    conditions = {name: dict(tests) for name, tests in statement["Condition"].items()}
    del conditions[operator][key]
    for name, tests in instead.items():
        conditions[name] = {**conditions.get(name, {}), **tests}
    return {**statement, "Condition": {name: tests for name, tests in conditions.items() if tests}}


def _tests(statement: Statement) -> Iterator[tuple[str, str, Any]]:
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            yield operator, key, values


def _each_left_out(values: Any) -> Iterable[tuple[str, list[str]]]:
    several = listed(values) if values is not None else []
    return [(one, [other for other in several if other != one]) for one in several] if len(several) > 1 else []


def _without_slash(values: Any) -> list[str]:
    """Values that end in /*, without the slash: below `inbox*` is also `inboxes/`."""
    several = listed(values) if values is not None else []
    cut = [f"{value[:-2]}*" if value.endswith("/*") else value for value in several]
    return cut if cut != several else []


def listed(values: Any) -> list[str]:
    return [values] if isinstance(values, str) else list(values)
