"""Tables of cogs: declared as SQLAlchemy models, in the one metadata of all tables, anew whenever a cog is loaded."""

import enum
import re
import sys
from datetime import date, datetime, time
from typing import Annotated, Any, ClassVar, NamedTuple

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Time,
)
from sqlalchemy.orm import mapped_column, registry
from sqlalchemy.schema import sort_tables

from pixel_bot.configuration.cog_files import cog_name
from pixel_bot.db.json_type import AnyJson
from pixel_bot.db.models import BigInt, UtcDateTime
from pixel_bot.db.tables import COG_PREFIX, Base

ViewerId = Annotated[int, mapped_column(BigInt, ForeignKey("users.id"))]
"""A column that holds a viewer, as ``viewer.id``. It follows when two accounts are linked, and goes back later.

What makes it one is its foreign key: by that it is found in any table, also while its cog is not loaded.
"""

MAX_NAME = 63
"""Characters that PostgreSQL keeps of a name."""

_PORTABLE = (Boolean, Integer, String, DateTime, UtcDateTime, Date, Time, Float, LargeBinary, JSON, AnyJson, Enum)
_TYPES: dict[Any, Any] = {
    int: BigInt,
    str: Text(),
    bool: Boolean(),
    float: Double(),
    bytes: LargeBinary(),
    datetime: UtcDateTime(),
    date: Date(),
    time: Time(),
    dict[str, Any]: AnyJson(),
    list[Any]: AnyJson(),
    enum.Enum: Enum(enum.Enum, native_enum=False),
}
_MODEL = "model"
_KEPT_FOR = "cog"
"""In the info of a table of the bot: the cog that it is kept for."""
_registries: dict[str, registry] = {}


class CogModel:
    """A table of a cog, as a SQLAlchemy model: in the cog ``slots``, ``Jackpot(CogModel)`` is ``cog_slots_jackpot``.

    It is made when the cog is loaded, and is in every copy, backup and check. Columns are declared with ``Mapped`` and
    ``mapped_column``; whole numbers have 64 bits, times are aware and in UTC, ``dict[str, Any]`` is JSON.

    ``class Draw(CogModel, adopts="draws")`` is a table that the bot itself made before the cog had it, and that it has
    kept for the cog. Its columns are annotated and have no ``mapped_column``.
    """

    metadata: ClassVar[MetaData] = Base.metadata
    __table__: ClassVar[Table]
    __tablename__: ClassVar[str]

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no column {name}.")
            setattr(self, name, value)

    def __init_subclass__(cls, *, adopts: str = "", **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__abstract__" in vars(cls):
            return
        cog = cog_name(cls.__module__)
        if adopts:
            _adopt(cls, cog, adopts)
            return
        cls.__tablename__ = table_name(cog, cls.__name__)
        mapped_by = _registry_for(cog, cls)
        mapped_by.map_declaratively(cls)
        cls.__table__.info[_MODEL] = (cog, _place(cls))
        try:
            for column in cls.__table__.columns:
                _refuse_type(cls, column)
        except TypeError:
            Base.metadata.remove(cls.__table__)
            raise


def table_name(cog: str, model: str) -> str:
    """The table of a model: ``cog_slots_daily_win`` for ``DailyWin`` in the cog ``slots``.

    Raises:
        TypeError: the name is longer than PostgreSQL takes.
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", model).lower()
    name = f"{COG_PREFIX}{cog}_{words}".lower()
    if len(name) > MAX_NAME:
        raise TypeError(f"The table of {model} would be called {name}, which is too long. Give it a shorter name.")
    return name


def owner_of(table: Table) -> str:
    """The cog whose model the table is; an empty text for other tables."""
    return str(table.info[_MODEL][0]) if _MODEL in table.info else str(table.info.get(_KEPT_FOR, ""))


def models_of(cog: str) -> list[Table]:
    """The tables of the models that a cog has declared, those that others refer to first."""
    if cog not in _registries:
        return []
    own = [table for table in Base.metadata.tables.values() if _MODEL in table.info and owner_of(table) == cog]
    # To sort all tables would take longer than to load a cog.
    return sort_tables(sorted(own, key=lambda table: table.name)) if len(own) > 1 else own


def forget_models(cog: str) -> None:
    """Take a cog's models out of the metadata, as before they were declared. Its tables in the database stay."""
    for table in models_of(cog):
        Base.metadata.remove(table)
    _registries.pop(cog, None)


def _registry_for(cog: str, model: type[CogModel]) -> registry:
    """The registry that maps the model. A cog that is loaded again gets a fresh one: its old classes stay as they are.

    Raises:
        TypeError: another model has that table.
    """
    name = model.__tablename__
    there = Base.metadata.tables.get(name)
    if there is not None:
        owner, place = there.info.get(_MODEL, ("", None))
        if owner != cog or place is None or not place.is_of(_place(model)):
            who = f"by the cog {owner}" if owner != cog else f"in {place.module if place is not None else 'this bot'}"
            raise TypeError(
                f"The table {name} is declared already, {who}. Give the model {model.__name__} another name."
            )
        Base.metadata.remove(there)
        _registries.pop(cog, None)
    if cog not in _registries:
        _registries[cog] = registry(metadata=Base.metadata, type_annotation_map=_TYPES)
    return _registries[cog]


def _adopt(model: type[CogModel], cog: str, name: str) -> None:
    table = Base.metadata.tables.get(name)
    if table is None or table.info.get(_KEPT_FOR) != cog:
        raise TypeError(f"The table {name} is not kept for the cog {cog}. Leave `adopts` away to have one of its own.")
    model.__tablename__, model.__table__ = name, table
    registry(metadata=Base.metadata).map_imperatively(model, table)


class _Place(NamedTuple):
    """Where a model is declared."""

    module: str
    file: str
    name: str

    def is_of(self, other: "_Place") -> bool:
        """Whether the other one is the same model, declared anew.

        Its module is the same, or its file: a test may import a cog's module that the bot loads under another name, and
        have cogs of one name in two folders, one after the other.
        """
        return self.name == other.name and (self.module == other.module or self.file == other.file)


def _place(model: type[CogModel]) -> _Place:
    module = sys.modules.get(model.__module__)
    return _Place(model.__module__, getattr(module, "__file__", None) or model.__module__, model.__qualname__)


def _refuse_type(model: type[CogModel], column: Column[Any]) -> None:
    kind = column.type
    is_native = isinstance(kind, Enum) and kind.native_enum
    if (isinstance(kind, Numeric) and not isinstance(kind, Float)) or is_native or not isinstance(kind, _PORTABLE):
        advice = "Enum(..., native_enum=False)" if is_native else "int, str, bool, float, bytes, datetime or dict"
        raise TypeError(
            f"The column {column.name} of {model.__name__} has the type {type(kind).__name__}, which differs "
            f"between SQLite and PostgreSQL. Use {advice}."
        )
