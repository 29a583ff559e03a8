"""What becomes of a room of ours: lost, moved, or made anew; what is to be said in it waits meanwhile."""

from sqlalchemy import delete, select, update

from cases.roles import Place
from storage import tables
from storage.find import Find, place_of
from storage.work import Work

_ANEW = "made anew "
"""What the name of a setting begins with that counts how often a channel's room was made anew."""


def lose(work: Work, channel: str) -> None:
    """Nothing more is said in this channel until it has another room."""
    r = tables.rooms
    work.session.execute(update(r).filter_by(account=work.account.user_id, channel=channel).values(gone_at=work.now))


def move(work: Work, channel: str, room_id: str) -> None:
    """The channel goes on in this room."""
    r = tables.rooms
    fresh = {"room_id": room_id, "last_event": None, "gone_at": None}
    work.session.execute(update(r).filter_by(account=work.account.user_id, channel=channel).values(fresh))


def renew(work: Work, channel: str) -> None:
    """The channel gets a new room, made when the first thing is said in it."""
    r = tables.rooms
    work.session.execute(delete(r).filter_by(account=work.account.user_id, channel=channel))
    work.keep(_ANEW + channel, str(_times(work.find, channel) + 1))


def take_over(work: Work, channel: str) -> None:
    """The channel of another account is ours: it gets a new room, and what is still to be said in it."""
    r, o, us = tables.rooms, tables.outbox, work.account.user_id
    work.session.execute(delete(r).where(r.c.channel == channel, r.c.account != us))
    waiting = update(o).where(o.c.channel == channel, o.c.sent_at.is_(None))
    work.session.execute(waiting.values(account=us))


def held_by_others(find: Find) -> list[str]:
    """The references of our open cases whose room is another account's, which ran their scheme before."""
    r = tables.rooms.c
    channels = {f"{Place.CASE}:{ref}": ref for ref in find.open_cases()}
    theirs = find.all(select(r.channel).where(r.account != find.account.user_id))
    return [channels[channel] for channel in theirs if channel in channels]


def lost(find: Find) -> list[str]:
    """The channels whose room is lost."""
    r = tables.rooms.c
    ours = (r.account == find.account.user_id, r.gone_at.is_not(None))
    return find.all(select(r.channel).where(*ours).order_by(r.channel))


def in_space(find: Find) -> list[str]:
    """The rooms that are shown in the space."""
    r = tables.rooms.c
    ours = (r.account == find.account.user_id, r.gone_at.is_(None), r.channel != Place.SPACE)
    listed = find.rows(select(r.channel, r.room_id).where(*ours).order_by(r.channel))
    return [row.room_id for row in listed if place_of(row.channel) not in {Place.CASE, Place.DIRECT}]


def marker(find: Find, channel: str) -> str:
    """What tells the channel's present room from its earlier ones."""
    times = _times(find, channel)
    return f"{channel} {times}" if times else channel


def _times(find: Find, channel: str) -> int:
    return int(find.setting(_ANEW + channel) or 0)
