"""Mandates and trainings, put on file by admins; the privacy protocol, acknowledged by each person."""

from typing import Annotated, NamedTuple

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission, Place
from cases.scheme import Scheme
from chat import groups
from chat.arguments import NAME, REST, WORD, AgencyName, Arguments, PersonId, Positional, ShortText, When, take_name
from chat.context import Context, Reply
from chat.registry import commands
from commands.mandate import bound, named, standing
from commands.mandate.standing import Mandate

GROUP, PLACE = groups.ADMIN, 170
ACCEPT = "protocol accept"

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


class ShowCohorts(Arguments):
    """Show who learns together, and which agencies a cohort mixes."""

    name: Annotated[ShortText, REST] | None = Field(None, title="NAME", description="which cohort; all, if left out")


class ShowProtocol(Arguments):
    """Show the privacy protocol in force, and whether you acknowledged it."""


class AcceptProtocol(Arguments):
    """Acknowledge the privacy protocol in force."""

    version: Annotated[ShortText, REST] | None = Field(None, title="3", description="which version you have read")


class Cohort(NamedTuple):
    """Who learns together, and from which agencies they come."""

    name: str
    people: list[str]
    agencies: set[str]


@commands.command(
    "mandate", needs=Permission.PROVISION, example="!mandate health until: 2027-06-30 signatory: Dr. Mulder version: 3"
)
def grant_mandate(args: GrantMandate, ctx: Context) -> Reply:
    """In place of an earlier one; deputies are people of the agency, those on file known by more than their name."""
    signatory = named.read_signatory(args.signatory or "", args.agency, ctx.directory)
    deputies = named.read_deputies(args.deputies or "", args.agency, ctx.directory)
    mandate = Mandate(args.agency, args.until, signatory, args.version or "", deputies)
    standing.grant(ctx.work, mandate)
    unknown = [one for one in deputies if one not in ctx.directory.people]
    return Reply("mandate/granted", {"mandate": mandate, "unknown": unknown})


@commands.command("mandate list", needs=Permission.PROVISION, example="!mandate list")
def list_mandates(args: ListMandates, ctx: Context) -> Reply:
    """Of each agency, also of those that have none."""
    known = standing.mandates(ctx.work.find)
    agencies = [(agency, known.get(agency)) for agency in sorted(ctx.directory.agencies)]
    signed = any(ctx.house.of(scheme).mandates for scheme in ctx.house.known_schemes)
    return Reply("mandate/list", {"agencies": agencies, "now": ctx.now, "signed": signed})


@commands.command("training", needs=Permission.PROVISION, example="!training Finn de Boer induction")
def note_training(args: NoteTraining, ctx: Context) -> Reply:
    """Induction before the first live case; cohorts of several agencies learn together."""
    kind = args.kind.casefold()
    if kind not in {"induction", "cohort"}:
        raise Refusal("mandate/which_training", person=args.person)
    if kind == "cohort" and not args.cohort:
        raise Refusal("mandate/which_cohort", person=args.person)
    standing.train(ctx.work, args.person, kind, args.cohort or "")
    facts = {"person": args.person, "kind": kind, "cohort": args.cohort}
    return Reply("mandate/trained", {**facts, "cohorts": [one for one in _cohorts(ctx) if args.person in one.people]})


@commands.command("training list", needs=Permission.PROVISION, example="!training list")
def list_trainings(args: ListTrainings, ctx: Context) -> Reply:
    """Cohorts with their agencies: they learn together when these are mixed."""
    inducted = [person for person, learned in standing.trainings(ctx.work.find).items() if "induction" in learned]
    facts = {"cohorts": _cohorts(ctx), "inducted": inducted}
    return Reply("mandate/trainings", {**facts, "waiting": [p for p in ctx.directory.people if p not in inducted]})


@commands.command("training cohort", needs=Permission.PROVISION, example="!training cohort spring")
def show_cohorts(args: ShowCohorts, ctx: Context) -> Reply:
    """Each with its people, and how many agencies these come from."""
    known = _cohorts(ctx)
    shown = [one for one in known if args.name is None or one.name.casefold() == args.name.casefold()]
    return Reply("mandate/cohorts", {"cohorts": shown or known, "missing": None if shown else args.name})


def _cohorts(ctx: Context) -> list[Cohort]:
    """Those who learn together, by the name of their cohort."""
    found: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    people = ctx.directory.people
    for person, learned in standing.trainings(ctx.work.find).items():
        if "cohort" in learned and person in people:
            name = names.setdefault(learned["cohort"].casefold(), learned["cohort"])
            found.setdefault(name, []).append(person)
    return [Cohort(name, there, {people[p].agency for p in there}) for name, there in sorted(found.items())]


@commands.command("protocol", needs=Permission.OWN, group=groups.ME, example="!protocol")
def show_protocol(args: ShowProtocol, ctx: Context) -> Reply:
    """Its text and version; a yes to it acknowledges what was shown."""
    scheme = _scheme(ctx)
    known = standing.acknowledged(ctx.work.find).get(ctx.actor.user_id)
    line = f"{ACCEPT} {scheme.protocol_version}".rstrip()
    asks = line if scheme.protocol and known != scheme.protocol_version else ""
    facts: dict[str, object] = {
        "scheme": scheme,
        "acknowledged": known,
        "bound": bound.is_told(ctx.actor, scheme, ctx.directory),
    }
    return Reply("mandate/protocol", facts, asks=asks, taps="mandate/protocol_asked")


@commands.command(ACCEPT, needs=Permission.OWN, group=groups.ME, example="!protocol accept")
def accept_protocol(args: AcceptProtocol, ctx: Context) -> Reply:
    """By each person for themselves; not what was replaced since it was shown."""
    scheme = _scheme(ctx)
    if not scheme.protocol:
        return Reply("mandate/protocol", {"scheme": scheme, "acknowledged": None, "bound": False})
    if args.version is not None and args.version != scheme.protocol_version:
        raise Refusal("mandate/other_version", read=args.version, in_force=scheme.protocol_version)
    told = bound.tell((ctx.actor.user_id,), scheme, ctx.directory, ctx.work)
    by_text = told.get(ctx.actor.user_id, "")
    standing.acknowledge(ctx.work, ctx.actor.user_id, scheme.protocol_version, by_text)
    return Reply("mandate/acknowledged", {"scheme": scheme, "person": ctx.actor.user_id, "bound": by_text})


def _scheme(ctx: Context) -> Scheme:
    """Of the case, or of the house."""
    return ctx.house.of(ctx.case.scheme if ctx.place is Place.CASE else ctx.house.scheme)
