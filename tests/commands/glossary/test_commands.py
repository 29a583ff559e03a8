import pytest

from tests.room import Conference


@pytest.mark.scenario
async def test_a_shared_language_each_agencys_meaning_side_by_side(table: Conference) -> None:
    room = await table.open_case()
    assert "No agency has said yet" in await table.answer("ada", "!term threshold", room=room)
    await table.say("ada", "!term Threshold when we can act without being called", room=room)
    await table.say("finn", "!term threshold when somebody is treated", room=room)
    said = await table.answer("hugo", "!term THRESHOLD?", room="direct:@hugo:example.org")
    assert said.text.splitlines()[:3] == [
        "threshold",
        "Health service: when somebody is treated",
        "Police: when we can act without being called",
    ]
    assert "Not said yet by: School, Social services, Youth work." in said


async def test_an_agency_words_its_own_meaning_and_no_other(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!term risk what may happen", room=room)
    await table.say("finn", "!term risk how probable harm is", room=room)
    said = await table.answer("ada", "!term risk what may happen soon", room=room)
    assert "Police: what may happen soon" in said
    assert "Health service: how probable harm is" in said
    assert said.text.count("Police:") == 1
    assert "risk" in await table.answer("ada", "!term", room=room)
