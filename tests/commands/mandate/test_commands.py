from dataclasses import replace

import pytest

from cases.scheme import Scheme
from commands.mandate.bound import version_of
from commands.roundtable.rules import Attendance, RoundTable
from storage import directory, register
from tests.room import Conference, Said, user

STRICT = Scheme(mandates=True, induction=True, protocol="What is said here stays here.", protocol_version="3")
OPEN = "!case open why: w goal: g agencies: police, health"


def strict(table: Conference) -> Conference:
    return Conference(table.store, replace(table.house, schemes={"safety table": STRICT}), _ids=table._ids)


async def make_ready(table: Conference, who: str, name: str) -> None:
    await table.say("kees", f"!training {name} induction", room="admin")
    await table.say(who, "!protocol accept", room=f"direct:{user(who)}")


@pytest.mark.scenario
async def test_an_agency_whose_mandate_lapsed_is_not_asked_and_what_is_missing_is_named(table: Conference) -> None:
    table = strict(table)
    await table.say("kees", "!mandate police until: 2027-06-30 signatory: Chief Visser version: 3", room="admin")
    await table.say("kees", "!mandate health until: fri", room="admin")
    for who, name in (("ada", "Ada Jansen"), ("finn", "Finn de Boer"), ("gina", "Gina Dekker")):
        await make_ready(table, who, name)
    table.later(days=6)
    said = await table.say("cleo", OPEN, room="coordination")
    here = next(s for s in said if s.channel == "coordination")
    room = next(s.channel for s in said if s.channel.startswith("case:"))
    assert "Finn de Boer (Health service): the mandate has lapsed" in here
    assert (room, user("ada")) in table.invited
    assert (room, user("finn")) not in table.invited
    ref = room.partition(":")[2]
    refused = await table.answer("cleo", f"!case invite {ref} Finn de Boer because: he knows him", room="coordination")
    assert "The mandate of Health service has lapsed." in refused
    await table.say("kees", "!mandate health until: 2027-06-30", room="admin")
    await table.say("cleo", f"!case invite {ref} Finn de Boer because: he knows him", room="coordination")
    assert (room, user("finn")) in table.invited


@pytest.mark.scenario
async def test_nobody_comes_to_a_live_case_before_induction_and_protocol(table: Conference) -> None:
    table = strict(table)
    for agency in ("police", "health"):
        await table.say("kees", f"!mandate {agency} until: 2027-06-30", room="admin")
    shown = await table.answer("ada", "!protocol", room=f"direct:{user('ada')}")
    assert "What is said here stays here." in shown
    assert "!protocol accept" in shown
    said = await table.say("cleo", OPEN, room="coordination")
    here = next(s for s in said if s.channel == "coordination")
    assert "Ada Jansen (Police): the privacy protocol is not acknowledged, no induction" in here
    await make_ready(table, "ada", "Ada Jansen")
    assert "You have acknowledged it." in await table.answer("ada", "!protocol", room=f"direct:{user('ada')}")


@pytest.mark.scenario
async def test_admins_are_warned_sixty_and_fourteen_days_before_a_mandate_lapses(table: Conference) -> None:
    table = strict(table)
    await table.say("kees", "!mandate police until: 2027-03-31", room="admin")
    told = []
    for _ in range(160):
        table.later(days=1)
        await table.sweeps.run()
        told += [table.now.date().isoformat() for s in await table.deliver() if s.channel == "admin"]
    assert told == ["2027-02-01", "2027-03-17"]


async def test_cohorts_show_whether_agencies_learned_together(table: Conference) -> None:
    for name in ("Ada Jansen", "Finn de Boer"):
        await table.say("kees", f"!training {name} cohort spring", room="admin")
    await table.say("kees", "!training Hugo Peters cohort autumn", room="admin")
    said = await table.answer("kees", "!training list", room="admin")
    assert "spring: Ada Jansen (Police), Finn de Boer (Health service)" in said
    assert "autumn: Hugo Peters (School) · one agency only" in said


async def test_only_admins_put_mandates_and_trainings_on_file(table: Conference) -> None:
    for line in ("!mandate police until: 2027-06-30", "!training Ada Jansen induction"):
        await table.say("cleo", line, room="coordination")
        assert (await table.outcomes())[-1][1] in {"dispatch/wrong_room", "dispatch/not_allowed"}


async def test_a_cohort_is_shown_with_how_many_agencies_it_mixes(table: Conference) -> None:
    assert "No cohort is on file yet." in await table.answer("kees", "!training cohort", room="admin")
    said = await table.answer("kees", "!training Ada Jansen cohort Spring", room="admin")
    assert "Spring: Ada Jansen (Police) · one agency only" in said
    said = await table.answer("kees", "!training Finn de Boer cohort spring", room="admin")
    assert "Ada Jansen (Police), Finn de Boer (Health service) · 2 agencies" in said
    await table.say("kees", "!training Hugo Peters cohort autumn", room="admin")
    shown = await table.answer("kees", "!training cohort SPRING", room="admin")
    assert ("2 agencies" in shown, "Hugo" in shown) == (True, False)
    assert "Nobody learns with a cohort winter." in await table.answer("kees", "!training cohort winter", room="admin")


async def test_who_had_no_induction_directs_no_live_case_either(table: Conference) -> None:
    table = strict(table)
    for agency in ("police", "health", "school"):
        await table.say("kees", f"!mandate {agency} until: 2027-06-30", room="admin")
    refused = await table.answer("cleo", f"{OPEN} director: Hugo Peters", room="coordination")
    assert "They had no induction." in refused
    await make_ready(table, "hugo", "Hugo Peters")
    said = await table.say("cleo", f"{OPEN} director: Hugo Peters", room="coordination")
    assert any(s.channel.startswith("case:") for s in said)


@pytest.mark.scenario
async def test_a_mandate_of_another_version_of_the_protocol_is_missing_and_both_versions_are_named(
    table: Conference,
) -> None:
    table = strict(table)
    await table.say("kees", "!mandate police until: 2027-06-30", room="admin")
    await table.say("kees", "!mandate health until: 2027-06-30 version: 2", room="admin")
    for who, name in (("ada", "Ada Jansen"), ("finn", "Finn de Boer")):
        await make_ready(table, who, name)
    said = await table.say("cleo", OPEN, room="coordination")
    here = next(s for s in said if s.channel == "coordination")
    room = next(s.channel for s in said if s.channel.startswith("case:"))
    assert "Finn de Boer (Health service): the mandate is of version 2 of the privacy protocol, version 3 is in" in here
    assert (room, user("ada")) in table.invited
    again = f"!case invite {room.partition(':')[2]} Finn de Boer because: he knows him"
    refused = await table.answer("cleo", again, room="coordination")
    assert "Health service signed version 2 of the privacy protocol; version 3 is in force." in refused
    assert "has lapsed" not in refused
    assert (room, user("finn")) not in table.invited
    await table.say("kees", "!mandate health until: 2027-06-30 version: 3", room="admin")
    await table.say("cleo", again, room="coordination")
    assert (room, user("finn")) in table.invited


async def test_a_lapsed_mandate_of_another_version_lacks_both_and_a_scheme_without_mandates_neither(
    table: Conference,
) -> None:
    lenient = table
    table = strict(table)
    await table.say("kees", "!mandate police until: fri version: 2", room="admin")
    await make_ready(table, "ada", "Ada Jansen")
    table.later(days=6)
    said = await table.say("cleo", "!case open why: w goal: g agencies: police", room="coordination")
    here = " ".join(s.text for s in said)
    assert "the mandate has lapsed, the mandate is of version 2" in here
    said = await lenient.say("cleo", "!case open why: w goal: g agencies: police", room="coordination")
    assert any(s.channel.startswith("case:") for s in said)
    assert not any("version 2" in s for s in said)


DIRECT = f"direct:{user('ada')}"


@pytest.mark.parametrize("word", ["accept", "Accept.", "yes", "akkoord", "accept, thank you"])
async def test_the_protocol_is_acknowledged_by_a_reply_to_it(table: Conference, word: str) -> None:
    table = strict(table)
    shown = await table.answer("ada", "!protocol", room=DIRECT)
    said = await table.say("ada", word, room=DIRECT, replies_to=shown)
    assert "acknowledged version 3" in "".join(s.text for s in said)
    assert "You have acknowledged it." in await table.answer("ada", "!protocol", room=DIRECT)


async def test_the_protocol_is_acknowledged_by_a_tap_and_not_by_another_one(table: Conference) -> None:
    tapped = replace(STRICT, polls=True)
    table = Conference(table.store, replace(table.house, schemes={"safety table": tapped}), _ids=table._ids)
    await table.say("ada", "!protocol", room=DIRECT)
    poll = table.polls[-1][0]
    await table.tap("ada", poll, "Not now")
    assert "You have acknowledged it." not in await table.answer("ada", "!protocol", room=DIRECT)
    await table.tap("ada", table.polls[-1][0], "I acknowledge it")
    assert "You have acknowledged it." in await table.answer("ada", "!protocol", room=DIRECT)


async def test_what_was_replaced_since_it_was_shown_is_not_acknowledged(table: Conference) -> None:
    table = strict(table)
    shown = await table.answer("ada", "!protocol", room=DIRECT)
    newer = replace(STRICT, protocol="CANARY another text", protocol_version="4")
    later = Conference(table.store, replace(table.house, schemes={"safety table": newer}), _ids=table._ids)
    said = await later.say("ada", "accept", room=DIRECT, replies_to=shown)
    assert "version 4 is in force" in "".join(s.text for s in said)
    assert "You have acknowledged it." not in await later.answer("ada", "!protocol", room=DIRECT)


@pytest.mark.parametrize("word", ["thanks", "accept A-1", "accept that he is ill", "I accept nothing of it"])
async def test_talk_about_the_protocol_acknowledges_nothing(table: Conference, word: str) -> None:
    table = strict(table)
    shown = await table.answer("ada", "!protocol", room=DIRECT)
    await table.say("ada", word, room=DIRECT, replies_to=shown)
    assert "You have acknowledged it." not in await table.answer("ada", "!protocol", room=DIRECT)


async def test_nobody_acknowledges_for_another(table: Conference) -> None:
    table = strict(table)
    room = await table.open_case()
    shown = await table.answer("ada", "!protocol", room=room)
    await table.say("hugo", "accept", room=room, replies_to=shown)
    for who in ("ada", "hugo"):
        assert "You have acknowledged it." not in await table.answer(who, "!protocol", room=room)


BOUND = Scheme(bound="CANARY Whoever is here is bound.", under_secrecy=("Clinician", "detective"), protocol="p")


@pytest.mark.scenario
async def test_who_has_no_professional_secrecy_is_told_that_they_are_bound_and_the_version_is_kept(
    table: Conference,
) -> None:
    table = Conference(table.store, replace(table.house, schemes={"safety table": BOUND}), _ids=table._ids)
    version = version_of(BOUND.bound)
    with table.store.work("a detective", table.now) as work:
        directory.put(work, replace(work.find.directory().people[user("ada")], function="detective"))
        work.outcome = "done"
    assert "CANARY" not in await table.answer("ada", "!protocol", room=DIRECT)
    shown = await table.answer("hugo", "!protocol", room=f"direct:{user('hugo')}")
    assert "CANARY Whoever is here is bound." in shown
    assert f"text {version}" in await table.answer("hugo", "!protocol accept", room=f"direct:{user('hugo')}")
    await table.say("ada", "!protocol accept", room=DIRECT)
    room = await table.open_case()
    await table.say("cleo", "!roundtable tomorrow 15:00", room=room)
    opened = await table.answer("cleo", "!roundtable start M-1", room=room)
    assert "CANARY Whoever is here is bound." in opened
    assert "Hugo Peters" in opened.text.partition("Bound all the same")[2].partition("CANARY")[0]
    assert "Ada Jansen" not in opened.text.partition("Bound all the same")[2].partition("CANARY")[0]
    for who in ("ada", "hugo"):
        await table.say(who, "!confirm", room=room)
    kept = {said.by: said.bound for said in (await table.case(room)).all(Attendance)}
    assert (kept[user("ada")], kept[user("hugo")]) == ("", version)
    said = await table.say("cleo", "!roundtable end", room=room)
    minutes = next(s.file for s in said if s.file and s.file.content_type.startswith("text/markdown"))
    assert f"Told that they are bound (text {version}):" in minutes.data.decode()
    with table.store.look() as find:
        assert register.read(find, "bound")[version]["text"] == BOUND.bound


def bound_table(table: Conference) -> Conference:
    """Its scheme tells everybody but police officers that they are bound."""
    scheme = replace(BOUND, under_secrecy=("police",), protocol="")
    with table.store.work("kinds", table.now) as work:
        for agency in work.find.directory().agencies.values():
            directory.put(work, replace(agency, kind=agency.short))
        work.outcome = "done"
    return Conference(table.store, replace(table.house, schemes={"safety table": scheme}), _ids=table._ids)


async def comes(table: Conference, room: str, *who: str) -> list[Said]:
    """These people come into a room; what is said of it."""
    await table.comings.joined(f"!{room}:example.org", tuple(map(user, who)), f"come{next(table._ids)}")
    return [said for said in await table.deliver() if said.channel == room]


async def told_in(table: Conference, room: str) -> dict[str, str]:
    """Who was told at the round table of a case, each with the version of the text."""
    case = await table.case(room)
    (held,) = case.all(RoundTable)
    assert {said.by: said.bound for said in case.all(Attendance) if said.bound}.items() <= held.told.items()
    return held.told


async def hold(table: Conference, room: str) -> Said:
    """Cleo begins a round table."""
    await table.say("cleo", "!roundtable tomorrow 15:00", room=room)
    return await table.answer("cleo", "!roundtable start M-1", room=room)


@pytest.mark.scenario
async def test_who_is_invited_while_a_table_is_held_is_told_that_they_are_bound_when_they_come(
    table: Conference,
) -> None:
    table = bound_table(table)
    room = await table.open_case(agencies="police, social")
    assert "CANARY" in await hold(table, room)
    await table.say("cleo", f"!case invite {room[5:]} Hugo Peters because: asked now", room="coordination")
    said = await comes(table, room, "hugo")
    (told,) = [s for s in said if "CANARY Whoever is here is bound." in s]
    assert ("Hugo Peters" in told, told.mentions, told.subject) == (True, (user("hugo"),), "M-1")
    assert "Cleo Bakker" not in told
    assert (await told_in(table, room))[user("hugo")] == version_of(BOUND.bound)
    confirmed = await table.say("hugo", "!confirm", room=room)
    assert not any("CANARY" in s for s in confirmed)
    said = await table.say("cleo", "!roundtable end", room=room)
    minutes = next(s.file for s in said if s.file and s.file.content_type.startswith("text/markdown"))
    kept = minutes.data.decode().partition("Told that they are bound (text ")[2].splitlines()[0]
    assert (version_of(BOUND.bound) in kept, "Hugo Peters" in kept) == (True, True)


async def test_who_was_invited_before_and_comes_during_a_table_was_not_told_at_the_opening(table: Conference) -> None:
    table = bound_table(table)
    room = await table.open_case(agencies="police, social")
    await table.say("cleo", f"!case invite {room[5:]} Hugo Peters because: asked before", room="coordination")
    opened = await hold(table, room)
    assert "Hugo Peters" not in opened.text.partition("Bound all the same")[2].partition("CANARY")[0]
    assert user("hugo") not in await told_in(table, room)
    assert any("CANARY" in s and "Hugo Peters" in s for s in await comes(table, room, "hugo"))
    assert user("hugo") in await told_in(table, room)


async def test_nobody_is_told_twice_and_none_with_a_secrecy_or_without_a_running_table(table: Conference) -> None:
    table = bound_table(table)
    room = await table.open_case(agencies="social")
    for name in ("Ada Jansen", "Hugo Peters", "Iris Kok"):
        await table.say("cleo", f"!case invite {room[5:]} {name} because: asked", room="coordination")
    assert not any("CANARY" in s for s in await comes(table, room, "iris"))
    opened = await hold(table, room)
    assert "Iris Kok" in opened.text.partition("Bound all the same")[2].partition("CANARY")[0]
    assert not any("CANARY" in s for s in await comes(table, room, "ada"))
    said = await comes(table, room, "hugo")
    assert len([s for s in said if "CANARY" in s]) == 1
    assert not any("CANARY" in s for s in await comes(table, room, "hugo"))
    await table.say("cleo", "!roundtable end", room=room)
    await table.say("cleo", f"!case invite {room[5:]} Finn de Boer because: asked", room="coordination")
    assert not any("CANARY" in s for s in await comes(table, room, "finn"))
    assert user("finn") not in await told_in(table, room)


async def test_who_has_no_secrecy_any_more_is_told_as_they_confirm_and_what_was_shown_is_kept(
    table: Conference,
) -> None:
    table = bound_table(table)
    room = await table.open_case(agencies="police, social")
    await hold(table, room)
    with table.store.work("another kind", table.now) as work:
        directory.put(work, replace(work.find.directory().agencies["police"], kind="wardens"))
        work.outcome = "done"
    newer = replace(table.house.schemes["safety table"], bound="CANARY another text")
    table = Conference(table.store, replace(table.house, schemes={"safety table": newer}), _ids=table._ids)
    said = await table.say("ada", "!confirm", room=room)
    assert any("CANARY another text" in s and "Ada Jansen" in s for s in said)
    assert not any("CANARY" in s for s in await table.say("dirk", "!confirm", room=room))
    kept = {said.by: said.bound for said in (await table.case(room)).all(Attendance)}
    assert kept[user("ada")] == version_of("CANARY another text")
    assert kept[user("cleo")] == kept[user("dirk")] == version_of(BOUND.bound)
    with table.store.look() as find:
        assert set(register.read(find, "bound")) == {version_of(BOUND.bound), version_of("CANARY another text")}


async def test_at_a_sitting_each_table_tells_and_what_was_confirmed_before_has_its_version(table: Conference) -> None:
    table = bound_table(table)
    first, second = [await table.open_case(agencies="police, health") for _ in range(2)]
    plan = f"!sitting tomorrow 14:00 cases: {first[5:]}, {second[5:]} for: 10m"
    await table.say("cleo", plan, room="coordination")
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room="coordination")
    for who in ("ada", "finn"):
        await table.say(who, "!confirm", room=first)
    said = await table.say("cleo", "!sitting next", room="coordination")
    (opened,) = [s for s in said if s.channel == second and "CANARY" in s]
    assert "Finn de Boer" in opened.text.partition("Bound all the same")[2].partition("CANARY")[0]
    kept = {said.by: said.bound for said in (await table.case(second)).all(Attendance)}
    assert (kept[user("ada")], kept[user("finn")]) == ("", version_of(BOUND.bound))
