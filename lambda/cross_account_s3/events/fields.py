"""Fields of an event, which come from outside: each is checked as it is read, and named when it is wrong."""

from __future__ import annotations

from collections.abc import Mapping

from cross_account_s3.errors import InputError


class Fields:
    """A JSON object of an event; ``path`` is where it stands.

    Raises:
        InputError: what is read is not of the kind that was asked for.
    """

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, dict):
            raise InputError("invalid_event", path or "the event", f"must be an object, not {kind(value)}")
        self.value: Mapping[str, object] = value
        self._path = path

    def has(self, *names: str) -> bool:
        return all(map(self.value.__contains__, names))

    def fields(self, name: str) -> Fields:
        return Fields(self.value.get(name), self.path(name))

    def each(self, name: str) -> list[Fields]:
        """The objects of an array that is not empty."""
        values = self.value.get(name)
        if not isinstance(values, list):
            raise InputError("invalid_event", self.path(name), f"must be an array of objects, not {kind(values)}")
        if not values:
            raise InputError("invalid_event", self.path(name), "must not be empty")
        return [Fields(value, f"{self.path(name)}[{number}]") for number, value in enumerate(values)]

    def text(self, name: str) -> str:
        """A string that is not empty."""
        value = self.value.get(name)
        if not isinstance(value, str) or not value:
            raise InputError("invalid_event", self.path(name), f"must be a string that is not empty, not {kind(value)}")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self.value.get(name) is None else self.text(name)

    def path(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def kind(value: object) -> str:
    """What a JSON value is, in JSON's words."""
    if value is None:
        return "null"
    if value == "":
        return "an empty string"
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return kinds.get(type(value), "an object")
