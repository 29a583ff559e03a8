"""What closing a case asks for that a concept may have on file already, such as whether the person was informed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases.case import Case

INFORMED = "informed"
"""Whether the person was told, or why not."""
_checks: dict[str, list[Callable[[Case], bool]]] = {}


def checks_closing(what: str) -> Callable[[Callable[[Case], bool]], Callable[[Case], bool]]:
    """Let this say whether what closing asks for is on file, so that it need not be typed again."""

    def register(check: Callable[[Case], bool]) -> Callable[[Case], bool]:
        _checks.setdefault(what, []).append(check)
        return check

    return register


def is_on_file(case: Case, what: str) -> bool:
    """Whether a concept has it on file."""
    return any(check(case) for check in _checks.get(what, ()))
