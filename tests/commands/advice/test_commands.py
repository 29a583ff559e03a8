"""Depersonalised advice: what leaves the room, who lets it, and what comes back."""

import pytest

from commands.advice.rules import Advice
from commands.erasure.deletions import Doubt
from tests.room import Conference, Said, user


async def seat(table: Conference, *who: str, place: str = "steering") -> None:
    """Let these people sit in a room above the tables."""
    for one in who:
        await table.say("kees", f"!member sits {user(one)} {place} because: they know", room="admin")


async def asked(table: Conference, room: str, question: str, *, place: str = "steering") -> Said:
    """Ada asks and sends; the card where it is asked."""
    to = "" if place == "steering" else f" to: {place}"
    draft = await table.answer("ada", f"!advice {question}{to}", room=room)
    said = await table.say("ada", "send", room=room, replies_to=draft)
    return next(s for s in said if s.channel == place)


@pytest.mark.scenario
async def test_a_depersonalised_question_goes_to_steering_and_the_answer_comes_back(table: Conference) -> None:
    await seat(table, "ella", "bram")
    room = await table.open_case()
    ref = room.partition(":")[2]
    draft = await table.answer("ada", f"!advice may Finn de Boer tell the school about {ref}?", room=room)
    assert (draft.subject, "not sent yet" in draft) == ("V-1", True)
    assert "may […] tell the school about […]?" in draft
    assert not [s for s in table.heard if s.channel == "steering" and "advice" in s.text and "may" in s.text]
    said = await table.say("ada", "send", room=room, replies_to=draft)
    question = next(s for s in said if s.channel == "steering")
    assert set(question.mentions) == {user("ella"), user("bram")}
    assert "may […] tell the school about […]?" in question
    assert "V-1: asked" in (await table.answer("ada", "!status", room=room)).text.replace(" · steering ·", ":")
    assert "V-1" in await table.answer("ada", "!followups", room=room)
    back = await table.say("ella", "answer yes, with the consent of both", room="steering", replies_to=question)
    thanks, told = (next(s for s in back if s.channel == where) for where in ("steering", room))
    assert "yes, with the consent of both" in told
    assert "advice of steering, by Ella Mulder" in told
    assert user("ada") in told.mentions
    assert not any(word in thanks.text for word in (ref, "consent", "V-1 "))
    assert "V-1" not in await table.answer("ada", "!followups", room=room)
    assert "gave advice (V-1)" in await table.answer("ada", "!timeline", room=room)


@pytest.mark.scenario
async def test_nothing_that_tells_who_it_is_about_reaches_steering(table: Conference) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("hugo", "!person view his friend says that Mustafa wants to come home", room=room)
    await table.say("ada", "!concern he was seen kind: fact", room=room)
    before = len(table.heard)
    question = (
        f"may we tell Finn's colleagues, gina dekker and @hugo:example.org of C-1 in {ref.lower()}: mustafa, who was "
        "born on 3 May 2009 (03-05-2009), lives at Kerkstraat 12, 1234 AB Utrecht, 06-12345678, m.k@mail.example, "
        "https://example.org/mk ? His sister Samira and dr. F. de Boer know. Cleo too, and ADA."
    )
    await asked(table, room, question)
    (there,) = [s for s in table.heard[before:] if s.channel == "steering"]
    text = (there.text + there.html).casefold()
    for canary in (
        *(ref, "C-1", "Finn", "Gina", "Dekker", "hugo", "Mustafa", "2009", "Kerkstraat", "1234", "Utrecht", "0612"),
        *("12345678", "m.k@", "example.org/mk", "Samira", "Boer", "Cleo", "Ada", "Jansen", "Bakker"),
    ):
        assert canary.casefold() not in text.replace("roundtable", ""), canary
    assert "may we tell" in text
    # Nor does anything say which case it was, where those look who sit there.
    assert there.scope == "house"
    assert there.subject != "V-1"


async def test_the_name_of_an_agency_is_its_kind_where_that_identifies_nobody(table: Conference) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    line = "!agency add lindenhof name: Lindenhof Clinic North kind: youth psychiatry"
    await table.say("kees", line, room="admin")
    question = "may the police, social services and the Lindenhof clinic north (lindenhof) visit? The School, too?"
    there = await asked(table, room, question)
    expected = "may the police, social services and the youth psychiatry (youth psychiatry) visit? The School, too?"
    assert expected in there.text.replace("\n", " ")


async def test_advice_needs_somebody_to_ask(table: Conference) -> None:
    room = await table.open_case()
    refused = await table.answer("ada", "!advice may we visit CANARY?", room=room)
    assert "There is no steering group here" in refused
    assert "CANARY" not in refused
    await seat(table, "ella")
    refused = await table.answer("ada", "!advice may we visit him? to: committee", room=room)
    assert "no lawfulness committee" in refused
    assert not (await table.case(room)).all(Advice)


@pytest.mark.scenario
async def test_a_lawfulness_committee_is_asked_in_its_own_room(table: Conference) -> None:
    await seat(table, "ella")
    await seat(table, "bram", place="committee")
    room = await table.open_case()
    question = await asked(table, room, "is Article 9 a basis for this?", place="committee")
    assert "is Article 9 a basis for this?" in question
    assert not [s for s in table.heard if s.channel == "steering" and "Article" in s]
    await table.say("ella", f"!advise {question.subject} yes", room="steering")
    assert (await table.outcomes())[-1] == ("advise", "advice/no_such_question")
    back = await table.say("bram", f"!advise {question.subject} no, it is not", room="committee")
    assert any(s.channel == room and "lawfulness committee, by Bram Visser" in s for s in back)


@pytest.mark.parametrize(
    ("who", "may"), [("ada", True), ("cleo", True), ("hugo", True), ("finn", False), ("iris", False)]
)
async def test_its_author_the_chair_or_the_coordinator_lets_it_leave(table: Conference, who: str, may: bool) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    await table.say("hugo", "!roundtable fri 10:00", room=room)
    await table.say("ada", "!advice may we visit him?", room=room)
    before = len(table.heard)
    await table.say(who, "!send V-1", room=room)
    assert bool([s for s in table.heard[before:] if s.channel == "steering"]) is may
    assert (await table.outcomes())[-1][1] == ("done" if may else "advice/not_yours")


async def test_a_question_is_sent_once_and_worded_anew_until_then(table: Conference) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    await table.say("ada", "!advice may we visit him on a Sunday?", room=room)
    await table.say("ada", "!advice may we visit somebody on a Sunday?", room=room)
    await table.say("ada", "!send V-1", room=room)
    assert (await table.outcomes())[-1] == ("send", "case/no_such_record")
    await table.say("ada", "!send V-2", room=room)
    assert "sent already" in await table.answer("ada", "!send V-2", room=room)
    assert len([s for s in table.heard if s.channel == "steering" and "Sunday" in s]) == 1
    await table.say("ada", "!undo", room=room)
    assert (await table.outcomes())[-1] == ("undo", "undo/final")


async def test_what_becomes_a_name_before_it_is_sent_does_not_leave(table: Conference) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    await table.say("ada", "!advice may we ask fatou about it?", room=room)
    await table.say("kees", "!member add @fatou:example.org Fatou Diop agency: health because: new", room="admin")
    said = await table.say("ada", "!send V-1", room=room)
    assert not [s for s in said if s.channel == "steering" and "fatou" in s.text.casefold()]
    assert any(s.channel == "steering" and "may we ask […] about it?" in s for s in said)


@pytest.mark.parametrize(
    "answer",
    ["ask Gina Dekker", "ask gina", "ask @finn:example.org", "that is K7QF, is it not", "as in {ref}", "ask Dr. Boer"],
)
async def test_an_answer_names_nobody_and_nothing_of_one_that_does_is_repeated(table: Conference, answer: str) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    question = await asked(table, room, "may we visit him?")
    text = f"answer yes CANARY {answer.replace('{ref}', room.partition(':')[2].lower())}"
    said = await table.say("ella", text, room="steering", replies_to=question)
    assert {s.channel for s in said} == {"steering"}
    assert not any(word in s.text for s in said for word in ("CANARY", "Gina", "gina", "finn", "K7QF", "Boer"))
    assert (await table.outcomes())[-1][1] in {"advice/names_somebody", "dispatch/names_case"}
    assert "no advice yet" in await table.answer("ada", "!status", room=room)


async def test_an_answer_about_kinds_of_agencies_goes_on_and_can_be_said_better_by_its_author(
    table: Conference,
) -> None:
    await seat(table, "ella", "bram")
    room = await table.open_case()
    question = await asked(table, room, "may we visit him?")
    answer = "The police may, with the school. " + "It is long. " * 200
    back = await table.say("ella", f"answer {answer}", room="steering", replies_to=question)
    told = "".join(s.text for s in back if s.channel == room)
    assert told.count("It is long.") == 200
    await table.say("bram", f"!advise {question.subject} no", room="steering")
    assert (await table.outcomes())[-1] == ("advise", "advice/answered_already")
    back = await table.say("ella", f"!advise {question.subject} only by day", room="steering")
    assert any(s.channel == room and "in new words" in s and "only by day" in s for s in back)
    with table.store.look() as find:
        assert find.case(room.partition(":")[2])
    (one,) = (await table.case(room)).all(Advice)
    assert (one.answer, one.answered_by) == ("only by day", user("ella"))


async def test_without_a_number_the_one_that_waits_is_meant(table: Conference) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    refused = await table.answer("ella", "!advise yes", room="steering")
    assert "No question waits" in refused
    first = await asked(table, room, "may we visit him?")
    second = await asked(table, room, "may we call him?")
    refused = await table.answer("ella", "!advise yes", room="steering")
    assert str(first.subject) in refused
    await table.say("ella", f"!advise {second.subject} no", room="steering")
    back = await table.say("ella", "!advise yes", room="steering")
    assert any(s.channel == room and s.subject == "V-1" for s in back)


@pytest.mark.parametrize("who", ["ada", "cleo", "kees"])
async def test_who_does_not_sit_there_answers_nothing(table: Conference, who: str) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    question = await asked(table, room, "may we visit him?")
    said = await table.say(who, f"!advise {question.subject} yes", room="steering")
    assert not [s for s in said if s.channel == room]
    assert (await table.outcomes())[-1] == ("advise", "dispatch/not_a_member")


async def test_a_question_of_which_nothing_is_left_is_not_asked(table: Conference) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    assert "nothing is left" in await table.answer("ada", "!advice Finn de Boer?", room=room)
    assert not (await table.case(room)).all(Advice)


async def delete(table: Conference, who: str, event_id: str, *, room: str, by: str | None = None) -> list[Said]:
    """Somebody's message is deleted, by themselves unless it is said by whom."""
    await table.deleting.deleted(f"!{room}:example.org", user(by or who), event_id, f"$deleted {event_id} {by}")
    return await table.deliver()


async def test_who_deletes_their_answer_takes_it_off_the_file_and_nothing_there_says_of_which_case(
    table: Conference,
) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    question = await asked(table, room, "may we visit him?")
    await table.say("ella", f"!advise {question.subject} CANARY yes", room="steering", event_id="$answer")
    card = next(s for s in table.heard if s.channel == room and "CANARY" in s)
    # Somebody else's deletion, such as a server's, takes nothing off.
    assert await delete(table, "ella", "$answer", room="steering", by="bram") == []
    assert "advice by Ella Mulder" in await table.answer("ada", "!status", room=room)
    # Nor does one from an account of which somebody may have the password.
    room_id, answer = "!steering:example.org", "$answer"
    await table.deleting.deleted(room_id, user("ella"), answer, "$doubted", Doubt.DEVICE)
    assert (await table.deliver(), table.retracted) == ([], [])
    said = await delete(table, "ella", "$answer", room="steering")
    (one,) = (await table.case(room)).all(Advice)
    assert one.answer == "[…]"
    assert {s.channel for s in said} == {room, "steering"}
    there = next(s for s in said if s.channel == "steering")
    assert not any(word in there.text for word in (room.partition(":")[2], "V-1 ", "CANARY"))
    assert (room, card.event_id) in table.retracted
    table.later(days=8)
    await table.sweeps.run()
    assert "CANARY" not in str([vars(step) for step in (await table.case(room)).steps])


async def test_who_deletes_their_question_takes_it_out_of_the_steering_room_too(table: Conference) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    await table.say("ada", "!advice may we visit CANARY him?", room=room, event_id="$question")
    said = await table.say("ada", "!send V-1", room=room)
    question = next(s for s in said if s.channel == "steering")
    said = await delete(table, "ada", "$question", room=room)
    assert ("steering", question.event_id) in table.retracted
    assert not [s for s in said if s.channel == "steering"]


async def test_what_was_sent_stays_asked_when_only_the_sending_is_deleted(table: Conference) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    await table.say("ada", "!advice may we visit him?", room=room)
    table.later(minutes=1)
    said = await table.say("ada", "!send V-1", room=room, event_id="$sending")
    question = next(s for s in said if s.channel == "steering")
    await delete(table, "ada", "$sending", room=room)
    assert [channel for channel, _ in table.retracted] == [room]
    assert "V-1" in await table.answer("ada", "!followups", room=room)
    back = await table.say("ella", "answer yes, with his consent", room="steering", replies_to=question)
    assert any("yes, with his consent" in s for s in back if s.channel == room)


async def test_so_does_who_confirms_that_they_deleted_it(table: Conference) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    await table.say("ada", "!advice may we visit CANARY him?", room=room, event_id="$question")
    said = await table.say("ada", "!send V-1", room=room)
    question = next(s for s in said if s.channel == "steering")
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$question", "$doubted", Doubt.DEVICE)
    await table.deliver()
    assert ("steering", question.event_id) not in table.retracted
    said = await table.say("ada", "!erase V-1", room=room)
    assert ("steering", question.event_id) in table.retracted
    assert not [s for s in said if s.channel == "steering"]


async def test_a_question_of_which_nothing_is_left_by_now_is_not_sent(table: Conference) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    await table.say("ada", "!advice Zorro?", room=room)
    await table.say("kees", "!member add @zorro:example.org Zorro Vega agency: police because: new", room="admin")
    assert "nothing is left of it" in await table.answer("ada", "!send V-1", room=room)
    assert not [s for s in table.heard if s.channel == "steering" and "asks for advice" in s]


@pytest.mark.parametrize("text", ["Yes, with the consent of both", "yes", "It is lawful under Article 9"])
async def test_a_reply_that_may_be_the_advice_is_asked_about_and_goes_on_with_a_yes(
    table: Conference, text: str
) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    question = await asked(table, room, "may we visit him?")
    asks = await table.answer("ella", text, room="steering", replies_to=question)
    assert not [s for s in table.heard if s.channel == room and "advice of steering" in s]
    assert room.partition(":")[2] not in asks.text
    back = await table.say("ella", "yes", room="steering", replies_to=asks)
    assert any(s.channel == room and "advice of steering" in s and text in s for s in back)


@pytest.mark.parametrize("text", ["thanks", "which school?", "I will ask tomorrow", "who knows?"])
async def test_other_replies_to_a_question_are_talk(table: Conference, text: str) -> None:
    await seat(table, "ella")
    room = await table.open_case()
    question = await asked(table, room, "may we visit him?")
    assert await table.say("ella", text, room="steering", replies_to=question) == []


async def test_nothing_of_a_practice_reaches_steering(table: Conference) -> None:
    await seat(table, "ella")
    opened = await table.say("cleo", "!practice open agencies: police, health", room="coordination")
    room = next(s.channel for s in opened if s.channel.startswith("case:"))
    coming = tuple(person for where, person in table.invited if where == room)
    await table.comings.joined(f"!{room}:example.org", coming, "joining")
    await table.deliver()
    await table.say("ada", "!advice may we visit him?", room=room)
    said = await table.say("ada", "!send V-1", room=room)
    assert (await table.outcomes())[-1] == ("send", "advice/practised")
    assert not [s for s in said if s.channel == "steering"]
