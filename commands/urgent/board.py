"""Urgent calls on the board."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.board.parts import Entry, Offer, label, on_board
from commands.urgent.rules import SILENCE, Urgent, is_silent

NOBODY, ON_IT, UNEXPLAINED, EXPLAINED = "nobody is on it", "somebody is on it", "reason asked for", "explained"
TAKE, EXPLAIN = label("I am on it"), label("Say why")


@on_board(50, "Urgent calls", (NOBODY, ON_IT, UNEXPLAINED, EXPLAINED), Offer(label("Call for help"), "urgent"))
def list_urgent_calls(case: Case, now: datetime) -> Iterator[Entry]:
    """Each call, until whoever called has said why."""
    for one in case.all(Urgent):
        if one.withdrawn:
            continue
        state = _state(one, now)
        due_at = {NOBODY: one.called_at + SILENCE, UNEXPLAINED: one.explain_at}.get(state)
        yield Entry(
            one.id,
            state,
            one.what,
            (one.agency,) if state == UNEXPLAINED else (),
            one.taken_by,
            due_at,
            late=state == UNEXPLAINED or is_silent(one, now),
            settled=state == EXPLAINED,
            offers=tuple(_offers(one, state)),
        )


def _state(one: Urgent, now: datetime) -> str:
    if one.reason is not None:
        return EXPLAINED
    if now >= one.explain_at:
        return UNEXPLAINED
    return NOBODY if one.waits else ON_IT


def _offers(one: Urgent, state: str) -> Iterator[Offer]:
    if state == NOBODY:
        yield Offer(TAKE, "onit", one.id)
    elif state != EXPLAINED:
        yield Offer(EXPLAIN, "reason", one.id, (one.agency,))
