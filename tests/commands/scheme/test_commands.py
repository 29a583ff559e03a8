from dataclasses import replace

from cases.scheme import Clock, NeverAsked, Runs, Scheme, Unit
from tests.room import Conference

YOUTH = Scheme(
    mandatory=("police",),
    quorum_agencies=4,
    note="To be checked by counsel.",
    clocks={Runs.ANSWER: {"urgent": Clock(4, Unit.HOURS), "routine": Clock(7)}},
    never_asked=(NeverAsked(("investigation",), "This table prevents, it does not prosecute."),),
)


async def test_the_scheme_of_a_case_is_shown_to_who_sits_there(table: Conference) -> None:
    table = Conference(table.store, replace(table.house, schemes={"safety table": YOUTH}))
    room = await table.open_case()
    said = (await table.answer("ada", "!scheme", room=room)).text
    assert said.startswith("safety table · what was agreed\nTo be checked by counsel.")
    assert "4 agencies make a quorum, with the chair. It needs Police." in said
    assert "answer: urgent 4 hours, soon 7 working days, routine 7 working days" in said
    assert "Never asked for here: investigation. This table prevents, it does not prosecute." in said


async def test_another_scheme_is_found_by_name_and_a_wrong_one_is_suggested(table: Conference) -> None:
    room = await table.open_case()
    assert (await table.answer("ada", "!scheme youth crime", room=room)).text.startswith("youth crime · what was")
    said = (await table.answer("ada", "!scheme yuoth crmie", room=room)).text
    assert "Did you mean  !scheme youth crime ?" in said


async def test_what_was_agreed_can_be_read_in_every_room_and_tells_of_no_case(table: Conference) -> None:
    room = await table.open_case()
    for who, where in (("cleo", "coordination"), ("finn", "agency:health"), ("finn", "direct:@finn:example.org")):
        said = (await table.answer(who, "!scheme", room=where)).text
        assert "what was agreed" in said
        assert room.partition(":")[2] not in said
