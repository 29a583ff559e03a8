"""The phase of a case on the board, and the way on."""

from datetime import datetime

from cases.case import Case
from cases.gates import Phase
from commands.board.parts import Head, Offer, above_board, label
from commands.phase import rules as phases

GO_ON = label("Go on to the next phase")


@above_board
def tell_phase(case: Case, now: datetime) -> Head:
    """The phase and whose move it is; without the days of silence, which change by themselves."""
    standing = phases.standing(case, now)._replace(silent=[])
    goes_on = not standing.lacks and standing.after is not Phase.CLOSED
    return Head("phase/line", {"standing": standing}, (Offer(GO_ON, "phase", said=standing.after),) if goes_on else ())
