import pytest

from cases.case import Case
from commands.request.rules import Answer, Request, State
from tests.room import Conference, Said, user

ASK = "!request health was he seen since May? because: the safety plan depends on it by: fri 15:00"
AMENDS = "Something wrong in it? Reply:  correct HOW IT IS"


async def ask(table: Conference, room: str, text: str = ASK) -> tuple[Said, Said]:
    """The card at the table, and the card in the room of the agency that is asked."""
    said = {s.channel: s for s in await table.say("ada", text, room=room)}
    return said[room], said["agency:health"]


def picture(case: Case) -> tuple[object, ...]:
    """All that a refused command might have changed."""
    requests = [(r.state, r.question, r.due_at, r.to_agency) for r in case.all(Request)]
    return requests, [a.id for a in case.all(Answer)], len(case.steps)


async def refused(table: Conference, room: str, who: str, text: str, code: str, *, channel: str | None = None) -> Said:
    """What is said to a command that is refused, which changes nothing."""
    before = picture(await table.case(room))
    said = await table.answer(who, text, room=channel or room)
    assert picture(await table.case(room)) == before
    assert (await table.outcomes())[-1][1] == code
    assert (said.mentions, said.notice) == ((), True)
    return said


async def test_a_question_is_put_at_the_table_and_in_the_room_of_the_agency(table: Conference) -> None:
    room = await table.open_case()
    at_table, with_health = await ask(table, room, f"{ASK} basis: section 12")
    assert at_table.text == (
        "R-1 · to Health service · answer by Fri 6 Nov 2026, 15:00 Europe/Amsterdam\n"
        "Because: the safety plan depends on it\n"
        "Question: was he seen since May?\n"
        "Basis: section 12\n"
        "Asked by Police. Reply: answer … · partly … · nothing · refuse … · moretime …"
    )
    assert with_health.text == (
        f"R-1 · {room.partition(':')[2]} · to Health service\nanswer by Fri 6 Nov 2026, 15:00 Europe/Amsterdam\n"
        "Because: the safety plan depends on it\n"
        "Question: was he seen since May?\n"
        "Basis: section 12\n"
        "Who will see the answer: everybody at the table.\n"
        "Asked by Police. Reply: answer … · partly … · nothing · refuse … · moretime …\n"
        "Only your answer leaves this room."
    )
    # Nobody is rung twice for one question.
    assert (at_table.mentions, sorted(with_health.mentions)) == ((), [user("finn"), user("gina")])
    assert (at_table.subject, with_health.subject) == ("R-1", "R-1")


async def test_a_question_to_one_person_wakes_that_person_only(table: Conference) -> None:
    room = await table.open_case()
    said = {
        s.channel: s for s in await table.say("ada", "!request Gina Dekker was he seen? because: the plan", room=room)
    }
    at_table, alone = said.pop(room), said.pop(f"direct:{user('gina')}")
    assert said == {}
    assert at_table.text.startswith("R-1 · to Health service · answer by Mon 9 Nov 2026, 17:00")
    assert "\nAsked of: Gina Dekker\n" in at_table
    assert (at_table.mentions, alone.mentions) == ((), (user("gina"),))


async def test_a_question_without_a_reason_is_refused(table: Conference) -> None:
    room = await table.open_case()
    said = await refused(table, room, "ada", "!request health was he seen?", "reading/missing")
    assert said.text.startswith("Almost: a reason is missing.")
    assert "because: why you need it" in said.text
    assert said.text.endswith("Nothing was sent.")
    assert not [s for s in table.heard if s.channel == "agency:health"]


async def test_ones_own_agency_is_not_asked(table: Conference) -> None:
    room = await table.open_case()
    said = await refused(table, room, "ada", "!request police any call-outs? because: the plan", "request/own_agency")
    assert said.text == (
        "That is your own agency. Ask somebody else, for example\n"
        "!request health QUESTION because: REASON\n"
        "Nothing was sent."
    )


async def test_the_answer_leaves_the_agencys_room_and_nothing_else_does(table: Conference) -> None:
    room = await table.open_case()
    _, card = await ask(table, room)
    await table.say("gina", "Finn, the file says PRIVATE, do we tell them?", room="agency:health")
    talk = await table.say("gina", "we have to look first, PRIVATE", room="agency:health", replies_to=card)
    assert talk == []
    said = {s.channel: s for s in await table.say("finn", "answer twice, in June", room=card.channel, replies_to=card)}
    assert set(said) == {room, "agency:health"}
    assert said[room].text == (
        f"R-1 · {room.partition(':')[2]} · Health service: answered\n"
        "twice, in June\n"
        "From Finn de Boer (Health service), asked by Police."
    )
    assert said[room].mentions == (user("ada"),)
    ref = room.partition(":")[2]
    assert said["agency:health"].text == f"Thank you. Your answer to R-1 has gone to {ref}.\n{AMENDS}"
    assert not [s for s in table.heard if "PRIVATE" in s]
    case = await table.case(room)
    assert (case.all(Request)[0].state, [a.text for a in case.all(Answer)]) == (State.ANSWERED, ["twice, in June"])


async def test_an_answer_for_a_narrower_audience_goes_only_into_their_rooms(table: Conference) -> None:
    room = await table.open_case()
    at_table, card = await ask(table, room, f"{ASK} see: social")
    assert "The answer is for: Police, Health service, Social services.\nAnswer in your agency's own room." in at_table
    assert "Who will see the answer: Police, Health service, Social services." in card
    said = {s.channel: s for s in await table.say("finn", "answer he was ill", room=card.channel, replies_to=card)}
    assert set(said) == {room, "agency:police", "agency:social", "agency:health"}
    assert [channel for channel, one in said.items() if "he was ill" in one] == ["agency:police", "agency:social"]
    assert said[room].text == (
        "R-1 · Health service: answered\n"
        "The answer is for Police, Health service, Social services\nand stands in their own rooms."
    )
    assert said["agency:health"].text == (
        f"Thank you. Your answer to R-1 has gone to {room.partition(':')[2]}. Only those it is for see it.\n{AMENDS}"
    )


async def test_an_answer_for_a_narrower_audience_is_refused_at_the_table(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room, f"{ASK} see: social")
    said = await refused(table, room, "finn", "!answer R-1 he was ill", "request/answer_in_your_room")
    assert said.text.startswith("R-1 is for Police, Health service, Social services only.")
    assert "ill" not in said


async def test_a_coordinator_of_another_agency_does_not_hear_what_is_for_those_who_sit(table: Conference) -> None:
    room = await table.open_case(agencies="police, health")
    await ask(table, room, f"{ASK} see: police")
    said = await refused(table, room, "finn", "!answer R-1 he was ill", "request/answer_in_your_room")
    assert "ill" not in said


async def test_who_may_see_it_is_everybody_when_the_audience_is_the_whole_table(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await ask(table, room, f"{ASK} see: social")
    said = await table.answer("finn", "!answer R-1 twice", room=room)
    assert "twice" in said


async def test_one_number_in_two_cases_is_asked_about(table: Conference) -> None:
    rooms = [await table.open_case(), await table.open_case()]
    cards = [(await ask(table, room))[1] for room in rooms]
    said = await refused(table, rooms[0], "finn", "!answer R-1 twice", "request/which_case", channel="agency:health")
    first, second = (room.partition(":")[2] for room in rooms)
    assert said.text in {
        f"Your agency was asked R-1 in more than one case: {one}, {other}. Reply to the card of the question. "
        "Nothing was sent."
        for one, other in ((first, second), (second, first))
    }
    await table.say("finn", "answer twice", room="agency:health", replies_to=cards[1])
    assert [(await table.case(room)).all(Request)[0].state for room in rooms] == [State.OPEN, State.ANSWERED]
    # That only one of them still waits does not tell which one is meant: words for one table are not for the other.
    for text in ("!answer R-1 and once in July", "!nothing R-1"):
        await refused(table, rooms[0], "finn", text, "request/which_case", channel="agency:health")


async def test_what_was_answered_is_not_answered_for_another_case_without_its_card(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room)
    await table.say("finn", "!answer R-1 twice", room="agency:health")
    said = await refused(table, room, "finn", "!answer R-1 never", "request/settled", channel="agency:health")
    assert said.text.startswith("R-1")


async def test_another_agency_does_not_answer(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room)
    said = await refused(table, room, "hugo", "!answer R-1 twice", "request/not_asked_of_you")
    assert said.text == "R-1 was asked of Health service.\nOnly they can answer it. Nothing was changed."
    said = await refused(table, room, "ada", "!answer R-1 x", "request/which_case", channel="agency:police")
    assert said.text == (
        "No open question R-1 waits for your agency. Reply to the card of the question. Nothing was sent."
    )


async def test_a_refusal_without_explanation_is_sent_back(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room)
    said = await refused(table, room, "finn", "!refuse R-1 no ground: other", "request/refusal_without_explanation")
    assert said.text == (
        "Almost: an explanation is missing. Say in a sentence why you cannot share it:\n"
        "!refuse R-1 EXPLANATION ground: GROUND instead: WHAT COULD HELP\n"
        "Nothing was sent."
    )
    said = await refused(table, room, "finn", "!refuse R-1 said in confidence", "reading/missing")
    assert "ground:" in said


async def test_a_refusal_with_its_ground_is_thanked_for_and_a_narrower_question_answered(table: Conference) -> None:
    room = await table.open_case()
    _, card = await ask(table, room)
    said = await table.answer(
        "finn",
        "!refuse R-1 said in confidence ground: professional secrecy instead: ask whether he is safe",
        room=room,
    )
    assert said.text == (
        f"R-1 · {room.partition(':')[2]} · Health service: refused\n"
        "Ground: professional secrecy\n"
        "Explanation: said in confidence\n"
        "What could help: ask whether he is safe\n"
        "Thank you for saying why.\n"
        "Ada Jansen (Police): a narrower question may help:  !narrow R-1 QUESTION\n"
        "From Finn de Boer (Health service), asked by Police."
    )
    assert said.mentions == (user("ada"),)
    narrowed = {s.channel: s for s in await table.say("ada", "narrow is he safe?", room=room, replies_to=said)}
    assert "Question: is he safe?" in narrowed[room]
    assert narrowed["agency:health"].mentions == (user("finn"), user("gina"))
    partly = await table.say("finn", "partly he is withheld: medical details", room=card.channel, replies_to=card)
    at_table = next(s for s in partly if s.channel == room)
    assert at_table.text.splitlines()[1:3] == ["he is", "Held back: medical details"]


async def test_more_time_tells_until_when_and_why(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room)
    said = await table.answer("finn", "!moretime R-1 9 nov 12:00 because: the archive is shut", room=room)
    assert said.text.splitlines()[:3] == [
        f"R-1 · {room.partition(':')[2]} · Health service: more time",
        "Answer by Mon 9 Nov 2026, 12:00 Europe/Amsterdam (first: Fri 6 Nov 2026)",
        "Because: the archive is shut",
    ]
    refusal = await refused(table, room, "finn", "!moretime R-1 fri because: x", "request/not_later")
    assert "Mon 9 Nov 2026, 12:00" in refusal


SECRET = "in treatment since May"


async def test_an_answer_can_be_for_fewer_than_the_table(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room)
    said = await table.say("finn", f"!answer R-1 yes, {SECRET} see: social", room="agency:health")
    assert {s.channel for s in said if SECRET in s} == {"agency:police", "agency:social"}
    assert next(s for s in said if s.channel == room).text.splitlines()[1:2] == [
        "The answer is for Police, Health service, Social services"
    ]
    assert (await table.case(room)).all(Request)[0].see == ("social",)


async def test_a_part_of_an_answer_can_be_for_fewer_in_reply_to_the_card(table: Conference) -> None:
    room = await table.open_case()
    _, card = await ask(table, room)
    said = await table.say(
        "finn", f"partly {SECRET} see: social withheld: medical", room="agency:health", replies_to=card
    )
    assert {s.channel for s in said if SECRET in s} == {"agency:police", "agency:social"}


async def test_at_the_table_an_answer_for_fewer_is_sent_to_the_agencys_room(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room)
    for text in (f"!answer R-1 {SECRET} see: social", f"!partly R-1 {SECRET} withheld: x see: social"):
        told = await refused(table, room, "finn", text, "request/answer_in_your_room")
        assert told.text.startswith("R-1 is for Police, Health service, Social services only.")
        assert "you can delete your message" in told
        assert SECRET not in told


async def test_an_answer_is_never_for_others_than_the_question_says(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room, f"{ASK} see: social, school")
    told = await refused(
        table, room, "finn", f"!answer R-1 {SECRET} see: youth", "request/not_wider", channel="agency:health"
    )
    assert told.text == (
        "R-1 is for Police, Health service, Social services, School only. "
        "With see: it can be for fewer of them, not for others. Nothing was sent."
    )
    said = await table.say("finn", f"!answer R-1 {SECRET} see: school", room="agency:health")
    assert {s.channel for s in said if SECRET in s} == {"agency:police", "agency:school"}


async def test_a_narrower_question_can_be_for_fewer(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room)
    await table.say("ada", "!narrow R-1 in May? see: social", room=room)
    said = await table.say("finn", f"!answer R-1 {SECRET}", room="agency:health")
    assert {s.channel for s in said if SECRET in s} == {"agency:police", "agency:social"}
    await refused(table, room, "ada", "!narrow R-1 in May? see: youth", "request/settled")


async def test_who_read_an_answer_for_fewer_is_told_that_it_is_taken_back(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room)
    await table.say("finn", f"!answer R-1 {SECRET} see: social", room="agency:health")
    said = await table.say("finn", "!undo", room=room)
    assert {s.channel for s in said} == {room, "agency:police", "agency:health", "agency:social"}
    assert not [s for s in said if SECRET in s]
    assert (await table.case(room)).all(Request)[0].see == ()


@pytest.mark.parametrize(
    "text",
    [
        f"!nothing R-1 {SECRET} see: social",
        f"!refuse R-1 {SECRET} ground: other see: social",
        f"!moretime R-1 9 nov because: {SECRET} see: social",
        f"!answer R-1 {SECRET} audience: social",
    ],
)
async def test_an_audience_that_cannot_be_kept_is_refused_before_anything_is_sent(table: Conference, text: str) -> None:
    room = await table.open_case()
    await ask(table, room)
    told = await refused(table, room, "finn", text, "reading/unknown_key", channel="agency:health")
    assert SECRET not in told
    assert "Nothing was done." in told


async def test_holding_nothing_is_an_answer(table: Conference) -> None:
    room = await table.open_case()
    at_table, _ = await ask(table, room)
    said = await table.answer("finn", "nothing", room=room, replies_to=at_table)
    assert said.text.splitlines()[1].strip() == "Health service holds nothing on this."
    again = await refused(table, room, "finn", "!nothing R-1", "request/settled")
    assert again.text == (
        "R-1 is settled: nothing held. Nothing was changed.\n"
        "To ask again:  !request …   To correct what you wrote:  !correct R-1 TEXT"
    )


async def test_a_question_taken_back_is_told_to_those_who_were_asked(table: Conference) -> None:
    room = await table.open_case()
    await ask(table, room)
    said = await table.say("ada", "!drop R-1 because: he told us himself", room=room)
    ref = room.partition(":")[2]
    assert {s.channel: s.text for s in said} == dict.fromkeys(
        (room, "agency:health"), f"R-1 · {ref} · Police takes the question back.\nBecause: he told us himself"
    )


@pytest.mark.parametrize(
    ("who", "text", "code"),
    [
        ("finn", "!drop R-1 because: x", "request/not_yours"),
        ("finn", "!narrow R-1 is he safe?", "request/not_yours"),
        ("finn", "!answer R-9 twice", "case/no_such_record"),
        ("finn", "!answer A-1 twice", "reading/wrong_kind"),
        ("finn", "!answer R-1", "reading/missing"),
        ("finn", "!partly R-1 he was", "reading/missing"),
        ("ada", "!request nobody x? because: y", "reading/nobody"),
        ("ada", "!request health x? because: y by: 2026-10-30", "when/past"),
        ("ada", "!request health " + "x" * 65_536 + " because: y", "reading/too_long"),
        ("bram", "!request health x? because: y", "dispatch/not_a_member"),
    ],
)
async def test_bad_input_changes_nothing(table: Conference, who: str, text: str, code: str) -> None:
    room = await table.open_case()
    await ask(table, room)
    said = await refused(table, room, who, text, code)
    assert len(said.text) < 500


async def test_a_question_is_shown_as_it_was_typed(table: Conference) -> None:
    room = await table.open_case()
    at_table, _ = await ask(table, room, "!request health <b>was</b> he 👀 מתי? because: R&D <i>now</i>")
    assert "Because: R&D <i>now</i>\nQuestion: <b>was</b> he 👀 מתי?" in at_table
