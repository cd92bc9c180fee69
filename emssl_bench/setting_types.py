"""The types that settings of methods and tasks have: values as text, checked, and named for a message."""

import types
import typing
from typing import Any, Literal

from emssl_bench.exceptions import InvalidValue, quoted, shortened
from emssl_bench.system.numerals import number, whole_number


def from_text(what: str, text: str, kind: Any) -> Any:
    """The value that a text such as "20", "true" or "512,256" stands for.

    Args:
        what: the setting's name, for a message.
        text: as given on the command line.
        kind: the setting's type.

    Raises:
        InvalidValue: it is no value of that type.
    """
    try:
        if typing.get_origin(kind) is tuple:
            element = typing.get_args(kind)[0]
            return tuple(from_text(what, part, element) for part in text.split(",") if part)
        if typing.get_origin(kind) is Literal:
            return {str(choice): choice for choice in typing.get_args(kind)}[text]
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        if kind in (int, float):
            return typed(what, whole_number(text) if kind is int else number(text), kind)
    except (ValueError, KeyError):
        raise InvalidValue(f"{what} must be {type_name(kind)}, not {quoted(text)}.") from None
    return typed(what, text, kind)


def typed(what: str, value: Any, kind: Any) -> Any:
    """The value as the setting's type.

    Raises:
        InvalidValue: it is of another type; says what would be right.
    """
    origin = typing.get_origin(kind)
    if origin is Literal:
        if value not in typing.get_args(kind):
            raise InvalidValue(f"{what} must be {type_name(kind)}, not {shortened(repr(value))}.")
        return value
    if origin is tuple and isinstance(value, (list, tuple)):
        return tuple(typed(what, element, typing.get_args(kind)[0]) for element in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(kind, types.GenericAlias) and type(value) is kind:
        return value
    raise InvalidValue(f"{what} must be {type_name(kind)}, not {shortened(repr(value))}.")


def is_kind(kind: Any) -> bool:
    """Whether it is a type that a setting can have."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    return kind in (int, float, bool, str) or origin is Literal or (origin is tuple and is_kind(arguments[0]))


def type_name(kind: Any) -> str:
    """What a value of the type is, in words."""
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, typing.get_args(kind)))
    if typing.get_origin(kind) is tuple:
        element = typing.get_args(kind)[0]
        return ("numbers" if element in (int, float) else f"{type_name(element)}, several") + " joined by commas"
    return {int: "a whole number", float: "a number", bool: "true or false", str: "text"}.get(kind, str(kind))
