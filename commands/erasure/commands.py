"""Saying whether one meant to delete what was deleted in one's name."""

import re
from typing import Annotated

from pydantic import Field

from cases.case import Case
from cases.errors import Refusal
from cases.roles import Permission, Place
from chat import groups
from chat.arguments import Arguments, Positional, ReadingContext, ShortText, take_word
from chat.context import Context, Reply, case_channel
from chat.registry import commands
from commands.erasure import deletions
from commands.erasure import rules as erasure
from commands.erasure.deletions import Said
from commands.ids import AnyId
from commands.roundtable import invitation
from commands.separation import following
from storage import audit
from storage import deletions as kept
from storage.deletions import Asked
from storage.find import Card, Find

GROUP, PLACE = groups.MISTAKE, 90

_REFERENCE = re.compile(r"[a-z0-9]{4}", re.IGNORECASE | re.ASCII)


def _take_reference(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The first word, if it has the form of a case's reference."""
    word, rest = take_word(text, context)
    return (word, rest) if word and _REFERENCE.fullmatch(word) else (None, text)


Reference = Annotated[ShortText, Positional(_take_reference)]


class Restore(Arguments):
    """Get back what you didn't delete yourself, within a week."""

    id: AnyId | None = Field(None, title="ID", description="which record, for example C-1")
    ref: Reference | None = Field(None, title="REF", description="of which case; elsewhere than in its room")


class Erase(Arguments):
    """Confirm that you deleted a message, when I asked you."""

    id: AnyId | None = Field(None, title="ID", description="which record, for example C-1")
    ref: Reference | None = Field(None, title="REF", description="of which case; elsewhere than in its room")


@commands.command("restore", needs=Permission.OWN_WORDS, example="!restore C-1")
def restore(args: Restore, ctx: Context) -> Reply:
    """Put the deleted words back on file, and what they did; the table hears of it, wherever it was said."""
    case, name = _erased(args, ctx)
    ctx.open_case = case
    step, holds = erasure.restore(case, name, by=ctx.actor, at=ctx.now)
    again = [said for number in step.undoes if (said := case.steps[number - 1].erases)]
    following.follow_restoring(ctx.work, ctx.house, case, again)
    facts: dict[str, object] = {"id": name, "holds": holds, "person": ctx.actor.user_id}
    subject = name if "-" in name else None
    files = invitation.files_after_deletion(case, [step], ctx.house.bot_id, ctx.now)
    if ctx.place is Place.CASE:
        return Reply("erasure/restored", facts, subject, files=files)
    ctx.tell(case_channel(case.ref), Reply("erasure/restored_elsewhere", facts, subject, files=files))
    return Reply("erasure/restored", facts, subject)


@commands.command("erase", needs=Permission.OWN_WORDS, example="!erase C-1")
def erase(args: Erase, ctx: Context) -> Reply:
    """Do now what the deletion could not do by itself."""
    done: list[Reply] = []
    for one, case, said in _asked(args, ctx):
        ctx.open_case = case
        deletions.retract_asked(ctx.work, case, said)
        told = deletions.take_off(ctx.work, ctx.house, case, said, one.channel, ctx.channel)
        for cause in dict.fromkeys(line.cause for line in _lines(one, ctx)):
            ctx.work.retract(cause)
        kept.settle(ctx.work, one)
        for where, reply in told.replies.items() if told else ():
            if where == ctx.channel:
                done.append(reply)
            else:
                deletions.say(ctx.work, ctx.house, case, where, reply)
    return done[-1]


def _erased(args: Restore, ctx: Context) -> tuple[Case, str]:
    """The case in which words of this person are erased that go by this name; raises Refusal."""
    refs = (
        [ref]
        if (ref := _reference(args.ref, ctx))
        else ctx.work.find.cases_with_item_of(erasure.WIPE, ctx.actor.user_id)
    )
    cases = [case for ref in refs if (case := ctx.work.find.case_or_none(ref))]
    found = {case.ref: erasure.erased(case, by=ctx.actor) for case in cases}
    named = [case for case in cases if (args.id or case.ref) in found[case.ref]]
    if len(named) > 1:
        raise Refusal("erasure/which_case", id=args.id, command="restore", refs=[case.ref for case in named])
    if not named:
        _refuse_unnamed(args, "restore", found)
        raise Refusal("erasure/nothing", id=args.id, days=erasure.WIPE_AFTER.days)
    return named[0], args.id or named[0].ref


def _asked(args: Erase, ctx: Context) -> list[tuple[Asked, Case, Said]]:
    """What waits for this person that goes by this name, all of it in one case; raises Refusal."""
    ref, found, waiting = _reference(args.ref, ctx), list[tuple[Asked, Case, Said]](), dict[str, list[str]]()
    for one in kept.asked_of(ctx.work.find, ctx.actor.user_id):
        case = ctx.work.find.case_or_none(one.ref) if ref in {None, one.ref} else None
        if case is None:
            continue
        said = Said.of(one.event_id, ctx.actor, case, _lines(one, ctx))
        names = said.on_file(case)
        waiting.setdefault(case.ref, []).extend(names)
        if (args.id or case.ref) in names:
            found.append((one, case, said))
    refs = list(dict.fromkeys(case.ref for _, case, _ in found))
    if len(refs) > 1:
        raise Refusal("erasure/which_case", id=args.id, command="erase", refs=refs)
    if not found:
        _refuse_unnamed(args, "erase", waiting)
        raise Refusal("erasure/not_asked", id=args.id)
    return found


def _refuse_unnamed(args: Restore | Erase, command: str, known: dict[str, list[str]]) -> None:
    """Where no record was named, raise Refusal with what could be meant, by case."""
    lines = [f"!{command} {name} {ref}" for ref, names in known.items() for name in dict.fromkeys(names) if "-" in name]
    if args.id is None and lines:
        raise Refusal("erasure/which", lines=lines)


def _lines(one: Asked, ctx: Context) -> list[audit.Line]:
    return audit.lines_of(ctx.work.session, one.event_id, one.person)


def _reference(typed: str | None, ctx: Context) -> str | None:
    """The case that is meant: the one that was typed, else the one of this room."""
    if typed:
        return typed.upper()
    return ctx.open_case.ref if ctx.open_case else None


def confirm_deletion(find: Find, sender: str, said: str, card: Card) -> str | None:
    """Whether this is ``yes`` to the question whether the author meant to delete something."""
    if said.rstrip(".!").lower() not in deletions.CONFIRMS:
        return None
    waiting = kept.asked_of(find, sender)
    return "erase" if any(one.subject == (card.subject or one.ref) for one in waiting) else None


commands.replies.append(confirm_deletion)
