"""An agency withdraws from a table."""

from pydantic import Field

from cases.case import AT_THE_TABLE
from cases.errors import Refusal
from cases.roles import Permission, Role
from chat import groups
from chat.arguments import AgencyName, Arguments, IfPreview, Text
from chat.context import Context, Reply, agency_channel, case_channel
from chat.registry import commands
from commands.withdrawal import rules as withdrawal

GROUP, PLACE = groups.CASE, 130


class Withdraw(Arguments):
    """Give up your agency's seat; another agency has what it still had to do."""

    preview: IfPreview | None = Field(None, title="preview", description="only show what would happen")
    because: Text = Field(title="a reason", description="why your agency leaves the table")
    owner: AgencyName = Field(title="an agency", description="which agency at the table has what is left to do")
    for_: AgencyName | None = Field(
        None, title="an agency", description="whose seat, if it is one of which nobody is left"
    )


@commands.command("withdraw", needs=Permission.TAKE_PART, example="!withdraw because: he is an adult now owner: social")
def withdraw(args: Withdraw, ctx: Context) -> Reply:
    """Let the agency go: its people leave the room, and hear so in their own, without content."""
    case = ctx.case
    ctx.require_somebody(args.owner)
    gone = _require_gone(args.for_, ctx) if args.for_ and args.for_ != ctx.actor.agency else None
    made = withdrawal.withdraw(
        case,
        because=args.because,
        owner=args.owner,
        by=ctx.actor,
        at=ctx.now,
        steers=lambda who: _coordinates(who, ctx),
        gone=gone,
    )
    facts: dict[str, object] = {"case": case, "withdrawal": made}
    if args.preview:
        line = f"withdraw because: {args.because} owner: {args.owner}" + (f" for: {gone}" if gone else "")
        raise Refusal("withdrawal/preview", **facts, on_yes=line)
    channel, agency = case_channel(case.ref), agency_channel(made.agency)
    for person in made.people:
        ctx.work.remove(channel, person)
    if ctx.work.find.room(agency):
        # Not as the case's: nobody there may read what is the case's any more.
        for page in ctx.voice(agency).message("withdrawal/told", {"ref": case.ref, "people": len(made.people)}):
            ctx.work.say(agency, page)
    return Reply("withdrawal/withdrawn", facts, None, ctx.at_table(made.owner))


def _require_gone(agency: str, ctx: Context) -> str:
    """Only who steers the case gives up another agency's seat, and only of one that could not do it itself."""
    if people := [person.user_id for person in ctx.directory.of_agency(agency, *AT_THE_TABLE)]:
        raise Refusal("withdrawal/somebody_left", agency=agency, people=people)
    if not ctx.steers:
        raise Refusal("withdrawal/not_steering", agency=agency, person=ctx.case.director)
    return agency


def _coordinates(person: str, ctx: Context) -> bool:
    known = ctx.directory.people.get(person)
    return known is not None and known.role is Role.COORDINATOR
