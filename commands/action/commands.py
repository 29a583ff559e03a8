"""Actions: proposed to an agency, owned once it accepts, ended in words."""

from collections.abc import Collection

from pydantic import Field

from cases.case import Case
from cases.record import one_of
from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, Rest, RestWhen, Text, To
from chat.context import Context, Reply
from chat.registry import commands
from commands.action import rules as action
from commands.action import wording
from commands.action.proposing import Propose, accept_by, put_action, still_to_accept, told_of
from commands.action.rules import Action
from commands.caseload.several import are_several, do_in_each
from commands.ids import ActionId, References
from commands.overview.lines import part_of_status
from commands.proposal.answers import answer_proposals

GROUP, PLACE = groups.ACT, 20
MOST_SHOWN = 3


class ProposeInCases(Propose):
    """Propose an action to an agency or person, with a date."""

    cases: References | None = Field(None, title="a list of cases", description="in the coordination room: K7QF, M3XP")


class TellItGoesOn(Arguments):
    """Tell that an action is on its way, before a table."""

    id: ActionId = Field(title="A-1", description="which action")


class Finish(Arguments):
    """Tell that an action is done, and how it went."""

    id: ActionId = Field(title="A-1", description="which action")
    note: Rest = Field(title="a note", description="how it went")


class GiveUp(Arguments):
    """Tell that an action can't be done any more, and why."""

    id: ActionId = Field(title="A-1", description="which action")
    why: Rest = Field(title="a reason", description="what made it impossible")


class LeaveUndone(Arguments):
    """Tell that an action was not carried out, and why."""

    id: ActionId = Field(title="A-1", description="which action")
    why: Rest = Field(title="a reason", description="why it was not carried out")


class Move(Arguments):
    """Change the date of an action, with the reason."""

    id: ActionId = Field(title="A-1", description="which action")
    until: RestWhen = Field(title="a date", description="the new date")
    because: Text = Field(title="a reason", description="why the date changes")


class CheckHarm(Arguments):
    """Say if an action could do harm, and what then."""

    id: ActionId = Field(title="A-1", description="which action")
    worse: Rest = Field(title="a text", description="how it could make things worse, and what then; or why not")


class Hand(Arguments):
    """Hand an action to somebody else, with the reason."""

    id: ActionId = Field(title="A-1", description="which action")
    to: To = Field(title="an agency or a person", description="who shall take it on")
    because: Text = Field(title="a reason", description="why you hand it over")


@commands.command(
    "action",
    needs=Permission.PROPOSE,
    example="!action visit the family for: social by: fri 15:00",
    over_cases="!action visit the family for: social by: fri cases: K7QF, M3XP",
)
def propose(args: ProposeInCases, ctx: Context) -> Reply:
    """Propose it; or the same in several cases, each with a card in its own room, for who sits at their tables."""

    def put(case: Case) -> Reply:
        case.require_member(ctx.actor.user_id)
        return put_action(args, ctx)

    if not are_several(args.cases, "action", ctx):
        return put_action(args, ctx)
    done = do_in_each(args.cases or (), "action", ctx, put)
    return Reply("caseload/proposed", {"done": done, "owner": args.for_.agency, "due_at": args.by})


@commands.edited("action")
def put_right(args: Propose, ctx: Context, action_id: str) -> str | None:
    """Another date moves it, other words correct it."""
    proposed = one_of(ctx.case.all(Action), action_id)
    same_words = args.outcome == proposed.outcome
    others = (args.for_.agency, args.for_.person, args.with_, args.safety, args.worse, args.how, args.because)
    before = (proposed.owner, proposed.owner_person, proposed.support, proposed.safety)
    if others != (*before, proposed.worse, proposed.how, proposed.because):
        return None
    if same_words and args.by != proposed.due_at:
        when = args.by.astimezone(ctx.zone)
        return f"move {action_id} {when:%Y-%m-%d %H:%M} because: {ctx.voice().text('action/put_right', {})}"
    return f"correct {action_id} {args.outcome}" if not same_words and args.by == proposed.due_at else None


@commands.edited("move")
def move_again(args: Move, ctx: Context, action_id: str) -> str | None:
    """The new date counts."""
    when = args.until.astimezone(ctx.zone)
    return f"move {args.id} {when:%Y-%m-%d %H:%M} because: {args.because}" if args.id == action_id else None


def accept(action_id: str, ctx: Context) -> Reply:
    """Take it on; in tandem, the other agency is woken until it has accepted too."""
    taken = action.accept(ctx.case, action_id, by=ctx.actor, at=ctx.now)
    return told_of("accepted", taken, ctx, wake=still_to_accept(taken, ctx))


def decline(action_id: str, why: str, ctx: Context) -> Reply:
    """Leave it to the agency that proposed it; of two only that half, for which it finds another."""
    left = action.decline(ctx.case, action_id, why, by=ctx.actor, at=ctx.now)
    what = "declined_half" if left.declined_half else "declined"
    return told_of(what, left, ctx, wake=ctx.at_table(left.agency, left.by))


answer_proposals("A", accept=accept, decline=decline)


@commands.command("going", needs=Permission.CARRY_OUT, example="!going A-1")
def tell_it_goes_on(args: TellItGoesOn, ctx: Context) -> Reply:
    """Say before a table that it is on its way."""
    return told_of("going", action.tell_it_goes_on(ctx.case, args.id, by=ctx.actor, at=ctx.now), ctx)


@commands.command("done", needs=Permission.CARRY_OUT, example="!done A-1 the visit took place, she was at home")
def finish(args: Finish, ctx: Context) -> Reply:
    """End it well."""
    return told_of("done", action.finish(ctx.case, args.id, args.note, by=ctx.actor, at=ctx.now), ctx)


@commands.command("notpossible", needs=Permission.CARRY_OUT, example="!notpossible A-1 the family moved away")
def give_up(args: GiveUp, ctx: Context) -> Reply:
    """End it because circumstances changed."""
    ended = action.give_up(ctx.case, args.id, args.why, by=ctx.actor, at=ctx.now)
    return told_of("not_possible", ended, ctx, wake=ctx.at_table(ended.agency, ended.by))


@commands.command("notdone", needs=Permission.CARRY_OUT, example="!notdone A-1 nobody had the time for it")
def leave_undone(args: LeaveUndone, ctx: Context) -> Reply:
    """End it although it could have been done."""
    ended = action.leave_undone(ctx.case, args.id, args.why, by=ctx.actor, at=ctx.now)
    return told_of("not_carried_out", ended, ctx, wake=ctx.at_table(ended.agency, ended.by))


@commands.command("move", needs=Permission.CONTRIBUTE, example="!move A-1 fri 15:00 because: the family is away")
def move(args: Move, ctx: Context) -> Reply:
    """Change the date; the earlier one is told beside it."""
    before = one_of(ctx.case.all(Action), args.id).due_at
    moved = action.move(ctx.case, args.id, args.until, because=args.because, by=ctx.actor, at=ctx.now)
    return told_of("moved", moved, ctx, before=before)


@commands.command("hand", needs=Permission.CONTRIBUTE, example="!hand A-1 youth because: they know him best")
def hand(args: Hand, ctx: Context) -> Reply:
    """Show the card to those who are to take it on."""
    ctx.require_somebody(args.to.agency)
    harm = wording.may_harm(one_of(ctx.case.all(Action), args.id).outcome, args.to.agency, ctx)
    handed = action.hand(
        ctx.case,
        args.id,
        args.to,
        because=args.because,
        by=ctx.actor,
        at=ctx.now,
        asks_worse=harm,
        accept_by=accept_by(ctx),
    )
    return told_of("handed", handed, ctx, wake=still_to_accept(handed, ctx))


@commands.command("worse", needs=Permission.CONTRIBUTE, group=groups.ASK, example="!worse A-1 he could run away")
def check_harm(args: CheckHarm, ctx: Context) -> Reply:
    """Put the answer on the card."""
    return told_of("checked", action.check_harm(ctx.case, args.id, args.worse, by=ctx.actor, at=ctx.now), ctx)


@part_of_status(40)
def show_moved(ctx: Context, hidden: Collection[str]) -> Reply | None:
    """The actions whose date was moved, with the date first agreed."""
    moved = [a for a in ctx.case.all(Action) if a.pending and a.first_due_at and a.id not in hidden]
    return Reply("action/moved_dates", {"actions": moved[-MOST_SHOWN:]}) if moved else None
