"""Which account runs which schemes: claimed when its bot starts, so that no two accounts ever speak for one case."""

from sqlalchemy import select, update

from storage import tables
from storage.account import Account
from storage.database import StoreProblemError
from storage.find import Find
from storage.store import Store

_EVERYBODY = select(tables.accounts.c.user_id, tables.accounts.c.schemes)


class SchemeTakenError(StoreProblemError):
    """Another account runs a scheme that this one is to run."""


def claim(store: Store) -> None:
    """Begin a new term of the store's account, which ends every earlier one, and claim its schemes.

    To be called by the one process that holds the account. Raises SchemeTakenError, with nothing changed.
    """
    a, ours = tables.accounts, store.account
    with store.update() as session:
        for row in session.execute(_EVERYBODY):
            other = Account(row.user_id, row.schemes)
            if other.user_id != ours.user_id and (shared := _shared(other, ours)):
                raise SchemeTakenError(
                    f"{other.user_id} runs {shared} on this database: name in each bot's house.schemes what it "
                    "runs, and start the one that gives a scheme up before the one that takes it over"
                )
        term = {"schemes": ours.schemes, "term": a.c.term + 1}
        changed = update(a).where(a.c.user_id == ours.user_id).values(term).returning(a.c.term)
        store.term = session.scalar(changed)


def release(store: Store, user_id: str) -> bool:
    """Let other accounts run the schemes of one that is gone for good; gives whether there is such an account."""
    a = tables.accounts
    with store.update() as session:
        found = session.scalar(update(a).where(a.c.user_id == user_id).values(schemes=()).returning(a.c.user_id))
    return found is not None


def unclaimed(find: Find) -> list[str]:
    """The schemes of open cases that no account runs: nobody answers there, and nothing is said by itself."""
    c = tables.cases.c
    if find.account.schemes is None:
        return []
    accounts = [Account(row.user_id, row.schemes) for row in find.rows(_EVERYBODY)]
    schemes = find.all(select(c.scheme).distinct().where(~c.closed).order_by(c.scheme))
    return [scheme for scheme in schemes if not any(account.runs(scheme) for account in accounts)]


def _shared(other: Account, ours: Account) -> str:
    """What both would run; empty: nothing."""
    if other.schemes is not None and ours.schemes is not None:
        return ", ".join(scheme for scheme in ours.schemes if other.runs(scheme))
    nothing = () in {other.schemes, ours.schemes}
    return "" if nothing else "every scheme" if other.schemes is None else ", ".join(other.schemes)
