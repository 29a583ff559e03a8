"""Statements that are asked with each command: put into words once, and then executed by the driver's own cursor.

What SQLAlchemy does around each takes ten times as long as SQLite takes for it.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert, Update, UpdateBase

from storage.known import WATCHED

Process = Callable[[Any], Any] | None


@dataclass(frozen=True, repr=False)
class _Worded:
    """A statement in the words of one kind of database."""

    text: str
    order: tuple[str, ...] | None
    """The names of what is given, where it is given by its place."""
    fixed: Mapping[str, object]
    """What is always given."""
    given: Mapping[str, Process]
    """What becomes of a value before it is handed over."""
    found: tuple[Process, ...]
    """And of what comes back, column by column."""

    def fill(self, values: Mapping[str, object]) -> Any:  # noqa: ANN401 as the driver wants it
        """What is handed over to the driver."""
        filled = {
            name: values[name] if process is None else process(values[name]) for name, process in self.given.items()
        }
        filled |= self.fixed
        return filled if self.order is None else tuple(filled[name] for name in self.order)


class Statement:
    """A statement of Core; of an insert and an update ``columns`` are those that are given a value."""

    def __init__(self, core: Select[*tuple[Any, ...]] | Insert | Update | UpdateBase, *columns: str) -> None:
        """Raises ValueError for one that changes what memory knows, and would not be told."""
        if isinstance(core, UpdateBase) and getattr(core.table, "name", "") in WATCHED:
            raise ValueError("memory must be told of it")
        self._core = core.inline() if isinstance(core, Insert | Update) else core
        self._columns = columns or None
        self._worded: dict[str, _Worded] = {}
        self._row: Any = None
        if isinstance(core, Select):
            self._row = namedtuple("Row", [column.key for column in core.selected_columns])  # type: ignore[misc] # noqa: PYI024 made of what is asked

    def run(self, connection: Connection, values: Mapping[str, object]) -> None:
        """Execute it; raises what SQLAlchemy would."""
        self._execute(connection, values)

    def run_each(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Execute it for each of these."""
        for row in rows:
            self._execute(connection, row)

    def all(self, connection: Connection, values: Mapping[str, object]) -> list[Any]:
        """Its rows, by the names of their columns."""
        worded, rows = self._execute(connection, values)
        if any(worded.found):
            rows = [
                [value if process is None else process(value) for process, value in zip(worded.found, row, strict=True)]
                for row in rows
            ]
        return [self._row._make(row) for row in rows]

    def first(self, connection: Connection, values: Mapping[str, object]) -> Any:  # noqa: ANN401 a row
        """The first of its rows, or None."""
        return next(iter(self.all(connection, values)), None)

    def _execute(self, connection: Connection, values: Mapping[str, object]) -> tuple[_Worded, Sequence[Any]]:
        dialect = connection.dialect
        worded = self._worded.get(dialect.name)
        if worded is None:
            worded = self._worded[dialect.name] = self._word(dialect)
        driven = connection.connection
        cursor = driven.cursor()
        try:
            cursor.execute(worded.text, worded.fill(values))
            return worded, cursor.fetchall() if self._row else []
        except Exception as problem:
            raise _explained(connection, problem, worded.text, cursor) from problem
        finally:
            cursor.close()

    def _word(self, dialect: Dialect) -> _Worded:
        compiled = self._core.compile(dialect=dialect, column_keys=self._columns)
        fixed, given = dict[str, object](), dict[str, Process]()
        for name, value in compiled.params.items():
            bind = compiled.binds[name]
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if bind.required or name in (self._columns or ()):
                given[name] = process
            else:
                fixed[name] = value if process is None else process(value)
        columns = self._core.selected_columns if isinstance(self._core, Select) else ()
        found = tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
        order = tuple(compiled.positiontup or ()) if compiled.positional else None
        return _Worded(str(compiled), order, fixed, given, found)


def run_text(connection: Connection, text: str) -> None:
    """Execute a text that is given nothing and gives nothing; raises what SQLAlchemy would."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text)
    except Exception as problem:
        raise _explained(connection, problem, text, cursor) from problem
    finally:
        cursor.close()


def _explained(connection: Connection, problem: Exception, text: str, cursor: Any) -> BaseException:  # noqa: ANN401 the driver's
    """What goes wrong in the driver, as SQLAlchemy raises it; a connection that is lost is given up."""
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    if not isinstance(problem, base):
        return problem
    lost = dialect.is_disconnect(problem, connection.connection.dbapi_connection, cursor)
    told = DBAPIError.instance(text, None, problem, base, hide_parameters=True, connection_invalidated=lost)
    if lost:
        connection.invalidate(problem)
    return told
