"""Uses that the pages describe, in which the module gets what is made of its own outputs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.plan import roots
from tools.emulator import Emulator


def test_the_policy_of_an_existing_key_may_be_made_of_the_module_s_output(tmp_path: Path, accounts: Emulator) -> None:
    case = {"name": "mail", "bucket": {"name": "acme-mail"}, "encryption": {"mode": "existing-key"}}
    workspace = roots.write(tmp_path, {"mail": case}, accounts)
    main = json.loads((workspace.root / "main.tf.json").read_text())
    statements = "jsondecode(module.mail.key_policy_statements)"
    policy = f'${{jsonencode({{ Version = "2012-10-17", Statement = {statements} }})}}'
    main["resource"] = {"aws_kms_key": {"mail": {"provider": "aws.s3_account", "policy": policy}}}
    main["module"]["mail"]["encryption"] = {"mode": "existing-key", "key_arn": "${aws_kms_key.mail.arn}"}
    (workspace.root / "main.tf.json").write_text(json.dumps(main))

    plan, _ = workspace.plan()

    [key] = [change for change in plan["resource_changes"] if change["address"] == "aws_kms_key.mail"]
    [statement] = json.loads(key["change"]["after"]["policy"])["Statement"]
    assert statement["Sid"] == "WritersEncryptThroughS3"
