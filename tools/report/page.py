"""The report as one page of HTML that needs nothing else: page.html.j2, whose autoescaping escapes all of the plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tools.report import findings, headline, verdict, words
from tools.report.plan import Plan
from tools.report.policy import Condition, Kind, Policy, Rule, raw_statements
from tools.report.words import Code, Words

# The order in which one reads a statement; a plan sorts the keys.
_READING_ORDER = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)


class _Part(NamedTuple):
    """A piece of a policy's JSON; a statement has an ``anchor``."""

    text: str
    anchor: str | None = None


def render(plan: Plan, source: str) -> str:
    """The page of a plan; ``source`` is what the reader calls the plan."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"inline": _inline, "breakable": _breakable}
    environment.tests |= {"identity": lambda kind: kind is Kind.IDENTITY, "rule": lambda at: isinstance(at, Rule)}
    environment.globals |= {"findings": findings, "headline": headline, "verdict": verdict, "words": words}
    environment.globals |= {"in_words_of_aws": _in_words_of_aws, "names_itself": _names_itself, "parts": _parts}
    return environment.get_template("page.html.j2").render(plan=plan, source=source).lstrip() + "\n"


def _names_itself(rule: Rule) -> bool:
    """A trust policy names no resource, and a key's policy names itself "*"."""
    policy = rule.policy
    of_key = policy.holder.noun == "KMS key" and rule.statement.resources.values == ("*",)
    return policy.kind is Kind.TRUST or of_key


def _in_words_of_aws(one: Condition) -> str:
    """Its operator and key; its values, where the plain words do not quote them."""
    quoted = set(one.values) <= set(words.condition(one))
    return f"{one.operator} {one.key}" + ("" if quoted else f" = {', '.join(one.values)}")


def _parts(policy: Policy) -> Iterator[_Part]:
    """The JSON of a policy, indented, each statement a part of its own."""
    document: Mapping[str, Any] = policy.document or {}
    others = "".join(f"  {_json(key)}: {_json(value, 2)},\n" for key, value in document.items() if key != "Statement")
    yield _Part("{\n" + others + '  "Statement": [\n')
    rules = policy.rules
    for rule, one in zip(rules, raw_statements(document), strict=True):
        comma = "," if rule.place < len(rules) else ""
        yield _Part(f"    {_json(_in_order(one), 4)}{comma}", rule.anchor)
    yield _Part("  ]\n}")


def _in_order(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    known = {key: statement[key] for key in _READING_ORDER if key in statement}
    return {**known, **statement}


def _json(value: Any, indent: int = 0) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + " " * indent)


def _inline(some: Words) -> Markup:
    code = Markup("<code>{}</code>")
    return Markup().join(code.format(_breakable(text)) if isinstance(text, Code) else escape(text) for text in some)


def _breakable(text: str) -> Markup:
    """A long name may go on in the next line between its parts."""
    return Markup("<wbr>").join(re.split(r"(?<=[:/])(?=[^:/])|(?<=[a-z])(?=[A-Z])", text))
