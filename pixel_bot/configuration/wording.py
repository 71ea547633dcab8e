"""Sentences for the errors of pydantic, in words that say what a setting must be."""

from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_WHOLE = {"int_parsing", "int_type", "int_from_float", "int_parsing_size"}
_RANGE = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
_FLOAT = {"float_parsing", "float_type", "finite_number"}


def sentence(error: ErrorDetails, field: FieldInfo | None) -> str:
    """What the setting must be, without the value, which may be a secret."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _WHOLE:
        return f"must be a whole number{_limits(field)}."
    if kind in _FLOAT or (kind in _RANGE and _is_float(field)):
        return f"must be a number like 1.5{_limits(field)}."
    if kind in _RANGE:
        return f"must be a whole number{_limits(field)}."
    if kind in {"bool_parsing", "bool_type"}:
        return "must be true or false."
    if kind == "literal_error":
        return f"must be {context.get('expected', '').replace(chr(39), '')}."
    if kind == "string_too_long":
        return f"must be at most {context.get('max_length')} characters long."
    if kind == "string_too_short":
        return "must not be empty."
    words = error["msg"].removeprefix("Value error, ")
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _is_float(field: FieldInfo | None) -> bool:
    return field is not None and field.annotation is float


def _limits(field: FieldInfo | None) -> str:
    """`` from 0 to 65,535``, as far as the field has limits."""
    low, above, high = (_limit(field, name) for name in ("ge", "gt", "le"))
    if above is not None:
        return f" above {above:,} and up to {high:,}" if high is not None else f" above {above:,}"
    if low is not None and high is not None:
        return f" from {low:,} to {high:,}"
    return ""


def _limit(field: FieldInfo | None, name: str) -> Any:
    found = [getattr(entry, name) for entry in (field.metadata if field is not None else []) if hasattr(entry, name)]
    return found[-1] if found else None
