"""Actions on the board."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.action.rules import Action, State
from commands.board.parts import Entry, Offer, label, on_board

ACCEPT, DECLINE, DONE = label("Accept"), label("Decline"), label("Done")
GIVE_UP, LEFT, MOVE, HAND = label("Not possible"), label("Not carried out"), label("Move the date"), label("Hand over")


@on_board(20, "Actions", State, Offer(label("Propose an action"), "action", also=("how", "because")))
def list_actions(case: Case, now: datetime) -> Iterator[Entry]:
    """Each action, with what its agencies can say of it now."""
    for action in case.all(Action):
        if not action.withdrawn:
            yield Entry(
                action.id,
                action.state,
                action.outcome,
                action.waits_for if action.pending else action.owners,
                action.owner_person,
                action.due_at,
                first_due_at=action.first_due_at,
                late=action.pending and action.due_at < now,
                settled=not action.pending and action.state is not State.DECLINED,
                offers=tuple(_offers(action)),
            )


def _offers(action: Action) -> Iterator[Offer]:
    if action.pending:
        if waiting := action.unanswered:
            yield Offer(ACCEPT, "accept", action.id, waiting)
            yield Offer(DECLINE, "decline", action.id, waiting)
        yield Offer(DONE, "done", action.id, (action.owner,))
        yield Offer(MOVE, "move", action.id, (action.owner,))
    if action.pending or action.state is State.DECLINED:
        owners = (action.owner,) if action.pending else tuple(dict.fromkeys((action.owner, action.agency)))
        handing = tuple(dict.fromkeys((*action.owners, action.agency))) if action.declined_half else owners
        yield Offer(HAND, "hand", action.id, handing)
        yield Offer(GIVE_UP, "notpossible", action.id, owners)
        yield Offer(LEFT, "notdone", action.id, owners)
