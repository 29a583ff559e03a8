"""Mandates and trainings, put on file by admins; the privacy protocol, acknowledged by each person."""

from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission, Place
from cases.scheme import Scheme
from chat import groups
from chat.arguments import NAME, REST, WORD, AgencyName, Arguments, PersonId, Positional, ShortText, When, take_name
from chat.context import Context, Reply
from chat.registry import commands
from commands.mandate import standing
from commands.mandate.standing import Mandate

GROUP, PLACE = groups.ADMIN, 170

OfAgency = Annotated[AgencyName, Positional(take_name, "AGENCY")]
Somebody = Annotated[PersonId, NAME]


class GrantMandate(Arguments):
    """Put an agency's mandate on file: until when, signed by whom."""

    agency: OfAgency = Field(title="AGENCY", description="which agency")
    until: When = Field(title="a date", description="when it lapses")
    signatory: ShortText | None = Field(None, title="name", description="who signed it")
    version: ShortText | None = Field(None, title="version", description="of the protocol that was signed")
    deputies: ShortText | None = Field(None, title="names", description="who may stand in")


class ListMandates(Arguments):
    """List the mandates, and when each lapses."""


class NoteTraining(Arguments):
    """Note that somebody had the induction, or a joint training."""

    person: Somebody = Field(title="PERSON", description="who learned")
    kind: Annotated[ShortText, WORD] = Field(title="induction", description="induction, or cohort")
    cohort: Annotated[ShortText, REST] | None = Field(None, title="COHORT", description="with which cohort")


class ListTrainings(Arguments):
    """List who learned what, and which agencies each cohort mixed."""


class ShowProtocol(Arguments):
    """Show the privacy protocol in force, and whether you acknowledged it."""


class AcceptProtocol(Arguments):
    """Acknowledge the privacy protocol in force."""


@commands.command(
    "mandate", needs=Permission.PROVISION, example="!mandate health until: 2027-06-30 signatory: Dr. Mulder version: 3"
)
def grant_mandate(args: GrantMandate, ctx: Context) -> Reply:
    """In place of an earlier one."""
    mandate = Mandate(args.agency, args.until, args.signatory or "", args.version or "", args.deputies or "")
    standing.grant(ctx.work, mandate)
    return Reply("mandate/granted", {"mandate": mandate})


@commands.command("mandate list", needs=Permission.PROVISION, example="!mandate list")
def list_mandates(args: ListMandates, ctx: Context) -> Reply:
    """Of each agency, also of those that have none."""
    known = standing.mandates(ctx.work.find)
    agencies = [(agency, known.get(agency)) for agency in sorted(ctx.directory.agencies)]
    return Reply("mandate/list", {"agencies": agencies, "now": ctx.now})


@commands.command("training", needs=Permission.PROVISION, example="!training Finn de Boer induction")
def note_training(args: NoteTraining, ctx: Context) -> Reply:
    """Induction before the first live case; cohorts of several agencies learn together."""
    kind = args.kind.casefold()
    if kind not in {"induction", "cohort"}:
        raise Refusal("mandate/which_training", person=args.person)
    if kind == "cohort" and not args.cohort:
        raise Refusal("mandate/which_cohort", person=args.person)
    standing.train(ctx.work, args.person, kind, args.cohort or "")
    return Reply("mandate/trained", {"person": args.person, "kind": kind, "cohort": args.cohort})


@commands.command("training list", needs=Permission.PROVISION, example="!training list")
def list_trainings(args: ListTrainings, ctx: Context) -> Reply:
    """Cohorts with their agencies: they learn together when these are mixed."""
    cohorts: dict[str, list[str]] = {}
    inducted = []
    for person, learned in standing.trainings(ctx.work.find).items():
        if "induction" in learned:
            inducted.append(person)
        if "cohort" in learned:
            cohorts.setdefault(learned["cohort"], []).append(person)
    people = ctx.directory.people
    mixed = {name: {people[p].agency for p in there if p in people} for name, there in cohorts.items()}
    facts: dict[str, object] = {"cohorts": [(name, there, mixed[name]) for name, there in sorted(cohorts.items())]}
    return Reply(
        "mandate/trainings", {**facts, "inducted": inducted, "waiting": [p for p in people if p not in inducted]}
    )


@commands.command("protocol", needs=Permission.OWN, group=groups.ME, example="!protocol")
def show_protocol(args: ShowProtocol, ctx: Context) -> Reply:
    """Its text and version."""
    scheme = _scheme(ctx)
    known = standing.acknowledged(ctx.work.find).get(ctx.actor.user_id)
    return Reply("mandate/protocol", {"scheme": scheme, "acknowledged": known})


@commands.command("protocol accept", needs=Permission.OWN, group=groups.ME, example="!protocol accept")
def accept_protocol(args: AcceptProtocol, ctx: Context) -> Reply:
    """By each person for themselves."""
    scheme = _scheme(ctx)
    if not scheme.protocol:
        return Reply("mandate/protocol", {"scheme": scheme, "acknowledged": None})
    standing.acknowledge(ctx.work, ctx.actor.user_id, scheme.protocol_version)
    return Reply("mandate/acknowledged", {"scheme": scheme, "person": ctx.actor.user_id})


def _scheme(ctx: Context) -> Scheme:
    """Of the case, or of the house."""
    return ctx.house.of(ctx.case.scheme if ctx.place is Place.CASE else ctx.house.scheme)
