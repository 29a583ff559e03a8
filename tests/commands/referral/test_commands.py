"""The desk (Wegweiser): it refers people, owns the need until a partner accepts, and always hears what came of it."""

import pytest

from tests.room import Conference, Said, user

NEED = "w1nter jacket and somewhere to go after school"
REFER = f"!refer youth {NEED} because: he is alone until six"


def in_room(said: list[Said], channel: str) -> Said:
    return next(one for one in said if one.channel == channel)


@pytest.mark.scenario
async def test_wegweiser_a_desk_refers_without_a_case_and_hears_each_answer(table: Conference) -> None:
    said = await table.say("dirk", REFER, room="agency:social")
    card = in_room(said, "agency:youth")
    assert card.subject == "X-1"
    assert "Because: he is alone until six" in card.text
    assert f"Need: {NEED}" in card.text
    assert sorted(card.mentions) == [user("iris"), user("jack")]
    own = in_room(said, "agency:social")
    assert "It stays with Social services until Youth work accepts it" in own.text.replace("\n", " ")
    assert {one.channel for one in said} == {"agency:youth", "agency:social"}

    said = await table.say(
        "iris", "redirect health because: he needs a doctor first", room="agency:youth", replies_to=card
    )
    assert "he needs a doctor first" in in_room(said, "agency:social").text
    card = in_room(said, "agency:health")
    said = await table.say("finn", "decline we have no place before May", room="agency:health", replies_to=card)
    told = in_room(said, "agency:social")
    assert "we have no place before May" in told.text
    assert told.mentions == (user("dirk"),)

    said = await table.say("dirk", "!redirect X-1 youth because: they know him", room="agency:social")
    card = in_room(said, "agency:youth")
    said = await table.say("jack", "accept", room="agency:youth", replies_to=card)
    assert "Youth work accepts the referral" in in_room(said, "agency:social").text
    table.later(days=4)
    said = await table.say("jack", "!firstcontact X-1", room="agency:youth")
    assert "first contact after 4 days" in in_room(said, "agency:social").text
    said = await table.say("jack", "!outcome X-1 he comes on Tuesdays", room="agency:youth")
    assert "he comes on Tuesdays" in in_room(said, "agency:social").text
    said = await table.say("jack", "!outcome X-1 again", room="agency:youth")
    assert "No open referral X-1 is with your agency." in said[0].text


async def test_a_referral_without_a_case_is_in_no_list_and_no_other_room(table: Conference) -> None:
    await table.say("dirk", REFER, room="agency:social")
    table.later(days=20)
    await table.sweeps.run()
    await table.deliver()
    await table.sweeps.follow()
    await table.deliver()
    await table.say("cleo", "!case list", room="coordination")
    await table.say("finn", "!mine", room=f"direct:{user('finn')}")
    await table.say("finn", "!accept X-1", room="agency:health")
    knows = {one.channel for one in table.heard + table.cards if "w1nter" in one.text}
    assert knows == {"agency:social", "agency:youth"}
    with table.store.look() as find:
        assert find.open_cases() == []
        ref = find.cases_with("referral")[0]
    assert not [one for one in table.heard if one.channel.startswith("case:")]
    assert not [one for one in table.heard if one.channel == "coordination" and ref in one.text]
    said = await table.answer("cleo", f"!case invite {ref} Finn de Boer because: curious", room="coordination")
    assert (await table.outcomes())[-1] == ("case invite", "case/no_such_case")
    assert "w1nter" not in said.text


async def test_two_desks_never_give_the_same_number(table: Conference) -> None:
    await table.say("dirk", REFER, room="agency:social")
    said = await table.say("ada", "!refer youth a job because: he asks for one", room="agency:police")
    assert in_room(said, "agency:youth").subject == "X-2"
    said = await table.say("iris", "!decline X-2 he is too young", room="agency:youth")
    assert {one.channel for one in said} == {"agency:youth", "agency:police"}


@pytest.mark.scenario
async def test_wegweiser_from_a_case_the_table_sees_how_long_it_waits(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    said = await table.say("ada", REFER, room=room)
    card = in_room(said, "agency:youth")
    table.later(days=3)
    status = (await table.answer("dirk", "!status", room=room)).text
    assert "X-1 to Youth work: waiting since 3 days" in status
    assert "accept, decline or redirect X-1" in (await table.answer("dirk", "!next", room=room)).text
    assert "X-1" in (await table.answer("cleo", "!close because: done owner: police", room=room)).text
    table.later(days=1)
    before = len(table.heard)
    await table.sweeps.run()
    await table.deliver()
    late = [one for one in table.heard[before:] if "waiting since 4 days" in one.text]
    assert {one.channel for one in late} == {room, "agency:youth"}
    assert not any("w1nter" in one.text for one in late)
    said = await table.say("iris", "accept", room="agency:youth", replies_to=card)
    assert "Youth work accepts the referral" in in_room(said, room).text
    await table.say("iris", "!firstcontact X-1", room="agency:youth")
    assert "first contact after 4 days" in (await table.answer("dirk", "!status", room=room)).text
    await table.say("iris", "!outcome X-1 he comes on Tuesdays", room="agency:youth")
    timeline = (await table.answer("dirk", "!timeline", room=room)).text
    assert "referred somebody (X-1)" in timeline
    assert "told what came of X-1" in timeline


@pytest.mark.parametrize(
    ("who", "text", "where", "code"),
    [
        ("finn", "!accept X-1", None, "referral/not_asked_of_you"),
        ("finn", "!decline X-1 canary", None, "referral/not_asked_of_you"),
        ("finn", "!outcome X-1 canary", None, "referral/accept_first"),
        ("finn", "!redirect X-1 school because: canary", None, "referral/not_yours"),
        ("finn", "!firstcontact X-1", None, "referral/not_asked_of_you"),
        ("iris", "!outcome X-1 canary", "agency:youth", "referral/accept_first"),
        ("iris", "!redirect X-1 police because: canary", "agency:youth", "referral/back_to_desk"),
        ("iris", "!redirect X-1 youth because: canary", "agency:youth", "referral/there_already"),
        ("finn", "!accept X-1", "agency:health", "referral/which"),
        ("ada", "!refer police canary because: canary", None, "referral/own_agency"),
        ("ada", "!refer youth canary", None, "reading/missing"),
        ("ella", "!refer youth canary because: canary", "agency:social", "dispatch/not_allowed"),
    ],
)
async def test_who_may_not_changes_nothing(
    table: Conference, who: str, text: str, where: str | None, code: str
) -> None:
    room = await table.open_case(agencies="police, social, health, school")
    await table.say("ada", REFER, room=room)
    steps = len((await table.case(room)).steps)
    said = await table.answer(who, text, room=where or room)
    assert (await table.outcomes())[-1][1] == code
    assert "w1nter" not in said.text
    assert "canary" not in said.text
    assert len((await table.case(room)).steps) == steps


async def test_undo_takes_a_referral_back(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await table.say("ada", REFER, room=room)
    await table.say("ada", "!undo", room=room)
    assert "X-1" not in (await table.answer("dirk", "!status", room=room)).text
    await table.say("iris", "!accept X-1", room="agency:youth")
    assert (await table.outcomes())[-1] == ("accept", "referral/which")
