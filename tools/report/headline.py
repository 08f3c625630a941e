"""An instance in the answers to what an auditor asks: who can write, who can read, and what if.

They say what the policies of the plan say together, not what AWS would decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tools.report import words
from tools.report.holders import Role
from tools.report.policy import Kind, Policy, Rule, Statement, matches
from tools.report.sides import Instance, Side
from tools.report.words import Code, Words

_ASSUME = "sts:AssumeRole"
_WRITING: Mapping[str, str] = {"s3:PutObject": "write", "s3:DeleteObject": "delete", "s3:PutObjectTagging": "tag"}
_READING: Mapping[str, str] = {"s3:GetObject": "read", "s3:ListBucket": "list"}
# By which somebody else may come to write or to read. Replication stores an object without s3:PutObject.
_CHANGING = (
    *_WRITING,
    *("s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags", "s3:RestoreObject", "s3:UpdateObjectEncryption"),
    *("s3:DeleteObjectVersion", "s3:DeleteObjectTagging", "s3:PutObjectVersionTagging", "s3:AbortMultipartUpload"),
    *("s3:PutObjectAcl", "s3:PutObjectRetention", "s3:PutObjectLegalHold", "s3:BypassGovernanceRetention"),
)
_LOOKING = (
    *_READING,
    *("s3:GetObjectVersion", "s3:GetObjectVersionForReplication", "s3:GetObjectAttributes"),
    *("s3:GetObjectTagging", "s3:GetObjectVersionTagging", "s3:GetObjectVersionAttributes"),
    *("s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts"),
)


@dataclass(frozen=True)
class Answer:
    """A sentence or two of an answer, and what they list."""

    says: Words
    items: Sequence[Words] = ()


def answers(instance: Instance) -> Iterator[tuple[str, list[Answer]]]:
    """The questions, and what answers them."""
    if instance.s3_sides:
        yield "Who can write?", list(_writing(instance))
        yield "Who can read?", list(_reading(instance))
        yield "What is denied, whoever allows it?", list(_denials(instance))
    if instance.lambda_sides:
        yield "What if the function's credentials leak?", list(_leaking(instance))
    if instance.s3_sides:
        yield "What if the function's account is hostile?", list(_hostile(instance))


def _writing(instance: Instance) -> Iterator[Answer]:
    for side in instance.s3_sides:
        for role in side.roles:
            yield Answer(_through(instance, side, role))
        yield from _besides(side, _CHANGING)


def _reading(instance: Instance) -> Iterator[Answer]:
    for side in instance.s3_sides:
        for role in side.roles:
            yield Answer(
                ["Whoever assumes ", *words.holder(role.holder), " can", *_doing(_own(side, role), _READING), "."]
            )
        yield from _besides(side, _LOOKING)


def _leaking(instance: Instance) -> Iterator[Answer]:
    for side in instance.lambda_sides:
        for role in side.roles:
            own = _own(side, role)
            yield Answer(["They are those of ", *words.holder(role.holder), ", which may do"], _rights(own))
            yield from _bounds(side, role)
            assuming = _may(own, _ASSUME)
            if assuming and all(statement.asks_for("lambda:SourceFunctionArn") for statement in assuming):
                yield Answer(
                    [
                        "AWS says which function is calling in every request with the credentials of that function's "
                        "environment: taken from there, they pass for the function until they expire. Credentials of "
                        "the role from elsewhere can assume no role."
                    ]
                )
            elif assuming:
                yield Answer(["Credentials of that role can assume roles wherever they come from."])
            if assuming and not instance.s3_sides:
                yield Answer(["Whom those roles trust, and what they may do, is not in this plan."])
    for side in instance.s3_sides:
        for role in side.roles:
            # Role chaining: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html
            yield Answer(
                ["Those of ", *words.holder(role.holder), ", which it assumes, end after an hour at the latest."]
            )


def _hostile(instance: Instance) -> Iterator[Answer]:
    for side in instance.s3_sides:
        for role in side.roles:
            own = _own(side, role)
            yield Answer(
                [
                    "Whoever governs that account can be the function. In the bucket's account it is then ",
                    *words.holder(role.holder),
                    ", which may do",
                ],
                _rights(own),
            )
            missing = [verb for action, verb in {**_WRITING, **_READING}.items() if not _may(own, action)]
            missing += [] if _may(own, _ASSUME) else ["assume another role"]
            if missing:
                known = "" if all(policy.known for policy in own) else " that is known"
                yield Answer([f"No statement{known} lets it ", *words.listed(missing, "or"), "."])
            yield from _bounds(side, role)


def _through(instance: Instance, side: Side, role: Role) -> Words:
    """Who gets to the role of the bucket's account, and what it may write."""
    trust = [policy for policy in _of(side, role) if policy.kind is Kind.TRUST]
    trusting = _may(trust, _ASSUME)
    if not trusting:
        hidden = any(not policy.known for policy in trust)
        reason = "is known after the apply only" if hidden else "is nobody, by its trust policy"
        return ["Who can assume ", *words.holder(role.holder), f" {reason}."]
    demands = words.joined([_unsaid(statement) or ["nothing more"] for statement in trusting], ", or ")
    asks = [" asks that ", *demands] if any(map(_unsaid, trusting)) else [" asks for nothing more"]
    return [
        *words.capital(words.joined([_who(statement) for statement in trusting], ", or ")),
        " can",
        *_doing(_own(side, role), _WRITING),
        ". For that it assumes ",
        *words.holder(role.holder),
        ", whose trust policy",
        *asks,
        ". ",
        *_other_side(instance, role),
    ]


def _besides(side: Side, actions: Sequence[str]) -> Iterator[Answer]:
    """Who else may do something with an object: by the bucket's own policy, and by the IAM of its account."""
    policies = _of_bucket(side)
    for rule in (rule for policy in policies for rule in policy.rules):
        statement = rule.statement
        if may := [action for action in actions if statement.may(action)]:
            done = words.listed(map(Code, may), "and")
            yield Answer(
                ["By the bucket's policy: ", *words.principals(statement), ", ", *done, " at ", *_where(statement), "."]
            )
    if any(not policy.known for policy in policies):
        yield Answer(["What the bucket's policy lets others do is known after the apply only."])
    walls = [
        rule.statement
        for policy in policies
        for rule in policy.rules
        if not rule.statement.allows
        and rule.statement.actions.cover(actions[0], ignore_case=True)
        and any(condition.is_about("aws:PrincipalArn") for condition in rule.statement.conditions)
    ]
    but = [", but for the bucket's policy, which denies it", *_when(walls)] if walls else []
    account = ["account ", Code(side.account)] if side.account else ["the bucket's account"]
    yield Answer(["In ", *account, ": whoever its own IAM lets", *but, "."])


def _denials(instance: Instance) -> Iterator[Answer]:
    for side in instance.s3_sides:
        policies = _of_bucket(side)
        denied = [rule.statement for policy in policies for rule in policy.rules if not rule.statement.allows]
        if denied:
            yield Answer(["By the bucket's policy, for"], [_deed(statement) for statement in denied])
        elif all(policy.known for policy in policies):
            yield Answer(["Nothing, by a policy of a bucket."])
        else:
            yield Answer(["What the bucket's policy denies is known after the apply only."])


def _of_bucket(side: Side) -> list[Policy]:
    return [policy for policy in side.policies if policy.holder.noun == "bucket"]


def _own(side: Side, role: Role) -> list[Policy]:
    return [policy for policy in _of(side, role) if policy.kind is Kind.IDENTITY]


def _rights(policies: Iterable[Policy]) -> list[Words]:
    """All that policies allow, each with its places and conditions."""
    policies = list(policies)
    allowed = [rule.statement for policy in policies for rule in policy.rules if rule.statement.allows]
    rights: list[Words] = [[*words.actions(one), " at ", *_where(one)] for one in allowed]
    hidden = [policy for policy in policies if not policy.known]
    return rights + [["what is known after the apply only, in ", *words.policy(policy)] for policy in hidden] or [
        ["nothing"]
    ]


def _bounds(side: Side, role: Role) -> Iterator[Answer]:
    """The most that a role may do, whatever its own policies allow."""
    boundary = side.boundary_of(role.holder)
    if boundary is not None:
        yield Answer(
            ["Its permissions boundary ", Code(boundary.name), " lets through no more than"], _rights([boundary])
        )
        if any(not rule.statement.allows for rule in boundary.rules):
            yield Answer(["The denials of that boundary, below, take some of it away."])
    elif role.boundary != "":
        yield Answer(["The permissions boundary of the role, which is not read here, may allow less."])


def _who(statement: Statement) -> Words:
    """Of a trust in a whole account, the one role that a condition picks, where it does."""
    named = [one for one in statement.conditions if one.is_about("aws:PrincipalArn")]
    if named and statement.asks_for("aws:PrincipalArn"):
        return ["whoever has the ARN ", *words.listed(map(Code, named[0].values), "or")]
    return words.principals(statement)


def _doing(policies: Sequence[Policy], verbs: Mapping[str, str]) -> Words:
    """What a role's policies allow of some actions in S3, each with its places and conditions."""
    if not any(policy.known for policy in policies):
        return [" do what is known after the apply only"]
    deeds: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for action, verb in verbs.items():
        for statement in _may(policies, action):
            deeds[tuple(_where(statement))].append(verb)
    deeds_in_words = [
        [*words.listed(dict.fromkeys(done), "and"), " to " if done == ["write"] else " at ", *where]
        for where, done in deeds.items()
    ]
    unable = ["not ", *words.listed(verbs.values(), "or"), ", by the policies that are known"]
    return [" ", *words.joined(deeds_in_words, "; ")] if deeds else unable


def _where(statement: Statement) -> Words:
    places = words.listed((Code(_short(resource)) for resource in statement.resources.values), "and")
    when = [", when ", *words.conditions(statement)] if statement.conditions else []
    return ["anything but " if statement.resources.inverted else "", *places, *when]


def _unsaid(statement: Statement) -> Words:
    """The conditions that `_who` has not said."""
    said = "aws:PrincipalArn" if statement.asks_for("aws:PrincipalArn") else ""
    return words.joined([words.condition(one) for one in statement.conditions if not one.is_about(said)], ", and ")


def _when(statements: Sequence[Statement]) -> Words:
    """The conditions of statements of which one is enough."""
    if all(not statement.conditions for statement in statements):
        return [" without a condition"]
    return [" when ", *words.joined([words.conditions(one) or ["always"] for one in statements], ", or ")]


def _other_side(instance: Instance, role: Role) -> Words:
    """What account A says to that."""
    if not instance.lambda_sides:
        return ["What the caller's own account says to that is not in this plan."]
    assuming = [
        rule.statement
        for side in instance.lambda_sides
        for rule in side.rules
        if rule.policy.kind is Kind.IDENTITY and rule.statement.may(_ASSUME) and _reaches(rule, role)
    ]
    if assuming:
        return ["Account A lets its function assume that role", *_when(assuming), "."]
    unknown = any(not policy.known for side in instance.lambda_sides for policy in side.policies)
    return [
        "Whether account A lets its function assume that role is known after the apply."
        if unknown
        else "No policy of account A in this plan lets its function assume that role."
    ]


def _reaches(rule: Rule, role: Role) -> bool:
    """Whether a statement of account A covers a role of account B, as far as its account is known."""
    holder, resources = role.holder, rule.statement.resources
    if holder.name is None:
        return False
    tail = f"role{holder.path}{holder.name}"
    return any(
        matches(value, f"{':'.join(value.split(':')[:4])}:{holder.account or value.split(':')[4]}:{tail}")
        if value.count(":") >= 5
        else matches(value, tail)
        for value in resources.values
    ) != (resources.inverted)


def _deed(statement: Statement) -> Words:
    return [*words.principals(statement), ": ", *words.actions(statement), *_when([statement])]


def _of(side: Side, role: Role) -> Iterator[Policy]:
    return (policy for policy in side.policies if policy.holder == role.holder)


def _may(policies: Iterable[Policy], action: str) -> list[Statement]:
    return [rule.statement for policy in policies for rule in policy.rules if rule.statement.may(action)]


def _short(arn: str) -> str:
    return arn.split(":", 5)[-1] if arn.count(":") >= 5 else arn
