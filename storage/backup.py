"""A copy of an SQLite database while it is used: whole, of one moment, and readable by nobody else."""

import contextlib
import os
import sqlite3
from pathlib import Path

from storage.database import StoreProblemError


def back_up(source: Path, target: Path, *, mark: str | None = None) -> None:
    """Copy to a new file, 0600; ``mark`` is a table that the copy alone holds, so that it can be told from its source.

    It takes as long as the disk needs, and holds up no writer. Raises StoreProblemError when the source is missing or
    damaged, or the target exists or can't be written; what was begun is then gone again.
    """
    if not source.is_file():
        raise StoreProblemError(f"there is no store {source}")
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        try:
            with (
                contextlib.closing(sqlite3.connect(source)) as used,
                contextlib.closing(sqlite3.connect(unfinished)) as copy,
            ):
                # In one step: a reader of the write-ahead log sees one moment.
                used.backup(copy)
                copy.execute("PRAGMA journal_mode = delete")
                if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                    raise StoreProblemError(f"the store {source} is damaged: restore it from a backup")
                if mark is not None:
                    copy.execute(f'CREATE TABLE "{mark}" (of TEXT)')
                    copy.commit()
            with unfinished.open("rb") as written:
                os.fsync(written.fileno())
            # Fails when there is one already: no earlier copy is lost to a later, damaged store.
            os.link(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as problem:
        raise StoreProblemError(f"{target} can't be written: {os.strerror(problem.errno or 0)}") from None
    except sqlite3.Error as problem:
        raise StoreProblemError(f"the store {source} can't be copied: {problem.sqlite_errorname}") from None
