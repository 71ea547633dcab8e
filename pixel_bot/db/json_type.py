"""A JSON column type that reads as None where the text is no JSON, as after an edit by hand."""

from typing import Any

import orjson
from sqlalchemy import JSON, Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType
from typing_extensions import override


class PlainText(UserDefinedType[str]):
    """A column declared as another type whose text is passed through unchanged. A copy of it knows what it holds."""

    cache_ok = True

    def __init__(self, declared: str) -> None:
        self.declared = declared

    @override
    def get_col_spec(self, **_: Any) -> str:
        """The type's name in DDL."""
        return self.declared


def read_json(value: Any) -> Any:
    """JSON as a raw row has it: text from SQLite, a value from elsewhere; None for what is no JSON."""
    if not isinstance(value, str | bytes):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return None


class AnyJson(TypeDecorator[Any]):
    """A JSON column that reads as None where the text is no JSON; one such row must not stop the queue."""

    impl = JSON
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(PlainText("JSON") if dialect.name == "sqlite" else JSON())

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return orjson.dumps(value).decode() if dialect.name == "sqlite" else value

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return read_json(value) if dialect.name == "sqlite" else value
