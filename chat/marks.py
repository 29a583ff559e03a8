"""What stands first in all that is said and filed of some cases, such as that nothing of it is real."""

from collections.abc import Callable

from cases.case import Case

Mark = Callable[[Case], str | None]
"""The template of the mark, one line; None: the case has none."""
_marks: list[Mark] = []


def marks(find: Mark) -> Mark:
    """Have what this finds stand first in each message, question and paper of a case."""
    _marks.append(find)
    return find


def mark_of(case: Case) -> str | None:
    """The template of a case's mark, if it has one."""
    return next(filter(None, (find(case) for find in _marks)), None)
