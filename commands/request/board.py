"""Questions on the board; never their answers, which may be for some only."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.board.parts import Entry, Offer, label, on_board
from commands.request.rules import NARROWABLE, Request, State

ANSWER, PARTLY, NOTHING = label("Answer"), label("Answer in part"), label("We hold nothing")
REFUSE, MORE_TIME = label("Can’t share"), label("Need more time")
NARROW, DROP = label("Ask more narrowly"), label("Take back")


@on_board(10, "Questions", State, Offer(label("Ask a question"), "request", also=("by",)))
def list_asked(case: Case, now: datetime) -> Iterator[Entry]:
    """Each question, with what the agency that was asked can say, and the one that asks."""
    for asked in case.all(Request):
        if not asked.withdrawn:
            yield Entry(
                asked.id,
                asked.state,
                asked.question,
                (asked.to_agency,),
                asked.to_person,
                asked.due_at,
                late=asked.waiting and asked.due_at < now,
                settled=not asked.waiting,
                offers=tuple(_offers(asked)),
            )


def _offers(asked: Request) -> Iterator[Offer]:
    to, by = (asked.to_agency,), (asked.agency,)
    # What everybody in the room would hear is offered only where everybody may.
    if asked.waiting and not asked.seen_by:
        yield Offer(ANSWER, "answer", asked.id, to)
        yield Offer(PARTLY, "partly", asked.id, to)
        yield Offer(NOTHING, "nothing", asked.id, to)
        yield Offer(REFUSE, "refuse", asked.id, to)
        yield Offer(MORE_TIME, "moretime", asked.id, to)
    if asked.state in NARROWABLE:
        yield Offer(NARROW, "narrow", asked.id, by)
    if asked.waiting or asked.state is State.REFUSED:
        yield Offer(DROP, "drop", asked.id, by)
