"""The access report: what it finds in a plan, that it says all of it once, and that its page is sound."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tools import access_report
from tools.report import findings, headline, page, plan, words

_LAMBDA, _S3 = "111111111111", "222222222222"
_EXECUTION = f"arn:aws:iam::{_LAMBDA}:role/mail-lambda"
_WRITER = f"arn:aws:iam::{_S3}:role/mail-s3-writer"
_FUNCTION = f"arn:aws:lambda:eu-central-1:{_LAMBDA}:function:mail"
_VOID = {"meta", "br", "wbr", "link", "img", "hr", "input"}

Statement = dict[str, Any]
Resource = dict[str, Any]


class Page(HTMLParser):
    """What a page holds, and that its tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.rows: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in _VOID:
            return
        self.open.append(tag)
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag == "tr":
            self.rows.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.text += data
        if "tr" in self.open:
            self.rows[-1] += data

    def all(self, name: str) -> list[str]:
        """The values of an attribute, of whichever element."""
        return [value for _, attributes in self.elements if (value := attributes.get(name)) is not None]


def _allow(sid: str, action: str | list[str], **others: Any) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": action, **others}


def _trust() -> Statement:
    return _allow(
        "WriterAssumes",
        "sts:AssumeRole",
        Principal={"AWS": _EXECUTION},
        Condition={"StringEquals": {"sts:ExternalId": "mail/1"}},
    )


def _assume() -> Statement:
    return _allow(
        "FunctionAssumes",
        "sts:AssumeRole",
        Resource=[_WRITER],
        Condition={"ArnEquals": {"lambda:SourceFunctionArn": _FUNCTION}},
    )


def _write(bucket: str = "acme-mail") -> Statement:
    return _allow(
        "WriteBelow",
        ["s3:PutObject", "s3:AbortMultipartUpload"],
        Resource=[f"arn:aws:s3:::{bucket}/inbox/*"],
        Condition={"StringEquals": {"s3:ResourceAccount": _S3}},
    )


def _deny(sid: str, condition: Mapping[str, Any]) -> Statement:
    resources = ["arn:aws:s3:::acme-mail", "arn:aws:s3:::acme-mail/*"]
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": resources,
        "Condition": condition,
    }


def _tls() -> list[Statement]:
    return [
        _deny("DenyHttp", {"Bool": {"aws:SecureTransport": "false"}}),
        _deny("DenyTls", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ]


def _policy(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _resource(kind: str, label: str, index: str | None = None, /, **values: Any) -> Resource:
    key = {} if index is None else {"index": index}
    return {"mode": "managed", "type": kind, "name": label, "values": values, **key}


def _lambda_side(**policies: str) -> list[Resource]:
    trust = _allow("LambdaRuns", "sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
    role = {"name": "mail-lambda", "path": "/", "permissions_boundary": None, "assume_role_policy": _policy(trust)}
    return [
        _resource("aws_iam_role", "execution", **role),
        _resource("aws_iam_role_policy", "assume", name="assume", policy=policies.get("assume", _policy(_assume()))),
        _resource("aws_lambda_function", "this", function_name="mail"),
    ]


def _s3_side(**policies: str) -> list[Resource]:
    trust, write = policies.get("trust", _policy(_trust())), policies.get("write", _policy(_write()))
    role = {"name": "mail-s3-writer", "path": "/", "assume_role_policy": trust}
    return [
        _resource("aws_iam_role", "writer", "default", **role),
        _resource("aws_iam_role_policy", "kms", "default", name="kms"),
        _resource("aws_iam_role_policy", "write", "default", name="write", policy=write),
        _resource("aws_s3_bucket", "this", bucket="acme-mail"),
        _resource("aws_s3_bucket_policy", "this", policy=policies.get("bucket", _policy(*_tls()))),
    ]


def _plan(modules: Mapping[str, list[Resource]], **more: Any) -> bytes:
    """A plan with resources by the address of their module, beside each other: the depth is in the addresses."""
    children, data = [], []
    for address, resources in modules.items():
        children.append({"address": address, "resources": [_placed(one, address) for one in resources]})
        account = _S3 if any(one["name"] == "writer" for one in resources) else _LAMBDA
        caller = {"mode": "data", "type": "aws_caller_identity", "values": {"account_id": account}}
        data.append({"address": address, "resources": [caller]})
    # Nested once, so that a walk that stops at the first level finds nothing.
    nested = {"child_modules": [{"address": "module.a", "child_modules": children}]}
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "timestamp": "2026-01-02T03:04:05Z",
            "planned_values": {"root_module": nested},
            "prior_state": {"values": {"root_module": {"child_modules": data}}},
            **more,
        }
    ).encode()


def _placed(resource: Resource, module: str) -> Resource:
    key = f'["{resource["index"]}"]' if "index" in resource else ""
    return {**resource, "address": f"{module}.{resource['type']}.{resource['name']}{key}"}


def _both(**policies: str) -> bytes:
    caller = "module.a.module.mail"
    return _plan(
        {
            f"{caller}.module.lambda_account": _lambda_side(**policies),
            f"{caller}.module.s3_account": _s3_side(**policies),
        }
    )


def _report(text: bytes) -> str:
    return page.render(plan.read(text), "plan.json")


def _answers(text: bytes) -> dict[str, str]:
    """What is said to each question."""
    return {
        question: " ".join(words.plain(some) for one in every for some in (one.says, *one.items))
        for question, every in headline.answers(plan.read(text).instances[0])
    }


def _headline(text: bytes) -> str:
    return " ".join(_answers(text).values())


def _found(text: bytes) -> set[str]:
    return {one.check.title for one in findings.look(plan.read(text).instances[0]) if one.findings}


def test_an_instance_is_found_at_depth() -> None:
    (instance,) = plan.read(_both()).instances
    assert instance.address == "module.a.module.mail"
    assert [side.account for side in instance.sides] == [_LAMBDA, _S3]
    said = _headline(_both())
    assert "The role mail-lambda of account 111111111111 can write to acme-mail/inbox/*, when the bucket's" in said
    assert "For that it assumes the role mail-s3-writer of account 222222222222" in said
    assert "asks that the external ID is mail/1." in said
    assert f"Account A lets its function assume that role when the calling function is {_FUNCTION}." in said
    assert "everybody: s3:* when it does not come over HTTPS" in said


def test_the_sides_of_one_caller_are_joined_though_nothing_is_known() -> None:
    sides = {"module.lambda_account": _lambda_side(), "module.s3_account": _s3_side()}
    for resource in itertools.chain(*sides.values()):
        for attribute in ("policy", "assume_role_policy"):
            resource["values"].pop(attribute, None)
    text = _plan({f"module.a.{name}": resources for name, resources in sides.items()})
    (instance,) = plan.read(text).instances
    assert instance.address == "module.a"
    assert _headline(text).startswith("Who can assume the role mail-s3-writer of account 222222222222 is known after")
    assert "What the bucket's policy denies is known after the apply only." in _headline(text)


def test_sides_of_other_names_are_joined_by_the_roles_that_they_name() -> None:
    apart = _plan({"module.a.module.apps": _lambda_side(), "module.a.module.archive": _s3_side()})
    (instance,) = plan.read(apart).instances
    assert instance.address == "module.a.module.apps, module.a.module.archive"


def test_a_function_of_another_account_with_the_same_name_is_another_instance() -> None:
    stranger = _policy({**_trust(), "Principal": {"AWS": _EXECUTION.replace(_LAMBDA, "333333333333")}})
    elsewhere = _policy({**_assume(), "Resource": _WRITER.replace(_S3, "444444444444")})
    sides = {"module.a.module.apps": _lambda_side(assume=elsewhere), "module.a.module.b": _s3_side(trust=stranger)}
    assert len(plan.read(_plan(sides)).instances) == 2


@pytest.mark.parametrize(
    ("side", "says"),
    [
        (_lambda_side, "Whom those roles trust, and what they may do, is not in this plan."),
        (_s3_side, "What the caller's own account says to that is not in this plan."),
    ],
)
def test_a_side_alone_says_what_it_does_not_know(side: Callable[[], list[Resource]], says: str) -> None:
    text = _plan({"module.a.module.alone": side()})
    assert says in _headline(text)
    assert ("Account A" in Page(_report(text)).text) == (side is _lambda_side)


def test_a_policy_that_is_unknown_is_said_to_be() -> None:
    report = Page(_report(_both()))
    (row,) = [row for row in report.rows if "known after apply" in row]
    assert "the policy kms of the role mail-s3-writer" in row
    assert "Known after apply: something in it does not exist yet." in report.text
    assert "Every action of a service: unknown, because 1 of 6 policies is known after the apply only" in report.text
    assert "none found" not in report.text
    assert "6, of which 1 known after the apply only" in report.text


def test_every_statement_has_its_row_once_and_leads_to_its_text() -> None:
    text = _both()
    report = Page(_report(text))
    for sid in ("LambdaRuns", "FunctionAssumes", "WriterAssumes", "WriteBelow", "DenyHttp", "DenyTls"):
        assert sum(sid in row for row in report.rows) == 1
    anchors = report.all("id")
    assert len(anchors) == len(set(anchors))
    assert {target.removeprefix("#") for target in report.all("href")} <= set(anchors)
    rules = list(plan.read(text).instances[0].rules)
    assert len(rules) == 6
    assert {rule.anchor for rule in rules} <= {target.removeprefix("#") for target in report.all("href")}


def test_the_text_of_a_policy_is_its_json() -> None:
    text = _report(_both())
    for shown in re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL):
        inside = Page(f"<p>{shown}</p>").text
        assert json.loads(inside)["Statement"]
    assert text.count("<pre") == 5


def test_what_comes_from_the_plan_is_escaped() -> None:
    evil = '<script>alert("1")</script>'
    statement = {**_write(evil), "Sid": evil, "Condition": {evil: {evil: evil}}}
    policy = json.dumps({evil: evil, "Statement": [statement]})
    modules = {f'module.a["{evil}"].module.s3_account': _s3_side(write=policy, trust=_policy(_trust()))}
    text = page.render(plan.read(_plan(modules, terraform_version=evil, timestamp=evil)), evil)
    assert "<script" not in text
    assert evil in Page(text).text


_HTTP, _OLD_TLS = _tls()
_UNBOUND = {key: value for key, value in _assume().items() if key != "Condition"}
_OPEN = {key: value for key, value in _trust().items() if key != "Condition"}
_ROOT = f"arn:aws:iam::{_LAMBDA}:root"


@pytest.mark.parametrize(
    ("loosened", "finding"),
    [
        ({"trust": [{**_trust(), "Principal": "*"}]}, "Access for everybody"),
        ({"trust": [{**_trust(), "Principal": {"AWS": ["*"]}}]}, "Access for everybody"),
        ({"trust": [{**_trust(), "Principal": {"AWS": _ROOT}}]}, "Trust in a whole account"),
        ({"trust": [{**_trust(), "Principal": {"AWS": _LAMBDA}}]}, "Trust in a whole account"),
        (
            {"trust": [{**_trust(), "Principal": {"AWS": "arn:aws:iam::333333333333:role/x"}}]},
            "Access for other accounts than these two",
        ),
        ({"trust": [_OPEN]}, "Trust across accounts without an external ID or an organization"),
        ({"trust": [{**_trust(), "Principal": {"AWS": "AROAEXAMPLE"}}]}, "Trust in a principal that exists no more"),
        ({"assume": [_UNBOUND]}, "Assuming a role from anywhere"),
        (
            {"assume": [{**_assume(), "Condition": {"ArnLikeIfExists": {"lambda:SourceFunctionArn": _FUNCTION}}}]},
            "Assuming a role from anywhere",
        ),
        ({"assume": [{**_UNBOUND, "Action": "STS:assume*"}]}, "Assuming a role from anywhere"),
        ({"assume": [{**_assume(), "Resource": "arn:aws:iam::*:role/*"}]}, "Assuming roles by a wildcard"),
        ({"write": [{**_write(), "Action": "s3:*"}]}, "Every action of a service"),
        ({"write": [{**_write(), "Action": "s3:*"}]}, "Deleting objects or the bucket"),
        ({"write": [{**_write(), "Action": "s3:PutObject*"}]}, "Opening objects or the bucket to others"),
        ({"write": [{**_write(), "Resource": "*"}]}, "Rights on every resource"),
        ({"write": [{**_write(), "Condition": {}}]}, "S3 without the owner of the bucket"),
        ({"write": [_write(), _allow("Key", "kms:Decrypt", Resource="k")]}, "KMS without the service that calls it"),
        ({"write": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "x"}]}, "Everything but"),
        ({"bucket": [_HTTP]}, "A bucket without the two TLS denials"),
        ({"bucket": [_OLD_TLS]}, "A bucket without the two TLS denials"),
        ({"bucket": [_HTTP, {**_OLD_TLS, "Action": "s3:PutObject"}]}, "A bucket without the two TLS denials"),
        (
            {"bucket": [_HTTP, {**_OLD_TLS, "Resource": "arn:aws:s3:::acme-mail"}]},
            "A bucket without the two TLS denials",
        ),
        ({"bucket": [_HTTP, {**_OLD_TLS, "Principal": {"AWS": _ROOT}}]}, "A bucket without the two TLS denials"),
        (
            {"bucket": [_OLD_TLS, {**_HTTP, "Condition": {**_HTTP["Condition"], "Null": {"aws:x": "true"}}}]},
            "A bucket without the two TLS denials",
        ),
    ],
)
def test_a_loosened_policy_turns_its_finding(loosened: Mapping[str, list[Statement]], finding: str) -> None:
    assert _found(_both()) == {"Policies that are not known yet"}
    assert finding in _found(_both(**{name: _policy(*statements) for name, statements in loosened.items()}))


def test_an_account_of_which_a_condition_picks_one_role_is_no_finding() -> None:
    condition = {"ArnEquals": {"aws:PrincipalArn": _EXECUTION}, "StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    decoupled = _policy({**_trust(), "Principal": {"AWS": _ROOT}, "Condition": condition})
    assert _found(_both(trust=decoupled)) == {"Policies that are not known yet"}
    said = _headline(_both(trust=decoupled))
    assert f"Whoever has the ARN {_EXECUTION} can write" in said
    assert "asks that the caller's organization is o-a1b2c3d4e5." in said


def test_what_account_a_does_not_allow_is_said() -> None:
    elsewhere = _policy({**_assume(), "Resource": _WRITER.replace("mail-s3-writer", "another")})
    assert "No policy of account A in this plan lets its function assume that role." in _headline(
        _both(assume=elsewhere)
    )


def test_what_the_bucket_lets_by_itself_is_said() -> None:
    readers = _allow("Read", "s3:GetObject", Principal={"AWS": "333333333333"}, Resource="arn:aws:s3:::acme-mail/*")
    said = _headline(_both(bucket=_policy(*_tls(), readers)))
    assert (
        "By the bucket's policy: the account 333333333333, whose IAM decides who, s3:GetObject at acme-mail/*." in said
    )


@pytest.mark.parametrize(
    ("action", "question"),
    [
        ("s3:GetObjectVersion", "Who can read?"),
        ("s3:Get*", "Who can read?"),
        ("s3:ListBucketVersions", "Who can read?"),
        ("s3:ReplicateObject", "Who can write?"),
        ("s3:DeleteObject", "Who can write?"),
        ("s3:DeleteObjectVersion", "Who can write?"),
        ("s3:UpdateObjectEncryption", "Who can write?"),
    ],
)
def test_a_stranger_of_the_bucket_is_said_to_read_or_to_write(action: str, question: str) -> None:
    stranger = _allow("Stranger", action, Principal={"AWS": "333333333333"}, Resource="arn:aws:s3:::acme-mail/*")

    said = _answers(_both(bucket=_policy(*_tls(), stranger)))

    assert "By the bucket's policy: the account 333333333333, whose IAM decides who, s3:" in said[question]
    assert [other for other, answer in said.items() if "333333333333" in answer] == [question]


@pytest.mark.parametrize("operator", ["ArnNotEquals", "ArnNotLike", "StringNotLike"])
def test_a_wildcard_among_the_callers_that_a_condition_spares_is_a_finding(operator: str) -> None:
    title = "A wildcard among the callers of a condition"
    wide = _deny("DenyOthers", {operator: {"aws:PrincipalArn": f"arn:aws:iam::{_S3}:role/*"}})
    twin = _deny("DenyOthers", {operator: {"aws:PrincipalArn": f"arn:aws:iam::{_S3}:role/mail-s3-writer"}})

    assert title in _found(_both(bucket=_policy(*_tls(), wide)))
    assert title not in _found(_both(bucket=_policy(*_tls(), twin)))


def test_a_check_that_cannot_tell_says_so() -> None:
    apart = Page(_report(_plan({"module.a.module.alone": _s3_side()}))).text

    assert "Access for other accounts than these two: unknown, because the plan has one side only" in apart
    assert "Readers without the key: unknown, because the plan has no policy of a key" in apart


def test_what_is_found_beside_something_unknown_may_be_more() -> None:
    everybody = _allow("Everybody", "s3:GetObject", Principal="*", Resource="arn:aws:s3:::acme-mail/*")

    report = Page(_report(_both(bucket=_policy(*_tls(), everybody)))).text

    assert "There may be more: 1 of 6 policies is known after the apply only." in report


def test_each_question_has_its_answer() -> None:
    both = _answers(
        _both(write=_policy(_write(), _allow("Read", "s3:GetObject", Resource="arn:aws:s3:::acme-mail/x/*")))
    )

    assert "can write to acme-mail/inbox/*" in both["Who can write?"]
    assert "In account 222222222222: whoever its own IAM lets." in both["Who can write?"]
    assert (
        "Whoever assumes the role mail-s3-writer of account 222222222222 can read at acme-mail/x/*."
        in (both["Who can read?"])
    )
    leak = both["What if the function's credentials leak?"]
    assert "those of the role mail-lambda of account 111111111111, which may do sts:AssumeRole at role/mail-s3" in leak
    assert "Credentials of the role from elsewhere can assume no role." in leak
    hostile = both["What if the function's account is hostile?"]
    assert "which may do s3:PutObject and s3:AbortMultipartUpload at acme-mail/inbox/*" in hostile
    assert "what is known after the apply only, in the policy kms of the role mail-s3-writer" in hostile
    assert "No statement that is known lets it delete, tag, list or assume another role." in hostile


def test_a_function_that_cannot_read_is_said_to_be_unable() -> None:
    assert "cannot read or list, by the policies that are known." in _answers(_both())["Who can read?"]


def test_credentials_that_can_be_used_anywhere_are_said_to_be() -> None:
    leak = _answers(_both(assume=_policy(_UNBOUND)))["What if the function's credentials leak?"]
    assert "Credentials of that role can assume roles wherever they come from." in leak


def test_who_is_kept_from_writing_in_the_bucket_s_account_is_said() -> None:
    walled = _deny("Others", {"ArnNotEquals": {"aws:PrincipalArn": _WRITER}})
    said = _answers(_both(bucket=_policy(*_tls(), {**walled, "Action": "s3:PutObject"})))
    assert (
        f"whoever its own IAM lets, but for the bucket's policy, which denies it when the caller is not {_WRITER}."
        in (said["Who can write?"])
    )
    assert "In account 222222222222: whoever its own IAM lets." in said["Who can read?"]


_EDGE = "arn:aws:iam::222222222222:policy/edge"


def _bounded(*statements: Statement) -> bytes:
    """A plan whose writer has a boundary; without statements, the boundary is none of the plan's."""
    side = _s3_side()
    side[0]["values"]["permissions_boundary"] = _EDGE
    boundary = _resource("aws_iam_policy", "edge", arn=_EDGE, name="edge", policy=_policy(*statements))
    return _plan({"module.a.module.alone": side, "module.a": [boundary] if statements else []})


def test_a_permissions_boundary_that_is_elsewhere_is_said_to_be_unread() -> None:
    assert "The permissions boundary of the role, which is not read here, may allow less." in _headline(_bounded())
    assert f"{_EDGE}, which this plan does not hold" in Page(_report(_bounded())).text


def test_a_permissions_boundary_in_the_plan_is_read() -> None:
    text = _bounded(_allow("Edge", ["s3:PutObject", "s3:AbortMultipartUpload"], Resource="arn:aws:s3:::acme-*"))
    report = Page(_report(text))
    (row,) = [row for row in report.rows if "WriteBelow" in row]

    assert (
        "Its permissions boundary edge lets through no more than s3:PutObject and s3:AbortMultipartUpload at acme-*"
        in (_headline(text))
    )
    assert "bounded by edge" in row
    assert "The permissions boundary edge of the role mail-s3-writer" in report.text
    assert not any("Edge" in row for row in report.rows)  # it gives no right
    assert "No other resource of this plan is known to give rights." in report.text
    assert "Rights beyond the role's boundary" not in _found(text)
    assert {target.removeprefix("#") for target in report.all("href")} <= set(report.all("id"))


def test_rights_that_a_boundary_does_not_let_through_are_found() -> None:
    assert "Rights beyond the role's boundary" in _found(_bounded(_allow("Edge", "s3:PutObject", Resource="*")))
    assert "Rights beyond the role's boundary" not in _found(_bounded(_allow("Edge", "s3:*", Resource="*")))


def test_the_denials_of_a_boundary_are_not_passed_over() -> None:
    denial = {"Sid": "Never", "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    assert "The denials of that boundary, below, take some of it away." in _headline(
        _bounded(_allow("Edge", "s3:*", Resource="*"), denial)
    )


@pytest.mark.parametrize(("account", "found"), [(_S3, True), ("333333333333", False)])
def test_readers_whom_the_key_does_not_let_decrypt_are_found(account: str, found: bool) -> None:
    readers = _allow("Read", "s3:GetObject", Principal={"AWS": "333333333333"}, Resource="arn:aws:s3:::acme-mail/*")
    use = _allow("Use", "kms:Decrypt", Principal={"AWS": f"arn:aws:iam::{account}:root"}, Resource="*")
    key = _resource("aws_kms_key", "this", key_id="1", policy=_policy(use))
    text = _plan({"module.a.module.s3_account": [*_s3_side(bucket=_policy(*_tls(), readers)), key]})
    assert ("Readers without the key" in _found(text)) is found


def test_the_page_says_what_it_read_and_what_it_did_not() -> None:
    attachment = _resource("aws_iam_role_policy_attachment", "more", role="mail-lambda")
    modules = {
        "module.a.module.lambda_account": _lambda_side(),
        "module.a.module.s3_account": _s3_side(),
        "module.a.module.other": [attachment],
    }
    text = Page(_report(_plan(modules, complete=False))).text
    for said in ("1.11.4", "2026-01-02T03:04:05Z", "(SCPs)", "(RCPs)", "this plan is not complete"):
        assert said in text
    assert "module.a.module.other.aws_iam_role_policy_attachment.more" in text
    assert re.search(r"Resources in it\s*9\b", text)


def test_the_page_needs_nothing_else_and_can_be_read_aloud() -> None:
    text = _report(_both())
    report = Page(text)
    assert all(target.startswith("#") for target in report.all("href"))
    assert report.all("src") == []
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in report.elements}
    assert not re.search(r"url\(|@import", text)
    assert report.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(report.headings, report.headings[1:], strict=False))
    assert all(attributes.get("scope") for tag, attributes in report.elements if tag == "th")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04\xff", "is not the JSON of a plan or of a state: make it with `terraform plan -out"),
        (b"[]", "is not the JSON of a plan"),
        (b'{"values": {}}', "is not the JSON of a plan"),
        (b'{"planned_values": {"root_module": {"resources": [{}]}}}', "is not the JSON of a plan"),
        (b'{"planned_values": {}}', "holds no instance of the module among its 0 resources"),
        (
            _both(write="oops"),
            "has a policy that is no JSON object, in module.a.module.mail.module.s3_account.aws_iam_",
        ),
        (_both(write=_policy({"Effect": "Maybe"})), "has a policy that is none in the words of AWS, in module.a"),
    ],
)
def test_bad_input_is_refused_in_one_sentence_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, says: str
) -> None:
    source = tmp_path / "plan.json"
    source.write_bytes(content)
    assert access_report.main([str(source), "-o", str(tmp_path / "report.html")]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {source} {says}")
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == [source]


def test_a_state_is_read_like_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planned = json.loads(_both())
    state = {"terraform_version": "1.11.4", "values": planned["planned_values"]}
    (tmp_path / "state.json").write_text(json.dumps(state))

    assert access_report.main([str(tmp_path / "state.json"), "-o", str(tmp_path / "report.html")]) == 0
    text = Page((tmp_path / "report.html").read_text()).text
    assert "by which statement: read from a state." in text
    assert "can write to acme-mail/inbox/*" in text


def test_the_verdict_comes_first_and_is_the_exit_code_of_pipelines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = {"bucket": _policy(*_tls(), _allow("Everybody", "s3:GetObject", Principal="*", Resource="*"))}
    for policies, sentence, code in (
        ({}, "Nothing found, and 19 checks could not tell: the report is not complete.", 3),
        (wide, "1 finding to look at, and 19 checks could not tell: the report is not complete.", 1),
    ):
        source, target = tmp_path / "plan.json", tmp_path / "report.json"
        source.write_bytes(_both(**policies))

        arguments = [str(source), "--format", "json", "-o", str(target)]

        assert access_report.main([*arguments, "--exit-code"]) == code
        assert access_report.main(arguments) == 0
        report = json.loads(target.read_text())
        assert sentence in report["verdict"]["sentence"]
        assert sentence in Page(_report(source.read_bytes())).text
        assert (report["kind"], report["complete"]) == ("plan", False)
        found = {
            check["title"] for instance in report["instances"] for check in instance["checks"] if check["findings"]
        }
        assert found == _found(source.read_bytes())


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert access_report.main([str(tmp_path / "none.json")]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'none.json'} cannot be read: No such file or directory.\n"
    source = tmp_path / "plan.json"
    source.write_bytes(_both())
    assert access_report.main([str(source), "-o", str(tmp_path / "no" / "report.html")]) == 2
    assert "cannot be written: No such file or directory." in capsys.readouterr().err
    (tmp_path / "folder").mkdir()
    assert access_report.main([str(source), "-o", str(tmp_path / "folder")]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "plan.json"]


def test_the_report_is_written_whole_and_the_same_each_time(tmp_path: Path) -> None:
    source, target = tmp_path / "plan.json", tmp_path / "report.html"
    source.write_bytes(_both().decode().encode("utf-16"))  # as a shell on Windows writes it
    target.write_text("old")
    assert access_report.main([str(source), "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == _report(_both())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "report.html"]
