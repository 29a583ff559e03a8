"""Opening and ending a practice room; the bot brings a story along."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, NamedTuple

from pydantic import Field

from cases.case import AT_THE_TABLE, Case
from cases.errors import Refusal
from cases.people import Professional
from cases.roles import Permission, Place, Role, may
from chat import groups
from chat.arguments import WORD, Agencies, Arguments, ShortText, Text
from chat.context import Context, Reply, case_channel
from chat.groups import GROUPS
from chat.languages import language
from chat.layout import plain
from chat.marks import marks
from chat.registry import commands
from commands.brief import rules as briefs
from commands.case import convening, opening
from commands.case.named import case_of
from commands.mandate import standing
from commands.practice import rules as practice
from storage import audit

GROUP, PLACE = groups.CASE, 128


class OpenPractice(Arguments):
    """Open a practice room, in which nothing is real: with a story that I bring along, or with your own."""

    why: Text | None = Field(None, title="the why", description="why the table meets; mine, if left out")
    goal: Text | None = Field(None, title="the goal", description="what it wants to reach")
    agencies: Agencies | None = Field(None, title="agencies", description="who practises; all, if left out")
    cohort: ShortText | None = Field(None, title="cohort", description="who learns together, as on file")
    scheme: ShortText | None = Field(None, title="scheme", description="by whose rules")


class EndPractice(Arguments):
    """End a practice room: it reads what was tried and what was not, and the case is erased."""

    ref: Annotated[ShortText, WORD] | None = Field(None, title="REF", description="which one, if there are several")


class Tried(NamedTuple):
    """What of a group of commands was tried, and what was not."""

    title: str
    tried: list[str]
    left: list[str]


@commands.command("practice open", needs=Permission.OPEN_CASES, example="!practice open agencies: police, school")
def open_practice(args: OpenPractice, ctx: Context) -> Reply:
    """Mark the case, put up its cards, and invite whoever practises: neither mandate nor induction is asked for."""
    scheme = convening.find_scheme(args.scheme, ctx)
    people = _of_cohort(args.cohort, ctx) if args.cohort else _of_agencies(args.agencies, ctx)
    story = replace(ctx.voice(), language=language(ctx.house.of(scheme).language))
    case = opening.put_up(
        ctx,
        scheme=scheme,
        why=args.why or plain(story.text("practice/why", {})),
        goal=args.goal or plain(story.text("practice/goal", {})),
        agencies=args.agencies or tuple(dict.fromkeys(person.agency for person in people)),
        director=ctx.actor,
        people=people,
    )
    practice.mark(case)
    opening.invite_all(ctx, Reply("case/opened", {"case": case, "anonymous": False}))
    # Who comes into a room reads nothing of what stood there before: the story is the brief that they can ask for.
    told = {"fictional": args.why is None, "agency": case.seats[-1]}
    briefs.write(case, plain(story.text("practice/story", told)), by=ctx.actor, at=ctx.now)
    facts: dict[str, object] = {"ref": case.ref, "seats": case.seats, "invited": len(case.present)}
    return Reply("practice/opened_by_reference", facts)


@commands.command("practice end", needs=Permission.OPEN_CASES, example="!practice end K7QF")
def end_practice(args: EndPractice, ctx: Context) -> Reply:
    """The room reads what was tried and what was not; an hour later it is empty, and the case is gone."""
    case = case_of(args.ref or _only_one(ctx), ctx)
    practice.end(case, by=ctx.actor, at=ctx.now)
    done = audit.commands_in(ctx.work.session, case.ref)
    tried = list(_tried(done))
    ctx.tell(case_channel(case.ref), Reply("practice/ended", {"groups": tried}))
    count = sum(len(group.tried) for group in tried)
    return Reply("practice/ended_by_reference", {"ref": case.ref, "tried": count})


def _only_one(ctx: Context) -> str:
    """The practice that goes on; raises Refusal when there are several, or none."""
    found = ctx.work.find.cases(ctx.work.find.cases_with(practice.PRACTISED))
    ours = [case for case in found if ctx.house.coordinates(ctx.actor.user_id, case.scheme)]
    refs = [case.ref for case in ours if not practice.is_over(case)]
    if len(refs) != 1:
        raise Refusal("practice/which", refs=refs)
    return refs[0]


def _tried(done: set[str]) -> Iterator[Tried]:
    """Of what can be said at a table, group by group as the help shows it."""
    here = [
        c for c in commands.commands.values() if may(c.needs, role=Role.COORDINATOR, place=Place.CASE, belongs=True)
    ]
    # What has two names is counted once, by the shorter.
    paths: dict[type[Arguments], list[str]] = {}
    for one in sorted(here, key=lambda command: command.place):
        paths.setdefault(one.arguments, []).append(one.path)
    headings = {one.arguments: one.heading for one in here}
    for group in GROUPS:
        known = [names for arguments, names in paths.items() if headings[arguments] is group and names != ["help"]]
        tried = [min(names, key=len) for names in known if done & set(names)]
        left = [min(names, key=len) for names in known if not done & set(names)]
        if known:
            yield Tried(group.title, tried, left)


def _of_agencies(named: tuple[str, ...] | None, ctx: Context) -> list[Professional]:
    """Those who speak for these agencies, or for all that have somebody; raises Refusal when there is nobody."""
    people = {agency: opening.who_speaks_for(agency, ctx) for agency in named or sorted(ctx.directory.agencies)}
    if named and (without := [agency for agency, there in people.items() if not there]):
        raise Refusal("case/no_practitioners", agencies=without)
    if not any(people.values()):
        raise Refusal("practice/nobody_else")
    return [person for there in people.values() for person in there]


def _of_cohort(name: str, ctx: Context) -> list[Professional]:
    """Those who learn together, as far as they can sit at a table; raises Refusal when there is nobody."""
    learned = standing.trainings(ctx.work.find)
    cohorts = {kinds["cohort"].casefold(): kinds["cohort"] for kinds in learned.values() if "cohort" in kinds}
    known = ctx.directory.people
    there = [p for p, kinds in learned.items() if kinds.get("cohort", "").casefold() == name.casefold()]
    people = [known[person] for person in there if person in known and known[person].role in AT_THE_TABLE]
    if not people:
        raise Refusal("practice/no_such_cohort", cohort=name, cohorts=sorted(cohorts.values()))
    return people


@marks
def mark(case: Case) -> str | None:
    """What all that is said of a practised case begins with."""
    return "practice/mark" if practice.is_practice(case) else None
