"""What is done when trust is in question: approve an identity, give a case a new room, look whether all is well."""

import hmac
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission
from chat import groups
from chat.arguments import NAME, WORD, Arguments, PersonId, ShortText, Text
from chat.context import Context, Reply, case_channel
from chat.registry import commands
from commands.case.named import case_of
from storage import figures, pins, rooms

GROUP, PLACE = groups.ADMIN, 130

Somebody = Annotated[PersonId, NAME]
Reference = Annotated[ShortText, WORD]


class ApproveIdentity(Arguments):
    """Approve somebody's new identity, after you asked them whether it is theirs."""

    person: Somebody = Field(title="PERSON", description="whose identity changed")
    key: ShortText | None = Field(None, title="key", description="the whole new identity, as I told you")


class ListIdentities(Arguments):
    """List whose identity changed, and waits for you."""


class VerifyAudit(Arguments):
    """Check that the audit log is whole: no line was changed, removed or moved."""


class ShowHealth(Arguments):
    """Show what waits and what is out of order."""


class GiveNewRoom(Arguments):
    """Give a case a new room, in place of an unsafe one, and say why."""

    ref: Reference = Field(title="REF", description="the reference of the case")
    because: Text = Field(title="a reason", description="why it needs another room")


@dataclass(frozen=True, repr=False)
class Held:
    """Somebody whose messages wait for an admin."""

    person: str
    identity: str


@commands.command(
    "identity approve",
    needs=Permission.PROVISION,
    example="!identity approve Ada Jansen key: xQ4r Tm1e … (the whole key)",
)
def approve_identity(args: ApproveIdentity, ctx: Context) -> Reply:
    """Pin what is shown now, and only if the admin names the whole of it: never the newest because it is the newest."""
    offer = (pins.offers(ctx.work.find)).get(args.person, pins.Offer(None))
    if offer.now is None:
        raise Refusal("identity/not_changed", person=args.person)
    facts: dict[str, object] = {"person": args.person, "identity": offer.now}
    wanted = "".join((args.key or "").split())
    if not hmac.compare_digest(wanted.encode(), offer.now.encode()):
        raise Refusal("identity/which", **facts)
    pins.approve(ctx.work, args.person, offer.now)
    return Reply("identity/approved", facts, subject=args.person)


@commands.command("identity list", needs=Permission.PROVISION, example="!identity list")
def list_identities(args: ListIdentities, ctx: Context) -> Reply:
    """Who is held."""
    offers = pins.offers(ctx.work.find)
    return Reply("identity/list", {"held": [Held(user_id, o.now) for user_id, o in offers.items() if o.now]})


@commands.command("audit verify", needs=Permission.PROVISION, example="!audit verify")
def verify_audit(args: VerifyAudit, ctx: Context) -> Reply:
    """The hash chain, from the first line to the last, and whether its end is the one that was kept elsewhere."""
    older = ctx.work.head_problem() is not None
    return Reply("audit/verified", {"fault": ctx.work.audit_fault(), "older": older})


@commands.command("health", needs=Permission.PROVISION, example="!health")
def show_health(args: ShowHealth, ctx: Context) -> Reply:
    """Counts, and which rooms are lost."""
    waiting = figures.waiting_in(ctx.work.find)
    offers = pins.offers(ctx.work.find)
    return Reply(
        "audit/health",
        {"waiting": waiting, "held": sum(o.now is not None for o in offers.values())}
        | {"lost": [channel.replace(":", " ") for channel in rooms.lost(ctx.work.find)]},
    )


@commands.command(
    "case reroom", needs=Permission.OPEN_CASES, group=groups.CASE, example="!case reroom K7QF because: its room is lost"
)
def give_new_room(args: GiveNewRoom, ctx: Context) -> Reply:
    """The case and everybody at its table go on in another room."""
    case = case_of(args.ref, ctx)
    case.require_open()
    channel = case_channel(case.ref)
    rooms.renew(ctx.work, channel)
    case.expect_everybody(by=ctx.actor, at=ctx.now)
    ctx.tell(channel, Reply("room/renewed", {"case": case, "because": args.because}))
    for member in case.present:
        ctx.work.invite(channel, member.user_id)
    return Reply("room/renewed_by_reference", {"ref": case.ref, "invited": len(case.present)})
