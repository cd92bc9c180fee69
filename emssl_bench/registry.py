"""The methods by name. To add one, write its file and its line here.

Names map to strings, so that the command line can list methods without importing torch.
"""

import importlib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal

from emssl_bench.errors import InvalidValue, UnknownName
from emssl_bench.method import Method

METHODS = {
    "direct": "baselines.direct:DirectRegression",
    "distal": "baselines.distal:DistalSupervised",
    "cgan": "baselines.cgan:ConditionalGan",
    "emssl": "emssl_bench.emssl:Emssl",
}
"""In the order of the paper's Table II."""


def method_class(name: str) -> type[Method]:
    """The class behind a name.

    Raises:
        UnknownName: no method of that name.
    """
    if name not in METHODS:
        raise UnknownName("method", name, METHODS)
    module, _, attribute = METHODS[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def settings_of(name: str) -> dict[str, Any]:
    """The settings of a method and their types."""
    cls = method_class(name)
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def _type_of(name: str, key: str) -> Any:
    types_of = settings_of(name)
    if key not in types_of:
        raise UnknownName(f"setting of {name}", key, types_of)
    return types_of[key]


def configured(name: str, settings: Mapping[str, Any]) -> Method:
    """A method with settings; those not given keep their defaults.

    Raises:
        UnknownName: no such method, or no such setting.
        InvalidValue: a setting of the wrong type or outside what is allowed.
    """
    values = {key: _typed(f"{name}.{key}", value, _type_of(name, key)) for key, value in settings.items()}
    try:
        return method_class(name)(**values)
    except InvalidValue as error:
        raise InvalidValue(f"{name}.{error}") from None


def parsed(name: str, key: str, text: str) -> Any:
    """The value of a setting given as text, e.g. "20", "true", "512,256".

    Raises:
        UnknownName: no such method, or no such setting.
        InvalidValue: the text is no value of the setting's type.
    """
    return _from_text(f"{name}.{key}", text, _type_of(name, key))


def described(name: str) -> list[tuple[str, str, str, str]]:
    """The settings of a method: name, type, default, meaning."""
    types_of = settings_of(name)
    return [
        (f.name, _type_name(types_of[f.name]), str(f.default), f.metadata.get("help", ""))
        for f in fields(method_class(name))
        if f.default is not MISSING
    ]


def _from_text(what: str, text: str, kind: Any) -> Any:
    try:
        if typing.get_origin(kind) is tuple:
            element = typing.get_args(kind)[0]
            return tuple(_from_text(what, part, element) for part in text.split(",") if part)
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        if kind in (int, float):
            return _typed(what, kind(text), kind)
    except (ValueError, KeyError):
        raise InvalidValue(f"{what} must be {_type_name(kind)}, not {text!r}.") from None
    return _typed(what, text, kind)


def _typed(what: str, value: Any, kind: Any) -> Any:
    """The value as the setting's type, or an error that says what would be right."""
    origin = typing.get_origin(kind)
    if origin is Literal:
        if value not in typing.get_args(kind):
            raise InvalidValue(f"{what} must be {_type_name(kind)}, not {value!r}.")
        return value
    if origin is tuple and isinstance(value, (list, tuple)):
        return tuple(_typed(what, element, typing.get_args(kind)[0]) for element in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(kind, types.GenericAlias) and type(value) is kind:
        return value
    raise InvalidValue(f"{what} must be {_type_name(kind)}, not {value!r}.")


def _type_name(kind: Any) -> str:
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(typing.get_args(kind))
    if typing.get_origin(kind) is tuple:
        return "numbers joined by commas"
    return {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, str(kind))
