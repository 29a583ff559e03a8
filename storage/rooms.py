"""What becomes of a room of ours: lost, moved, or made anew; what is to be said in it waits meanwhile."""

from sqlalchemy import delete, select, update

from storage import tables
from storage.find import Find
from storage.work import Work

_ANEW = "made anew "
"""What the name of a setting begins with that counts how often a channel's room was made anew."""


async def lose(work: Work, channel: str) -> None:
    """Nothing more is said in this channel until it has another room."""
    r = tables.rooms
    await work.session.execute(
        update(r).filter_by(account=work.account.user_id, channel=channel).values(gone_at=work.now)
    )


async def move(work: Work, channel: str, room_id: str) -> None:
    """The channel goes on in this room."""
    r = tables.rooms
    fresh = {"room_id": room_id, "last_event": None, "gone_at": None}
    await work.session.execute(update(r).filter_by(account=work.account.user_id, channel=channel).values(fresh))


async def renew(work: Work, channel: str) -> None:
    """The channel gets a new room, made when the first thing is said in it."""
    r = tables.rooms
    await work.session.execute(delete(r).filter_by(account=work.account.user_id, channel=channel))
    await work.keep(_ANEW + channel, str(await _times(work.find, channel) + 1))


async def lost(find: Find) -> list[str]:
    """The channels whose room is lost."""
    r = tables.rooms.c
    ours = (r.account == find.account.user_id, r.gone_at.is_not(None))
    return await find.all(select(r.channel).where(*ours).order_by(r.channel))


async def marker(find: Find, channel: str) -> str:
    """What tells the channel's present room from its earlier ones."""
    times = await _times(find, channel)
    return f"{channel} {times}" if times else channel


async def _times(find: Find, channel: str) -> int:
    return int(await find.setting(_ANEW + channel) or 0)
