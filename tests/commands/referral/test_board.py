from dataclasses import replace

from cases.scheme import Scheme
from commands.board.parts import list_columns
from commands.poll.jobs import keep_polls
from commands.referral.board import list_referrals
from tests.room import Conference


async def test_a_referral_stands_on_the_board_with_whose_move_it_is(table: Conference) -> None:
    room = await table.open_case()
    assert "Referrals" in [column.title for column in list_columns()]
    await table.say("dirk", "!refer youth a place after school because: he is alone", room=room)
    (entry,) = list_referrals(await table.case(room), table.now)
    assert (entry.id, entry.state, entry.whose, entry.late) == ("X-1", "waiting", ("youth",), False)
    assert [offer.command for offer in entry.offers] == ["accept", "decline", "redirect"]
    await table.say("iris", "!decline X-1 we are full", room=room)
    (entry,) = list_referrals(await table.case(room), table.now)
    assert (entry.state, entry.whose) == ("declined", ("social",))
    await table.say("dirk", "!outcome X-1 his uncle takes him", room=room)
    (entry,) = list_referrals(await table.case(room), table.now)
    assert entry.settled


async def test_the_agency_is_asked_by_a_poll_in_its_own_room(table: Conference) -> None:
    table = Conference(table.store, replace(table.house, schemes={"safety table": Scheme(polls=True)}))
    room = await table.open_case()
    await table.say("dirk", "!refer youth a place after school because: he is alone", room=room)
    keep_polls(table.sweeps.begin())
    await table.deliver()
    (poll,) = [poll for poll, _ in table.polls if "referral" in poll.text]
    assert poll.channel == "agency:youth"
    said = await table.tap("iris", poll, "We take it on")
    assert any(s.channel == room and "Youth work accepts the referral" in s for s in said)
    keep_polls(table.sweeps.begin())
    await table.deliver()
    assert ("agency:youth", poll.event_id) in table.retracted
