# lines: one house of cases, of which each figure, and each room that reads it, is tried
"""What figures say is what was planned, no more is shown than may be, and nothing in them names anybody."""

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from cases.scheme import Column, Counted, Return, Scheme, Suppression
from commands.figures.rules import said as categories_of
from commands.poll.jobs import keep_polls
from tests.commands.figures.made import AGES, CANARY, SEXES, Plan, plans, put_on_file
from tests.room import AMSTERDAM, MONDAY, PEOPLE, Conference, user

FRIDAY = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
CHOICES = {"age": AGES, "sex": SEXES}
COLUMNS = (
    Column("Opened", Counted.OPENED),
    Column("=Opened", Counted.OPENED, "age"),
    Column("Opened by sex", Counted.OPENED, "sex"),
    Column("Repeat cases", Counted.REPEATS),
    Column("Closed", Counted.CLOSED, "age"),
)
RETURNS = Scheme(categories=CHOICES, returns=Return(COLUMNS, suppression=Suppression(6, "5 or under")))


def under(table: Conference, scheme: Scheme, **others: Scheme) -> Conference:
    """The same conference, by the rules of this scheme."""
    schemes = {"safety table": scheme, **others}
    return Conference(table.store, replace(table.house, schemes=schemes), now=FRIDAY, _ids=table._ids)


def in_month(moment: datetime | None, month: int) -> bool:
    return moment is not None and moment.astimezone(AMSTERDAM).month == month


async def sit(table: Conference, *places: str) -> None:
    """Ella sits in these rooms above the tables, which are there."""
    line = f"!member sits {user('ella')} {', '.join(places)} because: she leads"
    await table.say("kees", line, room="admin")


def rows(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


@pytest.mark.scenario
async def test_the_four_benefits_are_measured_and_no_case_is_told_from_them(table: Conference) -> None:
    """Practice, section 1: UK hubs' four benefits; people are helped quicker."""
    table = under(table, Scheme())
    made = plans(seed=1)
    put_on_file(table, made)
    real = [plan for plan in made if not plan.practised]
    said = await table.answer("cleo", "!figures october", room="coordination")
    assert said.text.startswith("Figures of October 2026: safety table\n")
    told = rows(said.text)
    for label, count in {
        "Opened": sum(in_month(plan.opened, 10) for plan in real),
        "Closed": sum(in_month(plan.closed, 10) for plan in real),
        "Repeats": sum(in_month(plan.repeated, 10) for plan in real),
        "Referrals": 0,
    }.items():
        assert told[label] == ("below 5" if 0 < count < 5 else str(count))
    marks = [mark for plan in real if in_month(plan.opened, 10) for mark in plan.marked]
    assert told["Concerns marked fact or opinion"] == f"{100 * sum(marks) / len(marks):.0f}%"
    acted = [plan for plan in real if plan.action_after is not None and plan.done_after is not None]
    due = [plan for plan in acted if in_month(plan.opened + timedelta(days=(plan.action_after or 0) + 3), 10)]
    on_time = sum((plan.done_after or 0) <= 3 for plan in due)
    assert told["Actions on time"] == f"{100 * on_time / len(due):.0f}%"
    first = median(plan.action_after or 0 for plan in acted if in_month(plan.opened, 10))
    assert told["To the first action"] == ("1 day" if first == 1 else f"{first:g} days")
    assert told["Requests with a reason"] == "100%"
    answers = [plan for plan in real if plan.answered_after is not None]
    refused = [p for p in answers if p.refused and in_month(p.opened + timedelta(days=1 + (p.answered_after or 0)), 10)]
    assert told["Refusals with a reason"] == ("100%" if len(refused) >= 5 else "too few to show")
    assert "working day" in told["Answer time"]
    assert told["Domains covered"].endswith(" of 7")
    assert not any(plan.ref in said or CANARY in said for plan in made)


async def test_answers_take_working_days_and_hours(table: Conference) -> None:
    table = under(table, Scheme())
    monday = datetime(2026, 10, 5, 9, tzinfo=UTC)
    put_on_file(table, [Plan(f"AAB{n}", monday, answered_after=n + 1) for n in range(7)])
    told = rows((await table.answer("cleo", "!figures october", room="coordination")).text)
    # Asked on a Tuesday, and answered between Wednesday and the next Tuesday: Sunday's counts as Friday's.
    assert told["Answer time"] == "3 working days (96 h)"
    assert told["Longest silence"] == "24 days"
    assert told["Health service"] == "7 · 3 working days"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (4, {"Opened": "below 5", "Domains covered": "too few to show", "Longest silence": "too few to show"}),
        (5, {"Opened": "5", "Domains covered": "0 of 7"}),
    ],
)
async def test_what_is_of_fewer_than_five_is_suppressed(table: Conference, number: int, told: dict[str, str]) -> None:
    table = under(table, Scheme())
    put_on_file(table, [Plan(f"AAB{n}", datetime(2026, 10, 5, 9, tzinfo=UTC)) for n in range(number)])
    said = await table.answer("cleo", "!figures october", room="coordination")
    assert rows(said.text).items() >= told.items()
    assert "Counts below 5 are suppressed" in said


async def test_a_share_shows_no_few_that_differ(table: Conference) -> None:
    """One of ten concerns that is not marked is one that can be found."""
    table = under(table, Scheme())
    put_on_file(table, [Plan("AAB2", datetime(2026, 10, 5, 9, tzinfo=UTC), marked=[True] * 9 + [False])])
    told = rows((await table.answer("cleo", "!figures october", room="coordination")).text)
    assert told["Concerns marked fact or opinion"] == "too few to show"


async def test_practised_cases_are_in_no_figure_and_no_return(table: Conference) -> None:
    table = under(table, RETURNS)
    october = datetime(2026, 10, 5, 9, tzinfo=UTC)
    put_on_file(table, [Plan(f"AAB{n}", october, age="12-15", practised=True, marked=[True]) for n in range(9)])
    assert rows((await table.answer("cleo", "!figures october", room="coordination")).text)["Opened"] == "0"
    assert {*(await returned(table, "october")).values()} == {"2026-10", "0"}
    await sit(table, "leaders")
    table.now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    await table.sweeps.run()
    assert not [said for said in await table.deliver() if said.channel == "leaders" and "Figures" in said]


async def test_the_usual_month_is_the_last_full_one_or_the_first_there_is(table: Conference) -> None:
    assert "Figures of November 2026: safety table (so far)" in await table.answer(
        "cleo", "!figures", room="coordination"
    )
    await table.open_case()
    assert "Figures of November 2026: safety table (so far)" in await table.answer(
        "cleo", "!figures", room="coordination"
    )
    table.later(days=30)
    assert "Figures of November 2026: safety table\n" in await table.answer("cleo", "!figures", room="coordination")
    for typed in ("2026-11", "november", "Nov 2026", "last month"):
        said = await table.answer("cleo", f"!figures {typed}", room="coordination")
        assert "Figures of November 2026: safety table\n" in said
    assert "December 2026: safety table (so far)" in await table.answer(
        "cleo", "!figures this month", room="coordination"
    )


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("2027-01", "January 2027 has not begun. The latest there is: 2026-11."),
        ("smarch", "I don't know that month. Type it like 2026-11, november, nov 2026 or last month."),
        ("2026-13", "I don't know that month."),
        ("november scheme: nowhere", "Which scheme? Those whose figures you can see: safety table, youth crime."),
    ],
)
async def test_an_odd_month_is_refused(table: Conference, typed: str, told: str) -> None:
    assert told in await table.answer("cleo", f"!figures {typed}", room="coordination")


async def test_each_scheme_has_figures_of_its_own_and_no_sum_of_them_is_shown(table: Conference) -> None:
    table = under(table, Scheme(), gangs=Scheme(coordinators=(user("nobody"),)), theft=Scheme())
    october = datetime(2026, 10, 5, 9, tzinfo=UTC)
    for number, scheme in ((7, "safety table"), (6, "theft"), (5, "gangs")):
        put_on_file(table, [Plan(f"A{scheme[0].upper()}B{n}", october) for n in range(number)], scheme)
    said = await table.answer("cleo", "!figures october", room="coordination")
    assert [line for line in said.text.splitlines() if line.startswith(("Figures", "Opened"))] == [
        *("Figures of October 2026: safety table", "Opened: 7", "Figures of October 2026: theft", "Opened: 6")
    ]
    only = await table.answer("cleo", "!figures october scheme: Theft", room="coordination")
    assert "theft" in only
    assert "safety table" not in only
    files = table.files("coordination")
    assert {"figures-2026-10.png", "figures-2026-10-2.png"} <= files.keys()
    assert all(data.startswith(b"\x89PNG") for data in files.values())


async def test_who_coordinates_no_scheme_sees_none(table: Conference) -> None:
    others = Scheme(coordinators=(user("nobody"),))
    table = under(table, others, **{"youth crime": others})
    put_on_file(table, plans(seed=5))
    for line in ("!figures", "!figures october", "!figures return"):
        assert "You coordinate no scheme" in await table.answer("cleo", line, room="coordination")


async def test_agencies_are_named_to_coordinators_only(table: Conference) -> None:
    table = under(table, Scheme())
    put_on_file(table, plans(seed=2))
    await sit(table, "leaders", "steering")
    for room in ("leaders", "steering"):
        said = await table.answer("ella", "!figures", room=room)
        assert "Figures of October 2026: safety table\n" in said
        assert not any(name in said for name in ("Police", "Health service", "Answers by agency"))
        assert not any(name in said for name, _, _ in PEOPLE.values())
    assert "Health service: " in await table.answer("cleo", "!figures", room="coordination")
    named = under(table, Scheme(figures_by_agency=True))
    assert "Health service: " in await named.answer("ella", "!figures", room="leaders")


async def test_above_the_tables_only_months_that_are_over_are_shown(table: Conference) -> None:
    """Asked day by day, a month that runs would tell of each case that is added."""
    table = under(table, Scheme())
    await sit(table, "leaders")
    for line in ("!figures", "!figures november"):
        # As long as there is no other.
        assert "Figures of November 2026: safety table (so far)" in await table.answer("ella", line, room="leaders")
    put_on_file(table, [Plan("AAB2", datetime(2026, 10, 5, 9, tzinfo=UTC))])
    said = await table.answer("ella", "!figures november", room="leaders")
    assert "November 2026 is not over, and here only full months are shown. The last one: October 2026." in said
    assert "October 2026" in await table.answer("ella", "!figures", room="leaders")


async def test_nobody_else_is_shown_figures(table: Conference) -> None:
    room = await table.open_case()
    for who, where in (("ada", room), ("ada", "agency:police"), ("ella", f"direct:{user('ella')}"), ("kees", "admin")):
        for line in ("!figures", "!figures return"):
            assert "Figures of" not in (await table.answer(who, line, room=where)).text
            assert (await table.outcomes())[-1][1] == "dispatch/wrong_room"


async def test_a_case_that_cannot_be_read_is_told_as_a_number(table: Conference) -> None:
    table = under(table, Scheme())
    put_on_file(table, [Plan(f"AAB{n}", datetime(2026, 10, 5, 9, tzinfo=UTC)) for n in range(6)])
    await table.damage("AAB3")
    said = await table.answer("cleo", "!figures october", room="coordination")
    assert rows(said.text)["Opened"] == "5"
    assert "1 case can't be read, and is not counted." in said
    assert "AAB3" not in said


async def test_figures_come_by_themselves_once_on_the_first_working_day(table: Conference) -> None:
    table = under(table, Scheme())
    made = plans(seed=3)
    put_on_file(table, made)
    await sit(table, "leaders", "steering")
    # The first of November is a Sunday: nothing on it, nor before nine.
    posted = []
    for moment in (datetime(2026, 11, 1, 10, 0, tzinfo=UTC), datetime(2026, 11, 2, 7, 0, tzinfo=UTC)):
        table.now = moment
        await table.sweeps.run()
        posted += [said for said in await table.deliver() if "Figures" in said]
    assert posted == []
    for minutes in (0, 15, 60 * 24):
        table.now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC) + timedelta(minutes=minutes)
        await table.sweeps.run()
        posted += [said for said in await table.deliver() if said.file is None and "Figures" in said]
    assert sorted(said.channel for said in posted) == ["leaders", "steering"]
    assert all(said.notice and not said.mentions for said in posted)
    assert all("Figures of October 2026" in said and "Police" not in said for said in posted)
    assert table.files("leaders")["figures-2026-10.png"].startswith(b"\x89PNG")
    assert not any(plan.ref in said or CANARY in said for plan in made for said in posted)


async def test_without_a_room_above_the_tables_coordinators_read_them(table: Conference) -> None:
    table = under(table, Scheme())
    put_on_file(table, plans(seed=4))
    table.now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    await table.sweeps.run()
    posted = [said for said in await table.deliver() if said.file is None and "Figures of" in said]
    assert [said.channel for said in posted] == ["coordination"]


async def test_a_house_without_cases_hears_nothing(table: Conference) -> None:
    table.now = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    await table.sweeps.run()
    assert not [said for said in await table.deliver() if "Figures" in said]


async def returned(table: Conference, period: str = "") -> dict[str, str]:
    """The return, by the names of its columns."""
    said = await table.answer("cleo", f"!figures return {period}", room="coordination")
    assert "It stands in the file." in said
    name, data = list(table.files("coordination").items())[-1]
    assert name.startswith("return-")
    header, line = csv.reader(io.StringIO(data.decode()))
    return dict(zip(header, line, strict=True))


@pytest.mark.scenario
@pytest.mark.parametrize("seed", range(4))
async def test_a_return_equals_a_hand_count(table: Conference, seed: int) -> None:
    """Practice, section 5, row 15: returns to an authority, in its own columns, as "5 or under"."""
    table = under(table, RETURNS)
    made = plans(seed)
    put_on_file(table, made)
    shown = await returned(table, "october")
    opened = [plan for plan in made if in_month(plan.opened, 10) and not plan.practised]
    ages = Counter(plan.age or "not said" for plan in opened)
    sexes = Counter(plan.sex or "not said" for plan in opened)
    assert list(shown) == [
        *("Period", "Opened", *(f"'=Opened: {age}" for age in (*AGES, "not said"))),
        *(f"Opened by sex: {sex}" for sex in (*SEXES, "not said")),
        *("Repeat cases", *(f"Closed: {age}" for age in (*AGES, "not said"))),
    ]
    assert (shown["Period"], shown["Opened"]) == ("2026-10", str(len(opened)))
    counted = {f"'=Opened: {age}": ages[age] for age in (*AGES, "not said")}
    counted |= {f"Opened by sex: {sex}": sexes[sex] for sex in (*SEXES, "not said")}
    for name, count in counted.items():
        assert shown[name] in ({"5 or under", "withheld"} if 0 < count < 6 else {str(count), "withheld"})
    for ways in ("'=Opened", "Opened by sex"):
        small = [name for name, count in counted.items() if name.startswith(ways) and 0 < count < 6]
        hidden = [name for name in counted if name.startswith(ways) and not shown[name].isdigit()]
        # Nothing is hidden for nothing, and no small one alone.
        assert bool(small) is bool(hidden)
        assert len(hidden) != 1
    repeats = sum(in_month(plan.repeated, 10) for plan in made if not plan.practised)
    assert shown["Repeat cases"] == ("5 or under" if 0 < repeats < 6 else str(repeats))
    # The same count stands in the figures, by the same rule.
    told = rows((await table.answer("cleo", "!figures october", room="coordination")).text)
    assert (told["Opened"], told["Repeats"]) == (shown["Opened"], shown["Repeat cases"])


async def test_of_a_quarter_the_return_is_shown_and_its_months_are_not(table: Conference) -> None:
    """Three months and their sum: the one that is small would follow from the others."""
    quarterly = Return((Column("Opened", Counted.OPENED),), quarterly=True)
    table = under(table, Scheme(returns=quarterly))
    put_on_file(table, [Plan(f"AAB{n}", datetime(2026, 7 + n // 7, 5, 9, tzinfo=UTC)) for n in range(8)])
    assert await returned(table, "last quarter") == {"Period": "2026-Q3", "Opened": "8"}
    for month in ("july", "august"):
        assert "Opened" not in await table.answer("cleo", f"!figures {month}", room="coordination")
    said = await table.answer("cleo", "!figures return july", room="coordination")
    assert "This return is made of quarters only" in said
    assert "!figures return 2026-Q3" in said


@pytest.mark.parametrize("typed", ["2026-Q3", "q3", "last quarter", "this quarter", "vorig kwartaal"])
@pytest.mark.parametrize(("who", "where"), [("cleo", "coordination"), ("ella", "leaders"), ("ella", "steering")])
async def test_no_figures_are_of_a_quarter(table: Conference, typed: str, who: str, where: str) -> None:
    """Seven in July and eight in the quarter: the one of August would follow."""
    table = under(table, Scheme())
    await sit(table, "leaders", "steering")
    put_on_file(table, [Plan(f"AAB{n}", datetime(2026, 7 + n // 7, 5, 9, tzinfo=UTC)) for n in range(8)])
    assert rows((await table.answer(who, "!figures july", room=where)).text)["Opened"] == "7"
    assert rows((await table.answer(who, "!figures august", room=where)).text)["Opened"] == "below 5"
    before = len(table.heard)
    assert "of months only" in await table.answer(who, f"!figures {typed}", room=where)
    assert not [s for s in table.heard[before:] if s.file or "Opened" in s]


async def test_a_return_of_months_makes_no_quarter(table: Conference) -> None:
    table = under(table, RETURNS)
    assert "made of months only" in await table.answer("cleo", "!figures return 2026-Q4", room="coordination")
    none = under(table, Scheme())
    assert "No scheme of yours makes a return" in await none.answer("cleo", "!figures return", room="coordination")


async def test_categories_are_asked_once_sealed_and_told_nowhere_but_in_the_return(table: Conference) -> None:
    table = under(table, RETURNS)
    room = await table.open_case()
    ref = room.partition(":")[2]
    asked = [said for said in table.heard if "asked once" in said]
    assert [said.channel for said in asked] == [f"direct:{user('cleo')}"]
    assert asked[0].scope == ref
    since = len(table.heard)
    said = await table.answer("cleo", f"!categories {ref} age: 12-15 sex: girl", room=f"direct:{user('cleo')}")
    assert said.text == f"{ref} · on file for the return, and told nowhere else"
    for line in ("!status", "!timeline", "!followups", "!who", "!disclosures", "!mine", "!next"):
        await table.say("ada", line, room=room)
    await table.say("cleo", "!roundtable tomorrow 10:00", room=room)
    table.later(days=3)
    await table.say("cleo", "!roundtable start M-1", room=room)
    await table.say("cleo", "!roundtable end", room=room)
    await table.sweeps.run()
    await table.deliver()
    heard = table.heard[since:]
    assert not [one.text for one in heard if "12-15" in one or "girl" in one or "12-15" in one.html]
    assert not [one.file.name for one in heard if one.file and (b"12-15" in one.file.data or b"girl" in one.file.data)]
    assert not [card for card in table.cards if "12-15" in card or "girl" in card]
    # One is too few to be counted.
    assert (await returned(table, "november"))["'=Opened: 12-15"] == "withheld"


@pytest.mark.parametrize(
    ("typed", "missing"),
    [
        ("age: 12-15 sex: girl", None),
        ("AGE 12-15, sex girl", None),
        ("12-15, girl", None),
        ("sex: girl", "Not said: age"),
    ],
)
async def test_categories_are_typed_as_people_do(table: Conference, typed: str, missing: str | None) -> None:
    table = under(table, RETURNS)
    room = await table.open_case()
    said = await table.answer("cleo", f"!categories {typed}", room=room)
    assert "on file for the return" in said
    assert ("Not said" in said) is (missing is not None)
    assert missing is None or missing in said


@pytest.mark.parametrize(
    ("who", "typed", "told"),
    [
        ("ada", "12-15", "asked of whoever runs its process"),
        ("cleo", "age: secretword", "That is no choice of age. Those are:"),
        ("cleo", "secretword", "I could not tell which category that is."),
        ("cleo", "age: 12-15 sex: secretword", "That is no choice of sex."),
    ],
)
async def test_what_is_no_choice_is_refused_and_not_repeated(
    table: Conference, who: str, typed: str, told: str
) -> None:
    table = under(table, RETURNS)
    room = await table.open_case()
    said = await table.answer(who, f"!categories {typed}", room=room)
    assert told in said
    assert "secretword" not in said
    assert categories_of(await table.case(room)) == {}


async def test_in_the_direct_chat_only_ones_own_cases_are_known(table: Conference) -> None:
    table = under(table, RETURNS)
    rooms = [await table.open_case(), await table.open_case()]
    refs = [room.partition(":")[2] for room in rooms]
    said = await table.answer("ada", f"!categories {refs[0]} age: 12-15", room=f"direct:{user('ada')}")
    assert "You run no open case" in said
    assert not any(ref in said for ref in refs)
    which = await table.answer("cleo", "!categories age: 12-15", room=f"direct:{user('cleo')}")
    assert all(ref in which for ref in refs)
    card = next(said for said in table.heard if "asked once" in said and refs[1] in said)
    told = await table.answer("cleo", "categories 12-15", room=f"direct:{user('cleo')}", replies_to=card)
    assert told.text.startswith(refs[1])
    assert (await table.outcomes())[-1] == ("categories", "done")
    await table.say("ada", "!categories 12-15", room="agency:police")
    assert (await table.outcomes())[-1] == ("categories", "dispatch/no_case")


async def test_categories_go_with_the_message_that_said_them(table: Conference) -> None:
    table = under(table, RETURNS)
    room = await table.open_case()
    await table.say("cleo", "!categories age: 12-15", room=room, event_id="$typed")
    assert categories_of(await table.case(room)) == {"age": "12-15"}
    await table.deleting.deleted(f"!{room}:example.org", user("cleo"), "$typed", "$deleted")
    await table.deliver()
    assert "12-15" not in categories_of(await table.case(room)).values()
    table.later(days=8)
    await table.sweeps.run()
    await table.deliver()
    case = await table.case(room)
    assert "12-15" not in str([change.new for step in case.steps for change in step.changes])


async def test_categories_are_said_by_a_tap(table: Conference) -> None:
    table = under(table, replace(RETURNS, polls=True))
    room = await table.open_case()
    keep_polls(table.sweeps.begin())
    await table.deliver()
    asked = {said.text: said for said, _ in table.polls}
    ref = room.partition(":")[2]
    assert list(asked) == [f"{ref}, for the return: age?", f"{ref}, for the return: sex?"]
    assert all(said.channel == f"direct:{user('cleo')}" and not said.mentions for said in asked.values())
    (told,) = await table.tap("cleo", asked[f"{ref}, for the return: age?"], "12-15")
    assert told.text.splitlines() == [f"{ref} · on file for the return, and told nowhere else", "Not said: sex"]
    assert categories_of(await table.case(room)) == {"age": "12-15"}
    keep_polls(table.sweeps.begin())
    await table.deliver()
    assert table.retracted == [(f"direct:{user('cleo')}", asked[f"{ref}, for the return: age?"].event_id)]


async def test_categories_can_be_said_anew_and_taken_back(table: Conference) -> None:
    table = under(table, Scheme(categories=CHOICES, returns=Return(COLUMNS[:2], suppression=Suppression(5, "below 5"))))
    table.now = MONDAY
    room = await table.open_case()
    october = datetime(2026, 11, 5, 9, tzinfo=UTC)
    put_on_file(table, [Plan(f"AAB{n}", october, age="16-17") for n in range(9)])
    await table.say("cleo", "!categories age: 12-15", room=room)
    await table.say("cleo", "!categories age: 16-17", room=room)
    table.now = FRIDAY
    assert (await returned(table, "november"))["'=Opened: 16-17"] == "10"
    table.now = MONDAY + timedelta(minutes=1)
    await table.say("cleo", "!categories age: 12-15", room=room)
    await table.say("cleo", "!undo", room=room)
    case = await table.case(room)
    assert categories_of(case) == {"age": "16-17"}
