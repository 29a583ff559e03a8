"""A case that a coordinator names, and who coordinates its scheme."""

from typing import Annotated

from cases.case import Case, new_reference
from cases.errors import Refusal
from cases.roles import Place, Role
from chat.arguments import Positional, ReadingContext, ShortText, take_name, take_word
from chat.context import Context
from commands.ids import AROUND


def take_reference(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The first word, without what a phone puts around it."""
    word, rest = take_word(text, context)
    return (word and word.strip(AROUND)) or None, rest


def _unless_a_name(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The same, but none where somebody's name comes first."""
    name, _ = take_name(text, context)
    return (None, text) if name and context.lookup.people(name.strip(AROUND)) else take_reference(text, context)


Reference = Annotated[ShortText, Positional(take_reference, "REF")]
ReferenceOrHere = Annotated[ShortText, Positional(_unless_a_name, "REF")]
"""The same, which may be left out before a name: in a case's own room."""


def case_of(ref: str, ctx: Context) -> Case:
    """The case of this reference, if this coordinator may steer it; in a case room only that room's case is meant."""
    case = ctx.work.find.case(ref.upper())
    if case is None or not case.has_table or (ctx.place is Place.CASE and case is not ctx.open_case):
        schemes = ctx.work.find.schemes_of_open_cases()
        mine = [known for known, scheme in schemes.items() if ctx.house.coordinates(ctx.actor.user_id, scheme)]
        raise Refusal("case/no_such_case", refs=[ctx.case.ref] if ctx.place is Place.CASE else mine)
    if ctx.place is not Place.CASE and not ctx.house.coordinates(ctx.actor.user_id, case.scheme):
        raise Refusal("case/not_your_scheme", ref=case.ref, people=coordinators(case.scheme, ctx))
    ctx.open_case = case
    return case


def coordinators(scheme: str, ctx: Context) -> list[str]:
    """Who coordinates a scheme."""
    everybody = [person.user_id for person in ctx.directory.with_role(Role.COORDINATOR)]
    return [person for person in everybody if ctx.house.coordinates(person, scheme)]


def others_who_steer(case: Case, ctx: Context) -> list[str]:
    """Who can do for this coordinator what nobody does for themselves."""
    able = [*coordinators(case.scheme, ctx), *([case.director] if case.director else [])]
    return [person for person in dict.fromkeys(able) if person != ctx.actor.user_id]


def unused_reference(ctx: Context) -> str:
    """A random reference that no case has, or had."""
    while ctx.work.find.is_taken(ref := new_reference()):
        pass
    return ref
