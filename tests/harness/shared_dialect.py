"""One SQLite dialect and one cache of compiled statements for all databases that a process of tests opens.

SQLAlchemy keeps both with each engine. Where each test has a database of its own, compiling the same statements anew
takes a tenth of the tests' time.
"""

from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.util import LRUCache
from typing_extensions import override

_compiled = LRUCache[Any, Any](2_000)


class _OneOfAKind(type):
    """Makes one dialect for each set of options."""

    _made: dict[str, Any] = {}  # noqa: RUF012 - of the metaclass itself, so for all

    @override
    def __call__(cls, **options: Any) -> Any:
        kind = repr(sorted((name, repr(value)) for name, value in options.items() if name != "dbapi"))
        if kind not in cls._made:
            cls._made[kind] = super().__call__(**options)
        return cls._made[kind]


class SharedDialect(SQLiteDialect_aiosqlite, metaclass=_OneOfAKind):
    """SQLAlchemy's own dialect, which asks the database about itself once."""

    supports_statement_cache = True
    _is_ready = False

    @override
    def initialize(self, connection: Connection) -> None:
        if not self._is_ready:
            super().initialize(connection)
            self._is_ready = True

    @classmethod
    @override
    def engine_created(cls, engine: Engine) -> None:
        engine._compiled_cache = _compiled


def share_dialect() -> None:
    """From now on databases share them."""
    registry.register("sqlite.aiosqlite", __name__, SharedDialect.__name__)
