"""Taking a whole case off the file, with its key: what is left of it anywhere can't be read any more."""

from sqlalchemy import delete

from storage import tables
from storage.find import SET_ASIDE
from storage.work import Work


def forget(work: Work, ref: str) -> None:
    """Let a case go, and what still waits to be said of it; its reference is never given again.

    What stands in the audit log stays: who did what and when, and no content.
    """
    o = tables.outbox.c
    work.session.execute(delete(tables.outbox).where(o.scope == ref, o.sent_at.is_(None)))
    work.session.execute(delete(tables.cases).where(tables.cases.c.ref == ref))
    work.session.execute(delete(tables.case_keys).where(tables.case_keys.c.scope == ref))
    work.keep(SET_ASIDE + ref, "")
    work.find.taken.pop(ref, None)
    work.forgotten.append(ref)
