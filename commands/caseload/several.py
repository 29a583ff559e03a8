"""The same in several cases at once: in all of them or in none, each with its own card in its own room."""

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from markupsafe import Markup

from cases.case import Case
from cases.errors import Refusal
from cases.roles import Place
from chat.context import Context, Reply
from chat.reading import missing
from chat.registry import commands
from commands.case.named import case_of
from storage.audit import Entry

MOST = 30
_REFERENCE = re.compile(r"(?=[A-Z]*[0-9])[A-Z0-9]{3,6}")
"""What may be shown as it was typed: any other word may be content."""


class Done(NamedTuple):
    """What was done in one case."""

    ref: str
    subject: str | None


class Refused(NamedTuple):
    """Why nothing can be done in one case, as it is told there."""

    ref: str
    why: Markup


def are_several(named: Collection[str] | None, path: str, ctx: Context) -> bool:
    """Whether a command is about several cases: from the coordination room always, from a case's own room never.

    Nobody in one room sees another's reference. Raises Refusal for the one without references, and the other with.
    """
    if ctx.place is Place.CASE:
        if named:
            raise Refusal("caseload/one_here", ref=ctx.case.ref)
        return False
    if not named:
        command = commands.commands[path]
        raise missing(command.arguments, ["cases"], ctx.voice().language, command.example_in(ctx.place))
    return True


def do_in_each(refs: Collection[str], command: str, ctx: Context, act: Callable[[Case], Reply]) -> list[Done]:
    """Do something in each of these cases, as far as this person steers them; ``act`` tells the case's own room.

    Raises Refusal with what became of each, unless it can be done in all of them: then nothing is done. Each case has
    its own line in the audit log, by which a message that is deleted is taken off each file.
    """
    if len(refs) > MOST:
        raise Refusal("caseload/too_many", count=len(refs), most=MOST)
    done: list[Done] = []
    refused: list[Refused] = []
    for ref in refs:
        ctx.open_case = None
        try:
            case = case_of(ref, ctx)
            done.append(Done(case.ref, act(case).subject))
        except Refusal as why:
            refused.append(Refused(ref if _REFERENCE.fullmatch(ref) else "…", _tell(why, command, ctx)))
            continue
        entry = Entry(ctx.actor.user_id, ctx.place, case.ref, command, done[-1].subject, "done", ctx.work.cause)
        ctx.work.record(entry)
    ctx.open_case = None
    if refused:
        raise Refusal("caseload/not_in_all", refused=refused, able=[one.ref for one in done])
    return done


def _tell(why: Refusal, command: str, ctx: Context) -> Markup:
    """Why it was refused, in a line; put into words now, for its facts may be records of the case, which is let go."""
    facts = {"command": command, "card": None, "takes_more": False, **why.facts}
    line, *_ = ctx.voice().text(f"refused/{why.code}", facts).split("\n")
    return Markup(line)  # noqa: S704 escaped there
