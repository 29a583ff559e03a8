"""Which case an agency means that answers in its own room, where it may be asked in several."""

from cases.case import Case
from cases.errors import Refusal
from cases.roles import Place
from chat.context import Context


def find_case(kind: str, record_id: str, ctx: Context, refused: str = "request/which_case") -> Case:
    """The case of this room or of the card, else the only one with such an item of the agency; it is open from now on.

    ``kind``: of the item. Raises Refusal with the code ``refused``. An id that the agency was asked in several cases
    tells nothing, even if only one of them waits: what is meant to add to an earlier answer must not reach another
    table. Cases whose table this person has left don't count, unless there is no other.
    """
    if ctx.open_case is None or (ctx.place is not Place.CASE and ctx.card != record_id):
        refs = ctx.work.find.cases_where(kind, ctx.actor.agency, record_id)
        if len(refs) > 1:
            left = {case.ref for case in ctx.work.find.cases(refs) if case.has_left(ctx.actor.user_id)}
            refs = [ref for ref in refs if ref not in left] or refs
        case = ctx.work.find.case(refs[0]) if len(refs) == 1 else None
        if case is None:
            raise Refusal(refused, id=record_id, refs=refs)
        ctx.open_case = case
    return ctx.open_case
