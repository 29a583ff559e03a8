"""Asking for advice without saying of whom, letting it leave the room, and answering it above the tables."""

from collections.abc import Collection
from enum import StrEnum

from pydantic import Field

from cases.case import Case
from cases.errors import Refusal
from cases.people import Professional
from cases.record import one_of
from cases.roles import Permission, Place
from chat import groups
from chat.arguments import Arguments, Rest
from chat.context import Context, Reply, case_channel
from chat.registry import commands
from commands.advice import numbers
from commands.advice import rules as advice
from commands.advice.numbers import Link
from commands.advice.rules import Advice
from commands.advice.stripping import know, names_somebody, says_something, strip
from commands.ids import AdviceId, AdviceNumber
from commands.overview.lines import part_of_status
from commands.practice.rules import is_practice

GROUP, PLACE = groups.SHARE, 190
MOST_SHOWN = 5


class Asked(StrEnum):
    """Who can be asked for advice."""

    STEERING = Place.STEERING.value
    COMMITTEE = Place.COMMITTEE.value


class Ask(Arguments):
    """Ask for advice from above the tables, without saying of whom."""

    question: Rest = Field(title="a question", description="what you want to know; I take out the names I know")
    to: Asked = Field(Asked.STEERING, title="who is asked", description="steering, or the lawfulness committee")


class Send(Arguments):
    """Let your question for advice leave the room, as it reads."""

    id: AdviceId = Field(title="V-1", description="which question for advice")


class Advise(Arguments):
    """Answer a question for advice; the table that asked reads it."""

    id: AdviceNumber | None = Field(None, title="V-1234", description="which question, if several wait")
    text: Rest = Field(title="an answer", description="what you advise, without names")


@commands.command("advice", needs=Permission.CONTRIBUTE, example="!advice may the school tell his father?")
def ask(args: Ask, ctx: Context) -> Reply:
    """Show what would leave the room; the words that were typed are not kept."""
    _require_room(args.to, ctx)
    text = strip(args.question, know(ctx.work.find, ctx.directory, ctx.case))
    if not says_something(text):
        raise Refusal("advice/nothing_left")
    asked = advice.word(ctx.case, text, args.to, by=ctx.actor, at=ctx.now)
    return Reply("advice/worded", {"asked": asked}, asked.id, (ctx.actor.user_id,))


@commands.command("send", needs=Permission.CONTRIBUTE, example="!send V-1")
def send(args: Send, ctx: Context) -> Reply:
    """Put it to those who are asked, under a number of its own, and with no word of where it comes from."""
    asked = one_of(ctx.case.all(Advice), args.id)
    if is_practice(ctx.case):
        raise Refusal("advice/practised", id=asked.id)
    _require_room(asked.to, ctx)
    # What became a name meanwhile does not leave, either.
    text = strip(asked.text, know(ctx.work.find, ctx.directory, ctx.case))
    if not says_something(text):
        raise Refusal("advice/nothing_left")
    advice.send(ctx.case, args.id, text, by=ctx.actor, at=ctx.now, steers=ctx.steers)
    number = numbers.give(ctx.work, Link(asked.to, ctx.case.ref, asked.id))
    question = Reply("advice/question", {"number": number, "text": asked.text}, number, _sits(asked.to, ctx))
    # What of no case is said is nobody's to tell from other cases' by its key or its language.
    ctx.house.say(ctx.work, asked.to, question)
    return Reply("advice/sent", {"asked": asked}, asked.id)


@commands.command("advise", needs=Permission.ADVISE, example="!advise V-1234 yes, with his consent")
def advise(args: Advise, ctx: Context) -> Reply:
    """The case's room reads it; here nothing is said of which case that is."""
    number, link, case = _asked_here(args.id, ctx)
    if names_somebody(args.text, know(ctx.work.find, ctx.directory)):
        raise Refusal("advice/names_somebody")
    # Nobody speaks for an agency here.
    by = Professional(ctx.actor.user_id, ctx.actor.name, "")
    again = one_of(case.all(Advice), link.record).answer is not None
    asked = advice.advise(case, link.record, args.text, by=by, at=ctx.now)
    wake = tuple(dict.fromkeys(p for p in (asked.by, asked.sent_by) if p and case.is_member(p)))
    answered = Reply("advice/answered", {"asked": asked, "again": again}, asked.id, wake)
    ctx.house.say(ctx.work, case_channel(case.ref), answered, case)
    return Reply("advice/thanks", {"number": number, "again": again}, number)


@part_of_status(67)
def show_asked(ctx: Context, hidden: Collection[str]) -> Reply | None:
    """What was asked, and what came back."""
    shown = [one for one in ctx.case.all(Advice) if not one.withdrawn and one.id not in hidden]
    return Reply("advice/standing", {"questions": shown[-MOST_SHOWN:]}) if shown else None


def _asked_here(number: str | None, ctx: Context) -> tuple[str, Link, Case]:
    """The question that goes by a number here; without one the only one that waits."""
    links = numbers.all_of(ctx.work.find, ctx.place)
    asked = {n: (n, link, case) for n, link in links.items() if (case := ctx.work.find.case_or_none(link.ref))}
    waits = [n for n, (_, link, case) in asked.items() if _waits(link, case)] if number not in asked else []
    if number not in asked and (number or len(waits) != 1):
        raise Refusal("advice/no_such_question", id=number, waits=waits)
    return asked[number or waits[0]]


def _waits(link: Link, case: Case) -> bool:
    return any(one.id == link.record and one.answer is None and not one.withdrawn for one in case.all(Advice))


def _require_room(place: str, ctx: Context) -> None:
    if not ctx.work.find.room(place) or not _sits(place, ctx):
        raise Refusal("advice/no_room", place=place)


def _sits(place: str, ctx: Context) -> tuple[str, ...]:
    return tuple(sorted(ctx.work.find.audience(place)))
