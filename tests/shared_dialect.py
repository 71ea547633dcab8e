"""One cache of compiled statements for all SQLite databases that a process of tests opens.

SQLAlchemy keeps one with each engine. Where each test has a database of its own, compiling the same statements anew
takes a tenth of the tests' time.
"""

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.util import LRUCache
from typing_extensions import override

_compiled = LRUCache[Any, Any](2_000)
_types = WeakKeyDictionary[Any, Any]()
"""How values of each type are read and written."""

_learnt: dict[str, Any] = {}
"""What the first dialect has asked a database about SQLite."""


class SharedDialect(SQLiteDialect_aiosqlite):
    """SQLAlchemy's own dialect, one for each engine as before, because engines keep their listeners in it.

    Keys of the caches hold the dialect; there each is as good as another.
    """

    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        vars(self)["_type_memos"] = _types

    @override
    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    @override
    def __hash__(self) -> int:
        return hash(type(self))

    @override
    def initialize(self, connection: Connection) -> None:
        if not _learnt:
            before = dict(vars(self))
            super().initialize(connection)
            _learnt.update({name: value for name, value in vars(self).items() if before.get(name) is not value})
        vars(self).update(_learnt)

    @classmethod
    @override
    def engine_created(cls, engine: Engine) -> None:
        engine._compiled_cache = _compiled


def share_dialect() -> None:
    """From now on databases share it."""
    registry.register("sqlite.aiosqlite", __name__, SharedDialect.__name__)
