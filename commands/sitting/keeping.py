"""Where sittings are kept: in the house's own register, sealed, for they are of no one case."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from cases.errors import Refusal
from chat.context import Context
from commands.sitting.rules import Sitting, State, Turn
from storage import register
from storage.find import Find
from storage.work import Work

if TYPE_CHECKING:
    from pydantic import TypeAdapter

REGISTER = "sitting"


@cache
def _adapter() -> "TypeAdapter[Sitting]":
    from pydantic import TypeAdapter  # noqa: PLC0415 with the first sitting

    return TypeAdapter(Sitting)


def read(find: Find) -> list[Sitting]:
    """All sittings, by date."""
    entries = register.read(find, REGISTER).values()
    return sorted(map(_load, entries), key=lambda one: (one.starts_at, one.number))


def write(work: Work, sitting: Sitting) -> None:
    """Keep a sitting as it is now."""
    register.write(work, REGISTER, str(sitting.number), {"sitting": _adapter().dump_json(sitting).decode()})


def strike(work: Work, sitting: Sitting) -> None:
    """Keep a sitting no longer."""
    register.strike(work, REGISTER, str(sitting.number))


def next_number(sittings: list[Sitting]) -> int:
    """The number of a new one."""
    return max((sitting.number for sitting in sittings), default=0) + 1


def _load(entry: Mapping[str, str]) -> Sitting:
    return _adapter().validate_json(entry["sitting"])


def ours(ctx: Context) -> list[Sitting]:
    """Those that this coordinator may see: of none of its cases somebody else coordinates the scheme."""
    others = {
        ref
        for ref, scheme in ctx.work.find.schemes_of_open_cases().items()
        if not ctx.house.coordinates(ctx.actor.user_id, scheme)
    }
    return [one for one in read(ctx.work.find) if not others.intersection(slot.ref for slot in one.slots)]


def running(sittings: list[Sitting]) -> Sitting | None:
    """The one that is held now."""
    return next((one for one in sittings if one.state is State.RUNNING), None)


def planned(sittings: list[Sitting]) -> list[Sitting]:
    """Those to come, by date."""
    return [one for one in sittings if one.state is State.PLANNED]


def require_running(ctx: Context) -> Sitting:
    """The one that is held now; in a case room the one that holds this case, for who chairs it. Raises Refusal."""
    if ctx.open_case is None:
        sittings = ours(ctx)
        if found := running(sittings):
            return found
        raise Refusal("sitting/none_runs", planned=next(iter(planned(sittings)), None))
    for one in read(ctx.work.find):
        if one.state is State.RUNNING and one.running and one.running.ref == ctx.open_case.ref:
            _require_chair(one, ctx)
            return one
    raise Refusal("sitting/not_held_here")


def require_next(ctx: Context) -> Sitting:
    """The next one that can begin; in a case room one that has this case on it. Raises Refusal."""
    if ctx.open_case is None:
        sittings = ours(ctx)
        if found := running(sittings):
            raise Refusal("sitting/runs_already", sitting=found)
        return require_planned(sittings)
    sittings = read(ctx.work.find)
    ref = ctx.open_case.ref
    here = next((one for one in planned(sittings) if ref in {slot.ref for slot in one.waiting}), None)
    if here is None:
        raise Refusal("sitting/not_held_here")
    _require_chair(here, ctx)
    known = ctx.work.find.schemes_of_open_cases()
    held = {known.get(slot.ref) for one in sittings if one.state is State.RUNNING for slot in one.slots}
    if known.get(ref) in held:
        raise Refusal("sitting/another_runs")
    return here


def require_planned(sittings: list[Sitting]) -> Sitting:
    """The next one to come that has cases; raises Refusal."""
    coming = planned(sittings)
    if not coming:
        raise Refusal("sitting/none_planned")
    return next((one for one in coming if one.waiting), coming[0])


def require_open(ctx: Context, ref: str | None = None) -> Sitting:
    """The one that is held, else the next to come; with a reference that which has the case waiting, if one has."""
    sittings = ours(ctx)
    found = running(sittings)
    candidates = [*([found] if found else []), *planned(sittings)]
    if not candidates:
        raise Refusal("sitting/none_planned")
    waiting = (one for one in candidates if ref in {slot.ref for slot in one.waiting})
    return next(waiting, candidates[0])


def require_nowhere(sittings: list[Sitting], ref: str) -> None:
    """Refuse a case that waits for its turn on a sitting already."""
    for one in sittings:
        if one.state in {State.PLANNED, State.RUNNING}:
            slot = one.slot_of(ref)
            if slot and slot.turn in {Turn.WAITING, Turn.RUNNING}:
                raise Refusal("sitting/on_already", ref=ref, sitting=one)


def following(sittings: list[Sitting], sitting: Sitting) -> Sitting | None:
    """The next one of the same series that is planned."""
    series = sitting.rhythm.series if sitting.rhythm else None
    later = (one for one in planned(sittings) if one.starts_at > sitting.starts_at and one.rhythm)
    return next((one for one in later if one.rhythm and one.rhythm.series == series), None)


def _require_chair(sitting: Sitting, ctx: Context) -> None:
    if ctx.actor.user_id != sitting.chair and not ctx.steers:
        raise Refusal("sitting/not_chair", chair=sitting.chair)
