"""Start MiniStack and supply what it lacks: here three condition keys, and in ministack_triggers.py the rest.

Runs in the environment `emulator`.

MiniStack 1.5.33 decides differently from AWS where a policy asks for

- lambda:SourceFunctionArn, which AWS puts on every call that is made with the credentials of a function's environment:
  it is absent, so the statement that binds the execution role to its function would deny everything. This remembers
  which credentials were given to which function.
- aws:PrincipalArn, which in a request of a role's session is the role's ARN, with its path: MiniStack takes the
  session's.
- sts:SourceIdentity, which is what an AssumeRole names. To set it, sts:SetSourceIdentity must be allowed by the
  caller's own policies and by the trust policy: MiniStack reads none of it.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import ministack_triggers
from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.core.responses import get_region, new_uuid
from ministack.core.router import extract_access_key_id
from ministack.services import iam, lambda_svc, sts

_functions: dict[str, str] = {}  # access key id -> function ARN
_source_identity: ContextVar[str | None] = ContextVar("source_identity", default=None)  # of the request being answered

_credentials_of = lambda_runtime.execution_credentials
_keys_of = iam_evaluator._principal_keys
_value_of = iam_evaluator._resolve_condition_key
_trusts = iam_evaluator.evaluate_trust_policy
_answer_of_sts = sts.handle_request


def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
    credentials: dict[str, str] = _credentials_of(config)
    _functions[credentials["AWS_ACCESS_KEY_ID"]] = config["FunctionArn"]
    return credentials


def principal_keys(credential: Any) -> dict[str, Any]:
    keys: dict[str, Any] = _keys_of(credential)
    if credential.access_key_id in _functions:
        keys["lambda:sourcefunctionarn"] = _functions[credential.access_key_id]
    if credential.principal_type == "AssumedRole":
        name = iam_evaluator._role_name_from_assumed_arn(credential.principal_arn)
        if role := iam._roles.get_scoped(credential.account_id, None, name):
            keys["aws:principalarn"] = role["Arn"]
    return keys


def condition_value(key: str, context: Any) -> Any:
    """MiniStack answers for aws:PrincipalArn before it looks at the keys of the principal."""
    role = context.principal_keys.get("aws:principalarn")
    return role if role and key.lower() == "aws:principalarn" else _value_of(key, context)


def evaluate_trust_policy(document: Any, caller: str, context: Any = None) -> bool:
    name = _source_identity.get()
    if name is None:
        return bool(_trusts(document, caller, context))
    named = replace(context, service_context={**context.service_context, "sts:sourceidentity": name})
    setting = replace(named, action="sts:SetSourceIdentity")
    return bool(_trusts(document, caller, named) and _trusts(document, caller, setting))


async def answer_of_sts(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
    request = {key: values[0] for key, values in parse_qs(body.decode()).items()}
    name = request.get("SourceIdentity")
    _source_identity.set(name)
    if name and app.AUTH:
        action, role, key = "sts:SetSourceIdentity", request.get("RoleArn", "*"), extract_access_key_id(headers, query)
        said = {"sts:SourceIdentity": name}
        denied = iam_evaluator.enforce(key, action, "sts", get_region(), resource_arn=role, service_context=said)
        if denied:
            return iam_actions.access_denied_response("sts", action, denied.principal_arn, new_uuid(), headers=headers)
    return await _answer_of_sts(method, path, headers, body, query)


for module in (lambda_runtime, lambda_svc):
    module.execution_credentials = execution_credentials
for module in (iam_evaluator, sts):
    module._principal_keys = principal_keys
iam_evaluator._resolve_condition_key = condition_value
iam_evaluator.evaluate_trust_policy = evaluate_trust_policy
sts.handle_request = answer_of_sts
ministack_triggers.install()

if __name__ == "__main__":
    app.main()
