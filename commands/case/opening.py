"""Putting up a table: the case, what its scheme asks of each person at intake, its first card, and who is invited."""

from collections.abc import Iterable

from cases.case import Case, Mode, open_case
from cases.people import Professional
from cases.roles import Role
from cases.scheme import Runs
from chat.context import Context, Reply, case_channel
from commands.case.named import unused_reference
from commands.screen import rules as screens


def put_up(
    ctx: Context,
    *,
    scheme: str,
    why: str,
    goal: str,
    agencies: tuple[str, ...],
    director: Professional,
    people: Iterable[Professional],
    mode: Mode | None = None,
    brought_by: str | None = None,
    topic: str | None = None,
) -> Case:
    """Make the case; it is the one that is talked about from now on."""
    rules = ctx.house.of(scheme)
    case = open_case(
        unused_reference(ctx),
        scheme=scheme,
        why=why,
        goal=goal,
        zone=ctx.house.zone.key,
        agencies=agencies,
        director=director.user_id,
        by=ctx.actor,
        at=ctx.now,
        people=[director, ctx.actor, *people],
        mode=mode or rules.mode,
        brought_by=brought_by,
        topic=topic,
    )
    screens.expect(case, rules.screens, rules.clock(Runs.SCREEN).ends(ctx.now, ctx.house.calendar(case)))
    ctx.work.open_case(case)
    ctx.open_case = case
    return case


def invite_all(ctx: Context, card: Reply) -> None:
    """Say the first card in the new room, and ask everybody in, as the last step."""
    channel = case_channel(ctx.case.ref)
    ctx.tell(channel, card)
    for member in ctx.case.present:
        ctx.work.invite(channel, member.user_id)


def who_speaks_for(agency: str, ctx: Context) -> list[Professional]:
    """The practitioners of an agency, or where there are none the coordinators who then speak for it."""
    return ctx.directory.of_agency(agency, Role.PRACTITIONER) or ctx.directory.of_agency(agency, Role.COORDINATOR)
