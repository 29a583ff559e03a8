"""Decisions on the board, with where each agency stands."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.board.parts import Entry, Offer, label, on_board
from commands.decision.rules import Decision, Stance, positions_on, silent_on, taken

AGREE, DISSENT = label("We agree"), label("We dissent")
PROPOSED, NOT_CARRIED = "proposed", "not carried"
TAKEN, DISPUTED, AGREED = "taken, positions missing", "taken with dissent", "agreed by all"
NOT_SAID = "has not said"


@on_board(
    30,
    "Decisions",
    (PROPOSED, NOT_CARRIED, TAKEN, DISPUTED, AGREED, *Stance, NOT_SAID),
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
            _standing(taken(case, decision) is not None, silent, stances[Stance.DISSENTS]),
            decision.text,
            due_at=decision.review_at,
            settled=not silent and taken(case, decision) is not None,
            positions=tuple((word, agencies) for word, agencies in (*positions, (NOT_SAID, silent)) if agencies),
            offers=tuple(_offers(case, decision, stances)),
        )


def _standing(is_taken: bool, silent: tuple[str, ...], dissent: tuple[str, ...]) -> str:  # noqa: FBT001 a fact
    if not is_taken:
        return PROPOSED if silent else NOT_CARRIED
    return TAKEN if silent else DISPUTED if dissent else AGREED


def _offers(case: Case, decision: Decision, stances: dict[Stance, tuple[str, ...]]) -> Iterator[Offer]:
    for name, command, stance in ((AGREE, "agree", Stance.AGREES), (DISSENT, "dissent", Stance.DISSENTS)):
        others = tuple(agency for agency in case.seats if agency not in stances[stance])
        if others:
            yield Offer(name, command, decision.id, others)
