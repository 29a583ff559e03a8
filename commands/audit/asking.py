"""Asking the agencies how they found a round table."""

from collections.abc import Collection

from chat.context import Context, Reply
from commands.request import audience
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable


def offer(table: RoundTable, ctx: Context, *, but: Collection[str] = ()) -> set[str]:
    """Ask each agency that was there but these, in its own room, where no other sees its marks; gives those asked."""
    asked = set[str]()
    for agency in sorted({*roundtable.agencies_present(ctx.case, table)}.difference(but)):
        people = [m.user_id for m in ctx.case.present if m.agency == agency]
        asked |= {agency} if people else set()
        for channel in audience.channels(ctx.directory, agency, people):
            ctx.tell(channel, Reply("audit/offered", {"id": table.id, "ref": ctx.case.ref}, table.id))
    return asked
