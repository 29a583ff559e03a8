from commands.escalation.board import list_disagreements
from tests.room import Conference


async def test_a_disagreement_stands_on_the_board_until_it_has_its_outcome(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!decide he goes to another class because: he is bullied", room=room)
    await table.say("hugo", "!dissent D-1 the other class is full", room=room)
    await table.say("hugo", "!escalate D-1 because: it is too far", room=room)
    (entry,) = list_disagreements(await table.case(room), table.now)
    assert (entry.id, entry.state, entry.words) == ("D-1", "outcome demanded", "it is too far")
    assert (set(entry.whose), entry.late) == ({"police", "school"}, False)
    assert [(offer.command, offer.id) for offer in entry.offers] == [("resolve", "D-1")]
    table.later(days=5)
    (entry,) = list_disagreements(await table.case(room), table.now)
    assert entry.late
    await table.say("ada", "!resolve D-1 he stays, and Hugo sits beside him", room=room)
    (entry,) = list_disagreements(await table.case(room), table.now)
    assert (entry.state, entry.settled, entry.words, entry.offers) == (
        "resolved",
        True,
        "he stays, and Hugo sits beside him",
        (),
    )
