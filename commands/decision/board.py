"""Decisions on the board, with where each agency stands."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.board.parts import Entry, Offer, label, on_board
from commands.decision.rules import Decision, Stance, positions_on, silent_on

AGREE, DISSENT = label("We agree"), label("We dissent")
AGREED, DISPUTED, ASKED = "agreed by all", "with dissent", "waits for positions"
NOT_SAID = "has not said"


@on_board(
    30,
    "Decisions",
    (ASKED, DISPUTED, AGREED, *Stance, NOT_SAID),
    Offer(label("Put a decision"), "decide", also=("review",)),
)
def list_decisions(case: Case, now: datetime) -> Iterator[Entry]:
    """Each decision; it waits for the agencies that have not said where they stand."""
    for decision in case.all(Decision):
        if decision.withdrawn:
            continue
        silent, told = tuple(silent_on(case, decision)), positions_on(case, decision)
        stances = {stance: tuple(a for a, p in told.items() if p.stance is stance) for stance in Stance}
        positions = ((Stance.AGREES, stances[Stance.AGREES]), (Stance.DISSENTS, stances[Stance.DISSENTS]))
        yield Entry(
            decision.id,
            ASKED if silent else DISPUTED if stances[Stance.DISSENTS] else AGREED,
            decision.text,
            silent,
            due_at=decision.review_at,
            settled=not silent,
            positions=tuple((word, agencies) for word, agencies in (*positions, (NOT_SAID, silent)) if agencies),
            offers=tuple(_offers(case, decision, stances)),
        )


def _offers(case: Case, decision: Decision, stances: dict[Stance, tuple[str, ...]]) -> Iterator[Offer]:
    for name, command, stance in ((AGREE, "agree", Stance.AGREES), (DISSENT, "dissent", Stance.DISSENTS)):
        others = tuple(agency for agency in case.seats if agency not in stances[stance])
        if others:
            yield Offer(name, command, decision.id, others)
