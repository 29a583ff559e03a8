"""Being left in peace about one thing for a while; who answers for what is late hears of it all the same."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo

from cases.case import Case
from cases.errors import Refusal
from cases.roles import Permission, Place
from cases.time import read_when
from chat import groups
from chat.arguments import REST, Arguments, ReadingContext, Text, plain
from chat.context import Context, Reply
from chat.registry import commands
from commands.ids import OwedId
from commands.reminder import rules as reminders

GROUP, PLACE = groups.ME, 100

_WHILE = re.compile(r"(?:[0-9]+|an?|one) (?:minute|hour|day|week|working day|work day|business day)s?", re.IGNORECASE)
_HOUR = re.compile(r"[0-9][:.][0-9]|hour|minute", re.IGNORECASE)


def _until(value: object, info: ValidationInfo) -> object:
    """``2 days`` and ``until fri``, too; a day alone is its morning, when reminders come."""
    context = info.context
    if not isinstance(value, str) or not isinstance(context, ReadingContext):
        return value
    words = re.sub(r"^(?:until|till|for) ", "", plain(value), flags=re.IGNORECASE)
    words = f"in {words}" if _WHILE.fullmatch(words) else words
    words = words if _HOUR.search(words) else f"{words} 09:00"
    return read_when(words, now=context.now, zone=context.zone, holidays=context.holidays)


class Snooze(Arguments):
    """Be reminded of it later: your own reminders only."""

    id: OwedId = Field(title="ID", description="what, for example A-1")
    until: Annotated[datetime, BeforeValidator(_until), REST] = Field(
        title="a time", description="2 days, or until fri"
    )


class Pause(Arguments):
    """Stop its reminders until you say resume, and why: your own reminders only."""

    id: OwedId = Field(title="ID", description="what, for example A-1")
    because: Text = Field(title="a reason", description="why it rests")


class Resume(Arguments):
    """Be reminded of it again."""

    id: OwedId = Field(title="ID", description="what, for example A-1")


@commands.command("snooze", needs=Permission.REST, example="!snooze A-1 2 days")
def snooze(args: Snooze, ctx: Context) -> Reply:
    """Later, for this person."""
    case = _case_of(args.id, ctx)
    made = reminders.snooze(case, args.id, args.until, by=ctx.actor, at=ctx.now)
    return Reply("reminder/snoozed", {"ref": case.ref, "id": args.id, "until": made.until}, args.id)


@commands.command("pause", needs=Permission.REST, example="!pause A-1 because: the school is closed")
def pause(args: Pause, ctx: Context) -> Reply:
    """Not for now, for this person; the reason stays where it was said."""
    case = _case_of(args.id, ctx)
    reminders.pause(case, args.id, because=args.because, by=ctx.actor, at=ctx.now)
    return Reply("reminder/paused", {"ref": case.ref, "id": args.id}, args.id)


@commands.command("resume", needs=Permission.REST, example="!resume A-1")
def resume(args: Resume, ctx: Context) -> Reply:
    """Again, for this person."""
    case = _case_of(args.id, ctx)
    reminders.resume(case, args.id, by=ctx.actor, at=ctx.now)
    return Reply("reminder/resumed", {"ref": case.ref, "id": args.id}, args.id)


def _case_of(record_id: str, ctx: Context) -> Case:
    """The case of this room; in the direct chat the one in which this person owes something of this id."""
    if ctx.place is not Place.DIRECT:
        return ctx.case
    refs = ctx.work.find.open_cases(of=ctx.actor.user_id)
    cases = ctx.work.find.cases(refs)
    if unreadable := sorted(set(refs) - {case.ref for case in cases}):
        # It may be meant, so that what is owed in another is not taken for it.
        raise Refusal("reminder/case_unreadable", id=record_id, refs=unreadable)
    owing = [case for case in cases if _owes(case, record_id, ctx)]
    if len(owing) != 1:
        raise Refusal("reminder/which_case", id=record_id, refs=[case.ref for case in owing])
    ctx.open_case = owing[0]
    return owing[0]


def _owes(case: Case, record_id: str, ctx: Context) -> bool:
    try:
        reminders.require_owed(case, record_id, ctx.actor)
    except Refusal:
        return False
    return True
