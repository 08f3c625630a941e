"""Whatever arrives: an event is decoded or refused in one clear sentence, and no key leads out of its prefix."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from cross_account_s3.config import from_environment
from cross_account_s3.errors import InputError
from cross_account_s3.events import decode
from cross_account_s3.model import Event, PutRequest, SourceObject
from cross_account_s3.transfer import provenance
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests import golden
from tests.support.environment import HOLDS, every_way, function_variables, queue
from tests.writer import created, message

OBJECT_KEYS = ["{source_key}", "{source_bucket}/{content_hash}", "x{source_key}y/{hour}", "{year}/{message_id}.eml"]
MESSAGE_KEYS = ["{year}/{month}/{day}/{message_id}", "{content_hash}", "{year}/{message_id}.txt"]
SOURCES = every_way("source", "b", "acme-uploads", "acme-mail", mail={"bucket": "acme-mail", "prefix": "raw/"})
RULES = from_environment(function_variables("acme-inbound-mail", sources=SOURCES)).rules
# Keys as they may be: edges of the length, dots, slashes, control characters, surrogates, what encodings stumble over.
KEYS = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(categories=("Cs", "Cc", "Lu")), max_size=10),
    st.text("./\\%+ ", max_size=12),
    st.integers(1000, 1040).map(lambda length: "k" * length),
    st.integers(500, 520).map(lambda length: "é" * length),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), KEYS)
NAMES = st.one_of(
    st.sampled_from(
        [
            "Records",
            "eventSource",
            "EventSource",
            "s3",
            "Sns",
            "ses",
            "body",
            "key",
            "object",
            "detail",
            "source",
            "id",
            "time",
        ]
    ),
    st.text(max_size=5),
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4))


EVENTS = [case["event"] for _, case in golden.cases()]


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from _paths(inner, (*path, name))


@st.composite
def almost_events(draw: st.DrawFn) -> Any:
    """A golden event, with one of its values replaced."""
    event = copy.deepcopy(draw(st.sampled_from(EVENTS)))
    *path, last = draw(st.sampled_from([path for path in _paths(event) if path]))
    place = event
    for name in path:
        place = place[name]
    place[last] = draw(JSON)
    return event


def _decode(event: Any, **changed: Any) -> Event | None:
    """The event, or None when it was refused, as everything must be refused."""
    try:
        decoded = decode(event, dataclasses.replace(RULES, **changed))
    except InputError as error:
        _check_sentence(error)
        return None
    for item in decoded.messages:
        if item.error is not None:
            assert isinstance(item.error, InputError)
            _check_sentence(item.error)
        for request in item.requests:
            if isinstance(request, PutRequest) and decoded.direct:
                continue  # it names itself; the destination compares it with the prefixes
            _check_key(request.key)
    return decoded


def _check_sentence(error: InputError) -> None:
    text = str(error)
    field = " ".join(error.field.split())  # a text is one line, so it has the spaces of a name once
    assert text.startswith(f"input.{error.error_code}: {field} ")
    assert "\n" not in text
    assert len(text) < 500
    text.encode()  # can be written anywhere


def _check_key(key: str) -> None:
    assert 0 < len(key.encode()) <= 1024
    assert not any(ord(character) < 32 or ord(character) == 127 for character in key)
    assert not {".", ".."} & set(key.split("/"))


@settings(max_examples=400, deadline=None)
@given(st.one_of(JSON, almost_events()), st.sampled_from(OBJECT_KEYS), st.sampled_from(MESSAGE_KEYS))
@example({"  ": None}, "{source_key}", "{message_id}")
def test_any_event_is_decoded_or_refused_in_one_sentence(event: Any, object_key: str, message_key: str) -> None:
    _decode(event, object_key=object_key, message_key=message_key)


@settings(max_examples=300, deadline=None)
@given(KEYS, st.sampled_from(OBJECT_KEYS))
@example("../../etc/passwd", "{source_key}")
@example("a/./b", "{source_key}")
@example(".", "{source_key}")
@example("k" * 1018, "{source_key}")
def test_no_key_of_a_source_leads_out_of_the_prefix(key: str, template: str) -> None:
    encoded = quote_plus(key, errors="replace")
    record = created("source", encoded, etag="e")

    decoded = _decode({"Records": [record]}, object_key=template)

    if decoded is not None:
        [request] = decoded.messages[0].requests
        assert request.key.startswith("inbox/")
        assert template != "{source_key}" or request.key == f"inbox/{unquote_plus(encoded)}"


@settings(max_examples=200, deadline=None)
@given(KEYS, KEYS, st.sampled_from(MESSAGE_KEYS))
def test_no_id_of_a_message_leads_out_of_its_place(message_id: str, time: str, template: str) -> None:
    event = {
        "id": message_id,
        "source": "acme",
        "detail-type": "t",
        "detail": {},
        "time": time or "2026-02-03T04:05:06Z",
    }

    decoded = _decode(event, message_key=template)

    if decoded is not None:
        [request] = decoded.messages[0].requests
        assert request.key.startswith("inbox/")
        assert request.key.count("/") == template.count("/") + 1


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), JSON.map(json.dumps), almost_events().map(json.dumps)))
@example("[" * 10_000)
@example('{"Records":' * 10_000)
@example("x" * 1_000_000)
def test_a_message_is_archived_as_it_is_or_refused(body: str) -> None:
    decoded = _decode({"Records": [message("m", body)]})

    assert decoded is not None
    [item] = decoded.messages
    assert item.id == "m"
    assert [request.key for request in item.requests] == ([] if item.error else ["inbox/2026/02/03/m"])
    for request in item.requests:
        assert isinstance(request, PutRequest)
        assert request.body == body.encode()


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), JSON.map(json.dumps), almost_events().map(json.dumps)), st.sampled_from(HOLDS))
@example("[" * 10_000, "notifications")
@example('{"Records":' * 10_000, "events")
def test_a_message_of_any_queue_is_read_or_refused(body: str, holds: str) -> None:
    decoded = _decode({"Records": [message("m", body) | {"eventSourceARN": queue(holds)}]})

    assert decoded is not None
    assert [item.id for item in decoded.messages] == ["m"]


def test_an_event_nested_as_deep_as_python_takes_it_is_refused_in_one_sentence() -> None:
    detail: Any = {}
    for _ in range(100_000):
        detail = {"": detail}

    event = {"id": "1", "source": "acme", "detail-type": "t", "time": "2026-02-03T04:05:06Z", "detail": detail}
    assert _decode(event) is None


@settings(max_examples=300, deadline=None)
@given(KEYS, st.dictionaries(st.text("abc-", min_size=1, max_size=8), st.text("xyz", max_size=1000), max_size=4))
def test_provenance_is_ascii_and_fits(key: str, own: dict[str, str]) -> None:
    source = SourceObject("source", key.encode("utf-8", "replace").decode(), sequencer="0A")

    metadata = provenance.metadata(source, "v" * 32, own)

    assert own.items() <= metadata.items()
    assert all(value.isascii() for value in metadata.values())
    given_up = metadata == own
    size = sum(len(name) + len(value) for name, value in metadata.items())
    assert given_up or size <= 2048
    assert given_up == (provenance.order(source, metadata) is None)


HEXADECIMAL = st.text("0123456789abcdefABCDEF", min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["00", "5", "F"]), HEXADECIMAL, HEXADECIMAL)
@example("00", "A", "a00")
def test_sequencers_of_one_form_are_ordered_as_s3_says(form: str, one: str, other: str) -> None:
    one, other = form + one, form + other
    source = SourceObject("source", "a", sequencer=one)
    there = provenance.metadata(SourceObject("source", "a", sequencer=other), None, {})
    width = max(len(one), len(other))
    difference = int(other.ljust(width, "0"), 16) - int(one.ljust(width, "0"), 16)

    order = provenance.order(source, there)

    assert order == (difference > 0) - (difference < 0)


@settings(max_examples=100, deadline=None)
@given(HEXADECIMAL)
@example("FFFF")
def test_sequencers_of_two_forms_are_not_compared(other: str) -> None:
    """S3's documentation has 18 digits that begin with 00, and 16 that do not, for the same moment."""
    source = SourceObject("source", "a", sequencer="00617F08299329D189")
    there = provenance.metadata(SourceObject("source", "a", sequencer=f"6{other}"), None, {})

    assert provenance.order(source, there) is None


def test_a_sequencer_that_is_longer_than_any_of_s3_is_not_compared() -> None:
    source = SourceObject("source", "a", sequencer="00617F08299329D189")

    for theirs in ("00" + "F" * 31, "00 FF", "00ü"):
        assert provenance.order(source, {"source-object": "s3://source/a", "source-sequencer": theirs}) is None
