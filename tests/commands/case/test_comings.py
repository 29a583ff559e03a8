"""Who comes into a room is told what it is for, once."""

from commands.case.comings import topic_of
from storage.find import SPACE
from tests.room import Conference, user


async def test_a_room_says_once_what_it_is_for(table: Conference) -> None:
    for channel, word in (
        ("agency:health", "Health service’s own room"),
        ("coordination", "Here you open cases"),
        (f"direct:{user('ada')}", "our direct chat"),
    ):
        people = (user("ada"), user("finn"))
        await table.comings.came(f"!{channel}:example.org", people)
        (said,) = await table.deliver()
        assert (said.channel, word in said.text, said.notice, said.mentions) == (channel, True, True, ())
        table.later(days=1)
        await table.comings.came(f"!{channel}:example.org", people)
        assert await table.deliver() == []


async def test_those_who_come_together_are_told_together(table: Conference) -> None:
    await table.comings.came("!agency:health:example.org", (user("finn"),))
    await table.comings.came("!agency:health:example.org", (user("gina"),))
    assert len(await table.deliver()) == 1
    table.later(days=1)
    await table.comings.came("!agency:health:example.org", (user("iris"),))
    assert len(await table.deliver()) == 1


async def test_what_a_room_is_for_tells_nothing_of_a_case(table: Conference) -> None:
    room = await table.open_case()
    assert topic_of(room, "en") == topic_of("case:M4XD", "en")
    assert topic_of(room, "nl") != topic_of(room, "en")
    channels = (room, "agency:police", "coordination", "admin", "direct:@a:b", SPACE)
    topics = {topic_of(channel, "en") for channel in channels}
    assert len(topics) == 6
