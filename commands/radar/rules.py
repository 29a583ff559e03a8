"""The nightly sweep: each open case has a director, a next review, and a sign of life (practice, section 1)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.case import REROOMED

if TYPE_CHECKING:
    from datetime import datetime

    from cases.case import Case

SIGN_OF_LIFE = timedelta(days=14)
COMES_WITHIN = timedelta(days=7)
"""Of an invitation. An account that is gone is often still invited without an error, and waited for in vain."""


class Finding(StrEnum):
    """What is missing; content-free, since it is reported outside the case room."""

    NO_DIRECTOR = "no director"
    NO_NEXT_REVIEW = "no next review"
    SILENT = "no sign of life"
    NOT_COME = "somebody has not come"


def sweep(case: Case, now: datetime, *, repeats: bool = False) -> list[Finding]:
    """What is missing from an open case; ``repeats``: in its scheme a case comes back instead of being reviewed."""
    if case.closed:
        return []
    findings = []
    if case.director is None or not case.is_member(case.director):
        findings.append(Finding.NO_DIRECTOR)
    if not repeats and (case.next_review is None or case.next_review < now):
        findings.append(Finding.NO_NEXT_REVIEW)
    if now - case.last_sign_of_life > SIGN_OF_LIFE:
        findings.append(Finding.SILENT)
    asked_again = max((step.at for step in case.steps if step.what is REROOMED), default=case.opened_at)
    waited_for = (max(m.invited_at, asked_again) for m in case.present if m.joined_at is None)
    if any(now - since > COMES_WITHIN for since in waited_for):
        findings.append(Finding.NOT_COME)
    return findings
