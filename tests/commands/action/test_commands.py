# lines: an action from its proposal to each of its ends
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cases.case import Case
from cases.scheme import Scheme
from commands.action.rules import Action, State
from tests.room import Conference, Said, user

VISIT = "!action Visit the family together with the school. for: social by: 20 nov"


async def say(table: Conference, room: str, who: str, text: str, card: Said | None = None) -> Said:
    return await table.answer(who, text, room=room, replies_to=card)


def picture(case: Case) -> tuple[object, ...]:
    """All that a refused command might have changed."""
    actions = [(a.state, a.owner, a.due_at, a.accepted_by, a.remark) for a in case.all(Action)]
    return actions, len(case.steps), case.next_review


async def refused(table: Conference, room: str, who: str, text: str, code: str) -> str:
    """What is said to a command that is refused, which changes nothing."""
    before = picture(await table.case(room))
    said = await say(table, room, who, text)
    assert picture(await table.case(room)) == before
    assert (await table.outcomes())[-1][1] == code
    assert (said.mentions, said.subject) == ((), None)
    return said.text


async def test_a_proposal_wakes_the_agency_that_is_to_own_it(table: Conference) -> None:
    room = await table.open_case()
    card = await say(table, room, "cleo", VISIT)
    assert card.text == (
        "A-1 · Social services · due Fri 20 Nov 2026, 17:00 Europe/Amsterdam\n"
        "Visit the family together with the school.\n"
        "Proposed by the coordinator. Reply: accept · decline … · done … · move …"
    )
    assert sorted(card.mentions) == [user("cleo"), user("dirk")]
    assert (card.notice, card.subject) == (False, "A-1")
    assert not [s for s in table.heard if "Visit" in s and s.channel != room]


async def test_a_card_tells_all_that_was_said(table: Conference) -> None:
    room = await table.open_case()
    card = await say(
        table,
        room,
        "ada",
        "!action Visit him at home worse: yes, in uniform with: police safety: youth by: fri 15:00 for: Finn de Boer",
    )
    assert card.text == (
        "A-1 · Health service (Finn de Boer) · due Fri 6 Nov 2026, 15:00 Europe/Amsterdam\n"
        "Visit him at home\n"
        "Lead: Health service. Together with: Police. Both must accept.\nSafety: Youth work.\n"
        "Could it make things worse? yes, in uniform\n"
        "Proposed by Police. Reply: accept · decline … · done … · move …"
    )
    assert card.mentions == (user("finn"), user("ada"))


async def test_a_reply_to_the_card_needs_no_number(table: Conference) -> None:
    room = await table.open_case()
    card = await say(table, room, "cleo", VISIT)
    taken = await say(table, room, "dirk", "accept", card)
    assert taken.text == (
        "A-1 · Social services accepts · due Fri 20 Nov 2026, 17:00 Europe/Amsterdam\n"
        "With: Dirk Smit (Social services).\nNext: done … · notpossible … · move … · hand …"
    )
    assert taken.notice
    done = await say(table, room, "dirk", "done the visit took place", taken)
    assert done.text == (
        "A-1 · Social services: done\n"
        "the visit took place\n"
        "From Dirk Smit (Social services). Nothing is left to do here."
    )
    case = await table.case(room)
    assert (case.all(Action)[0].state, case.all(Action)[0].remark) == (State.DONE, "the visit took place")


async def test_a_tandem_waits_for_the_other_agency(table: Conference) -> None:
    room = await table.open_case()
    await say(table, room, "ada", f"{VISIT} with: health")
    taken = await say(table, room, "dirk", "!accept A-1")
    assert taken.text.splitlines()[1] == "It waits for: Health service. Reply: accept · decline …"
    assert taken.mentions == (user("finn"), user("gina"))
    moved = await say(table, room, "dirk", "!move A-1 19 nov because: the doctor is away")
    assert moved.text.splitlines()[-1] == "It waits for: Health service. Reply: accept · decline …"
    both = await say(table, room, "gina", "accept", taken)
    assert "\nWith: Dirk Smit (Social services)." in both
    assert both.mentions == ()


async def test_a_tandem_is_not_done_before_both_have_accepted(table: Conference) -> None:
    room = await table.open_case()
    await say(table, room, "ada", f"{VISIT} with: health")
    text = await refused(table, room, "dirk", "!done A-1 she was at home", "action/other_has_not_accepted")
    assert text == (
        "Health service carries A-1 too, and has not accepted it yet. Nothing was changed.\n"
        'They can reply "accept" to its card, or type  !accept A-1\n'
        "If it can't be done together:  !notpossible A-1 WHY"
    )


@pytest.mark.parametrize("to", ["to youth", "To Youth work", "youth", "to: youth"])
async def test_it_is_handed_to_somebody_in_either_way_of_saying_it(table: Conference, to: str) -> None:
    room = await table.open_case()
    await say(table, room, "ada", VISIT)
    handed = await say(table, room, "dirk", f"!hand A-1 {to} because: they know him best")
    assert handed.text.startswith("A-1 · Youth work · due")


async def test_who_proposed_it_hears_that_it_was_declined_and_hands_it_on(table: Conference) -> None:
    room = await table.open_case()
    card = await say(table, room, "ada", VISIT)
    declined = await say(table, room, "dirk", "decline they don't open the door to us", card)
    assert declined.text == (
        "A-1 · Social services declines\n"
        "they don't open the door to us\n"
        "Police: it is with you again. Next: hand AGENCY because: … · notpossible …"
    )
    assert declined.mentions == (user("ada"),)
    text = await refused(table, room, "dirk", "!done A-1 after all", "action/declined")
    assert text == (
        "A-1 was declined, so nobody has it. Nothing was changed.\nTo ask an agency:  !hand A-1 AGENCY because: REASON"
    )
    handed = await say(table, room, "ada", "hand youth because: they know him best", declined)
    assert handed.text == (
        "A-1 · Youth work · due Fri 20 Nov 2026, 17:00 Europe/Amsterdam\n"
        "Visit the family together with the school.\n"
        "Handed on by Police. Because: they know him best\n"
        "Reply: accept · decline … · done … · move …"
    )
    assert handed.mentions == (user("iris"), user("jack"))


async def test_who_proposed_it_hears_that_it_is_not_possible(table: Conference) -> None:
    room = await table.open_case()
    card = await say(table, room, "ada", VISIT)
    ended = await say(table, room, "dirk", "notpossible the family moved away", card)
    assert ended.text == (
        "A-1 · Social services: not possible\n"
        "the family moved away\n"
        "From Dirk Smit (Social services).\nIs it still needed? Propose it anew:  !action …"
    )
    assert ended.mentions == (user("ada"),)


async def test_a_moved_date_stands_beside_the_earlier_ones(table: Conference) -> None:
    room = await table.open_case()
    card = await say(table, room, "ada", VISIT)
    await say(table, room, "dirk", "accept", card)
    once = await say(table, room, "dirk", "move 23 nov because: the family is away", card)
    assert once.text == (
        "A-1 · Social services · now due Mon 23 Nov 2026, 17:00 Europe/Amsterdam\n"
        "Because: the family is away\n"
        "It was due Fri 20 Nov 2026, 17:00 Europe/Amsterdam.\n"
        "Next: done … · notpossible … · move … · hand …"
    )
    twice = await say(table, room, "dirk", "move 24 nov because: still away", card)
    assert twice.text.splitlines()[2:4] == [
        "It was due Mon 23 Nov 2026, 17:00 Europe/Amsterdam.",
        "The date first agreed: Fri 20 Nov 2026, 17:00 Europe/Amsterdam",
    ]
    text = await refused(table, room, "dirk", "!move A-1 24 nov because: as it is", "action/same_date")
    assert text == (
        "A-1 is due then already: Tue 24 Nov 2026, 17:00 Europe/Amsterdam. Nothing was changed.\n"
        "For another date:  !move A-1 DATE because: REASON"
    )
    moved = (await table.case(room)).all(Action)[0]
    assert (moved.due_at, moved.first_due_at) == (
        datetime(2026, 11, 24, 16, tzinfo=UTC),
        datetime(2026, 11, 20, 16, tzinfo=UTC),
    )


async def test_an_agency_that_is_not_at_the_table_is_told_with_those_who_are(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    text = await refused(table, room, "ada", "!action x for: school by: fri", "case/agency_not_at_table")
    assert text.startswith("School does not sit at this table. Those who do: ")
    for agency in ("police", "social", "health"):
        assert agency in text


@pytest.mark.parametrize(
    ("who", "text", "code"),
    [
        ("ada", "!action x by: fri", "reading/missing"),
        ("ada", "!action x for: social", "reading/missing"),
        ("ada", "!action for: social by: fri", "reading/missing"),
        ("ada", "!action x for: nobody by: fri", "reading/nobody"),
        ("ada", "!action x for: bram by: fri", "case/not_a_member"),
        ("ada", "!action x for: social by: 2026-10-30", "when/past"),
        ("ada", "!action x for: social by: fri with: fire", "reading/agency"),
        ("ada", "!action " + "x" * 65_536 + " for: social by: fri", "reading/too_long"),
        ("dirk", "!accept A-9", "case/no_such_record"),
        ("dirk", "!accept R-1", "reading/wrong_kind"),
        ("dirk", "!decline A-1", "reading/missing"),
        ("dirk", "!done A-1", "reading/missing"),
        ("dirk", "!move A-1 fri", "reading/missing"),
        ("dirk", "!hand A-1 youth", "reading/missing"),
        ("dirk", "!hand A-1 dirk because: me", "action/handed_to_self"),
        ("ada", "!accept A-1", "action/not_yours"),
        ("ada", "!done A-1 it was", "action/not_yours"),
        ("bram", "!accept A-1", "dispatch/not_a_member"),
    ],
)
async def test_bad_input_changes_nothing(table: Conference, who: str, text: str, code: str) -> None:
    room = await table.open_case()
    await say(table, room, "ada", VISIT.replace("social", "dirk"))
    assert len(await refused(table, room, who, text, code)) < 500


async def test_what_another_agency_owns_is_told_with_who_owns_it(table: Conference) -> None:
    room = await table.open_case()
    await say(table, room, "ada", f"{VISIT} with: health")
    text = await refused(table, room, "hugo", "!accept A-1", "action/not_yours")
    assert text == (
        "A-1 belongs to Social services, Health service.\nOnly they can do that. Please ask them. Nothing was changed."
    )
    text = await refused(table, room, "hugo", "!hand A-1 school because: us", "action/not_yours")
    assert text == "A-1 belongs to Social services.\nOnly they can do that. Please ask them. Nothing was changed."


async def test_each_second_time_is_told_what_to_type_instead(table: Conference) -> None:
    room = await table.open_case()
    await say(table, room, "ada", VISIT)
    await say(table, room, "dirk", "!accept A-1")
    assert await refused(table, room, "cleo", "!accept A-1", "action/already_accepted") == (
        "Your agency has accepted A-1 already. Nothing was changed.\nWhen it is done:  !done A-1 how it went"
    )
    assert await refused(table, room, "dirk", "!decline A-1 no", "action/accepted_already_use_hand") == (
        "Your agency has accepted A-1, so it can't decline it any more. Nothing was changed.\n"
        "To give it to somebody else:  !hand A-1 AGENCY because: REASON\n"
        "If it can't be done:  !notpossible A-1 WHY"
    )
    await say(table, room, "dirk", "!done A-1 she was at home")
    assert await refused(table, room, "dirk", "!done A-1 again", "action/ended") == (
        "A-1 has ended already: done. Nothing was changed.\n"
        "If it is needed again:  !action OUTCOME for: AGENCY by: DATE"
    )


async def test_another_cases_action_is_out_of_reach(table: Conference) -> None:
    first, second = await table.open_case(), await table.open_case()
    await say(table, first, "ada", VISIT)
    text = await refused(table, second, "dirk", "!accept A-1", "case/no_such_record")
    assert text == "There is no A-1 in this case. Nothing was changed."
    assert (await table.case(first)).all(Action)[0].state is State.PROPOSED


async def test_the_proposer_who_left_is_not_woken_but_the_colleagues_are(table: Conference) -> None:
    room = await table.open_case()
    await say(table, room, "finn", VISIT)
    with table.store.work("finn leaves", table.now) as work:
        case = work.find.case(room.partition(":")[2])
        people = (work.find.directory()).people
        assert case
        case.release(user("finn"), by=people[user("cleo")], at=table.now)
    declined = await say(table, room, "dirk", "!decline A-1 no time")
    assert declined.mentions == (user("gina"),)


async def test_what_people_type_is_shown_as_text(table: Conference) -> None:
    room = await table.open_case()
    card = await say(table, room, "ada", "!action <b>Call</b> 👩‍👧 שלום & wait for: social by: fri")
    assert card.text.splitlines()[1] == "<b>Call</b> 👩‍👧 שלום & wait"


async def test_an_action_that_was_not_carried_out_ends_in_words(table: Conference) -> None:
    room = await table.open_case()
    card = await say(table, room, "ada", VISIT)
    await say(table, room, "dirk", "accept", card)
    ended = await say(table, room, "dirk", "not carried out: nobody had the time", card)
    assert ended.text == (
        "A-1 · Social services: not carried out\n"
        "nobody had the time\n"
        "From Dirk Smit (Social services).\nIs it still needed? Propose it anew:  !action …"
    )
    assert ended.mentions == (user("ada"),)
    assert (await table.case(room)).all(Action)[0].state is State.NOT_CARRIED_OUT
    assert "Actions: 1 not carried out" in await say(table, room, "ada", "!status")
    assert "Dirk Smit (Social services) · did not carry out A-1" in await say(table, room, "ada", "!timeline")
    await say(table, room, "dirk", "!undo")
    assert (await table.case(room)).all(Action)[0].state is State.ACCEPTED


async def test_not_carried_out_takes_a_reason_and_its_owner(table: Conference) -> None:
    room = await table.open_case()
    await say(table, room, "ada", VISIT)
    await refused(table, room, "dirk", "!notdone A-1", "reading/missing")
    await refused(table, room, "finn", "!notdone A-1 kanarie", "action/not_yours")


async def test_a_card_says_why_and_how_it_is_known_that_it_is_done(table: Conference) -> None:
    room = await table.open_case()
    card = await say(table, room, "ada", f"{VISIT} because: he may come back how: his mother says so")
    assert "\nBecause: he may come back\nWe know it is done by: his mother says so\n" in card


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("visit the family", False),
        ("Have him call his aunt", False),
        ("the family is visited", True),
        ("Police: call him", True),
        ("his mother calls", True),
    ],
)
async def test_an_outcome_that_begins_without_a_verb_gets_a_hint(table: Conference, outcome: str, told: bool) -> None:
    room = await table.open_case()
    card = await say(table, room, "ada", f"!action {outcome} for: social by: 20 nov")
    hint = "An outcome is clearer with its verb first, such as: visit the family. To reword it:  !correct A-1 …"
    assert (hint in card) is told
    assert (await table.case(room)).all(Action)[0].outcome == outcome


async def test_a_moved_date_shows_the_old_one_wherever_the_date_is_shown(table: Conference) -> None:
    room = await table.open_case()
    await say(table, room, "ada", f"{VISIT.replace('20 nov', '16 nov')}")
    await say(table, room, "dirk", "!accept A-1")
    await say(table, room, "dirk", "!move A-1 18 nov because: they are away")
    moved = await say(table, room, "dirk", "!move A-1 20 nov because: they are still away")
    shown = "due Fri 20 Nov 2026 (first: Mon 16 Nov 2026)"
    assert "now due Fri 20 Nov 2026" in moved
    assert "The date first agreed: Mon 16 Nov 2026" in moved
    for command in ("!status", "!next", "!mine", "!followups"):
        assert shown in await say(table, room, "dirk", command), command
    assert shown in await table.answer("dirk", "!mine", room=f"direct:{user('dirk')}")
    await say(table, room, "ada", "!roundtable tue 10:00 about: the plan")
    await table.sweeps.run()
    await table.deliver()
    await say(table, room, "ada", "!roundtable start M-1")
    await table.say("ada", "!roundtable end", room=room)
    both = "due Fri 20 Nov 2026, 17:00 Europe/Amsterdam (first: Mon 16 Nov 2026)"
    written = {name: data.decode() for name, data in table.files(room).items() if name.endswith(".md")}
    assert [name for name, text in written.items() if "pack" in name and both in text and shown in text]
    assert [name for name, text in written.items() if "minutes" in name and both in text and shown in text]


async def test_a_question_with_more_time_shows_the_date_first_asked_for(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was he seen? because: the plan by: 6 nov", room=room)
    await table.say("finn", "!moretime R-1 20 nov because: the archive is closed", room=room)
    for command in ("!next", "!mine", "!followups", "!status"):
        said = await say(table, room, "finn", command)
        assert "Fri 20 Nov 2026 (first: Fri 6 Nov 2026)" in said, command


@pytest.mark.scenario
async def test_reasons_for_actions_set_at_a_table(table: Conference) -> None:
    """Practice, section 5, row 5: minutes that somebody understands who was not there."""
    table = Conference(table.store, replace(table.house, schemes={"safety table": Scheme(reasons_on_actions=True)}))
    room = await table.open_case()
    await say(table, room, "ada", "!roundtable tue 10:00 about: the plan")
    await table.say("ada", "!roundtable start M-1", room=room)
    asked = await say(table, room, "ada", "action: visit him for: social by: 20 nov")
    assert asked.text == (
        "Almost: a reason is missing.\n"
        "Add   because: why it is to be done   to the end of your message. Nothing was sent."
    )
    assert (await table.case(room)).all(Action) == []
    await say(table, room, "ada", "action: visit him for: social by: 20 nov because: he has nobody else")
    await table.say("ada", "!roundtable end", room=room)
    minutes = next(data.decode() for name, data in table.files(room).items() if name.endswith(".md"))
    assert "Because: he has nobody else" in minutes


async def test_an_edit_that_changes_the_date_is_put_on_file_with_one_word(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!action visit him for: police by: 20 nov", room=room, event_id="$a")
    edit = "!action visit him for: police by: 23 nov"
    hint = await table.answer("dirk", edit, room=room, replaces="$a")
    assert "To put the change of A-1 on file, reply:  yes" in hint
    moved = await table.answer("dirk", "yes", room=room, replies_to=hint)
    assert "Mon 23 Nov 2026, 17:00" in moved
    (action,) = (await table.case(room)).all(Action)
    assert (action.due_at.day, action.outcome) == (23, "visit him")


async def test_an_edit_that_changes_the_words_is_put_on_file_with_one_word(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!action visit him for: police by: 20 nov", room=room, event_id="$a")
    hint = await table.answer("dirk", "!action visit him at home for: police by: 20 nov", room=room, replaces="$a")
    await table.say("dirk", "yes", room=room, replies_to=hint)
    (action,) = (await table.case(room)).all(Action)
    assert action.outcome == "visit him at home"


async def test_what_somebody_accepted_is_not_moved_by_an_edit_of_its_proposer(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!action visit him for: police by: 20 nov", room=room, event_id="$a")
    await table.say("ada", "!accept A-1", room=room)
    hint = await table.answer("dirk", "!action visit him for: police by: 23 nov", room=room, replaces="$a")
    assert "yes" not in hint.text
    assert await refused(table, room, "dirk", "!move A-1 23 nov because: x", "action/not_yours")


async def test_an_owner_who_edits_a_move_moves_it_again_with_one_word(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!action visit him for: police by: 20 nov", room=room)
    await table.say("ada", "!accept A-1", room=room)
    await table.say("ada", "!move A-1 23 nov because: he is away", room=room, event_id="$m")
    hint = await table.answer("ada", "!move A-1 24 nov because: he is away", room=room, replaces="$m")
    assert "Tue 24 Nov 2026" in await table.answer("ada", "yes", room=room, replies_to=hint)


async def test_an_action_that_may_do_harm_is_asked_about_until_somebody_says(table: Conference) -> None:
    room = await table.open_case()
    card = await say(table, room, "hugo", "!action arrest him at school for: police by: fri 15:00")
    assert "Could this make it worse? Reply: worse TEXT" in card
    assert "say whether A-1 could make it worse" in await table.answer("hugo", "!followups", room=room)
    told = await table.answer("ada", "worse his friends would see it", room=room, replies_to=card)
    assert "his friends would see it" in told
    assert "could make it worse" not in await table.answer("hugo", "!followups", room=room)
    await table.answer("ada", "!undo", room=room)
    assert "say whether A-1 could make it worse" in await table.answer("hugo", "!followups", room=room)


@pytest.mark.parametrize("line", ["visit him for: police", "help with the school charge card for: school"])
async def test_what_does_no_harm_by_its_words_or_its_agency_is_not_asked_about(table: Conference, line: str) -> None:
    room = await table.open_case()
    assert "worse" not in await say(table, room, "hugo", f"!action {line} by: fri 15:00")


REMITS = {
    "police": "crime and public order",
    "youth": "leisure, clubs and mentoring for young people",
    "health": "illness, addiction and sleep",
}


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("find him a place in two clubs for: police", True),
        ("find him a place in two clubs for: police because: they run one", False),
        ("find him a place in two clubs for: youth", False),
        ("explain what public order means to the clubs for: police", False),
        ("visit the family for: police", False),
        ("ask youth work to come for: police", False),
        ("talk about clubs and sleep for: police", False),
        ("look at his addiction for: social", False),
    ],
)
async def test_an_action_in_the_remit_of_another_agency_is_questioned_and_not_refused(
    table: Conference, line: str, *, asked: bool
) -> None:
    for short, remit in REMITS.items():
        await table.say("kees", f"!agency change {short} remit: {remit}", room="admin")
    room = await table.open_case()
    card = await say(table, room, "ada", f"!action {line} by: fri 15:00")
    assert ("Is that the remit of Youth work? Hand it over:  !hand A-1 youth because: …" in card) == asked
    assert ("remit" in card) == asked


async def test_one_half_declines_and_another_half_is_asked_for(table: Conference) -> None:
    room = await table.open_case()
    card = await say(table, room, "hugo", "!action visit the family for: health with: police by: fri 15:00")
    await say(table, room, "finn", "accept", card)
    left = await say(table, room, "ada", "decline the uniform frightens him", card)
    assert "Health service has accepted, and stays." in left
    assert left.mentions == (user("hugo"),)
    assert "find another agency to carry A-1" in await table.answer("hugo", "!followups", room=room)
    handed = await say(table, room, "hugo", "hand youth because: he likes Iris", left)
    assert "Lead: Health service. Together with: Youth work." in handed
    assert "accepts" in await say(table, room, "iris", "accept", handed)


async def test_what_nobody_accepts_goes_to_the_chair_once(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!action visit the family for: social by: 20 nov", room=room)
    await table.say("ada", "!action ask the club for: youth by: 20 nov", room=room)
    await table.say("iris", "!accept A-2", room=room)
    assert "find out who takes" not in await table.answer("cleo", "!followups", room=room)
    since = len(table.heard)
    for _ in range(8):
        table.later(days=1)
        await table.sweeps.run()
        await table.deliver()
    told = [s for s in table.heard[since:] if "It goes to Cleo Bakker" in s]
    assert [(s.channel, s.subject, s.mentions) for s in told] == [(room, "A-1", (user("cleo"),))]
    assert "find out who takes A-1 on" in await table.answer("cleo", "!followups", room=room)
    await table.say("cleo", "!hand A-1 health because: social is short of people", room=room)
    assert "find out who takes" not in await table.answer("cleo", "!followups", room=room)
