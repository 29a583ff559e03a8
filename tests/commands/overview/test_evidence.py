import pytest

from tests.room import Conference


@pytest.mark.scenario
async def test_nobody_has_all_the_information_the_map_shows_what_is_known_and_where_it_stops(table: Conference) -> None:
    room = await table.open_case()
    await table.say("hugo", "!concern not seen for two weeks kind: fact domain: school", room=room)
    await table.say("ada", "!request health was he seen? because: the plan domain: health", room=room)
    await table.say("finn", "!refuse R-1 we owe him secrecy here ground: professional secrecy", room=room)
    await table.say("ada", "!request youth who are his friends? because: the plan", room=room)
    await table.say("iris", "!answer R-2 two boys from the gym domain: peers", room=room)
    await table.say("ada", "!request social is the rent paid? because: the plan domain: housing", room=room)
    table.later(days=6)
    said = (await table.answer("ada", "!status", room=room)).text.replace("\n", " ")
    assert (
        "4 of 7 domains: 1 with a concern (school), 1 answered, 1 refused (professional secrecy), 1 silent for 6 days"
    ) in said


async def test_the_ground_of_a_refusal_that_is_for_a_few_is_not_on_the_map(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was he seen? because: the plan see: social domain: health", room=room)
    await table.say("finn", "!refuse R-1 we owe him secrecy ground: professional secrecy", room="agency:health")
    said = (await table.answer("hugo", "!status", room=room)).text
    assert "1 of 7 domains: 1 refused" in said
    assert "secrecy" not in said
