"""Start MiniStack and supply the one condition key that it lacks. Runs in the environment `emulator`.

AWS puts lambda:SourceFunctionArn on every call that is made with the credentials of a function's environment. MiniStack
1.5.33 does not, so the statement that binds the execution role to its function would deny everything. This remembers
which credentials were given to which function, and says so when a policy is evaluated.
"""

from __future__ import annotations

from typing import Any

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime
from ministack.services import lambda_svc, sts

_functions: dict[str, str] = {}  # access key id -> function ARN
_credentials_of = lambda_runtime.execution_credentials
_keys_of = iam_evaluator._principal_keys


def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
    credentials: dict[str, str] = _credentials_of(config)
    _functions[credentials["AWS_ACCESS_KEY_ID"]] = config["FunctionArn"]
    return credentials


def principal_keys(credential: Any) -> dict[str, Any]:
    keys: dict[str, Any] = _keys_of(credential)
    if credential.access_key_id in _functions:
        keys["lambda:sourcefunctionarn"] = _functions[credential.access_key_id]
    return keys


for module in (lambda_runtime, lambda_svc):
    module.execution_credentials = execution_credentials
for module in (iam_evaluator, sts):
    module._principal_keys = principal_keys

if __name__ == "__main__":
    app.main()
