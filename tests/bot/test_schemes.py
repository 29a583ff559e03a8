import re
from pathlib import Path

import pytest

from bot import house
from bot.agencies import read_house
from bot.config import ConfigProblem, describe, load
from bot.schemes import SchemeSection, list_strangers
from cases.roles import Role
from cases.scheme import Clock, Counted, Runs, Scheme, Unit
from tests.bot.test_config import EXAMPLE, a_deployment

ROOT = Path(__file__).parent.parent.parent
SCHEMES = """
[scheme."youth crime"]
note = "to be checked by counsel"
intake = "anonymous"
bases = [{ name = "consent" }, { name = "public task", sensitive = true }]
ladder = [{ level = "managers", within = "5 working days" }]
[scheme."youth crime".clocks.answer]
urgent = "4 hours"
soon = "1 working day"
"""


def test_a_return_has_its_columns_and_its_rule(tmp_path: Path) -> None:
    path = a_deployment(tmp_path, describe(EXAMPLE))
    (tmp_path / "schemes.toml").write_text(
        """
[scheme."youth crime"]
categories = { "age band" = ["12-15", "16-17"] }
[scheme."youth crime".return]
period = "quarter"
suppress = "5 or under"
columns = [{ name = "All", counts = "discussed" }, { name = "By age", counts = "repeats", by = "age band" }]
"""
    )
    scheme = house._schemes(load(path))["youth crime"]
    assert scheme.categories == {"age band": ("12-15", "16-17")}
    assert scheme.returns
    assert scheme.returns.quarterly
    assert (scheme.suppression.least, scheme.suppression.mark) == (6, "5 or under")
    assert [(c.name, c.counts, c.by) for c in scheme.returns.columns] == [
        *(("All", Counted.DISCUSSED, None), ("By age", Counted.REPEATS, "age band"))
    ]
    assert Scheme().suppression.least == 5


def test_schemes_have_a_file_of_their_own_beside_the_configuration(tmp_path: Path) -> None:
    path = a_deployment(tmp_path, describe(EXAMPLE))
    (tmp_path / "schemes.toml").write_text(SCHEMES)
    scheme = house._schemes(load(path))["youth crime"]
    assert scheme.anonymous
    assert [basis.name for basis in scheme.bases] == ["consent", "public task"]
    assert scheme.clock(Runs.ANSWER, "urgent") == Clock(4, Unit.HOURS)
    assert scheme.clock(Runs.ANSWER, "soon") == Clock(1, Unit.WORKING_DAYS)
    assert [rung.level for rung in scheme.ladder] == ["managers"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('intake = "anonymous"', None),
        ('intake = "secret"', "scheme.youth crime.intake is not right"),
        ('grounds = ["not necessary", "no time"]', "scheme.youth crime.grounds.1 is no ground that I know"),
        ('danger_within = "soon"', "scheme.youth crime.danger_within is no clock; write it like 30 minutes"),
        ('shifts = ["7am"]', "scheme.youth crime.shifts.0 is no time of the day; write it like 07:00"),
        ('shifts = ["07:00", "15:00"]', None),
        ('bases = [{ name = "x", sensitiv = true }]', "sensitiv is no key that I know; is sensitive meant?"),
        ("quorum = 3", "scheme.youth crime.quorum is no key that I know"),
        (
            'return = { columns = [{ name = "All", counts = "opened" }], suppress = "a few" }',
            "scheme.youth crime.return.suppress is no rule of suppression; write it like below 5, or 5 or under",
        ),
        (
            'return = { columns = [{ name = "All", counts = "opened" }], suppress = "below 2" }',
            "scheme.youth crime.return.suppress is no rule of suppression",
        ),
        (
            'return = { columns = [{ name = "All", counts = "people" }] }',
            "scheme.youth crime.return.columns.0.counts is not right: input should be 'opened'",
        ),
        (
            'return = { columns = [{ name = "By age", counts = "opened", by = "age" }] }',
            "scheme.youth crime has a column by age, which is none of its categories",
        ),
    ],
)
def test_mistakes_are_told_by_the_name_of_their_key(tmp_path: Path, wrong: str, told: str | None) -> None:
    path = a_deployment(tmp_path, describe(EXAMPLE))
    (tmp_path / "schemes.toml").write_text(f'[scheme."youth crime"]\n{wrong}\n')
    if told is None:
        assert load(path).scheme.keys() == {"youth crime"}
        return
    with pytest.raises(ConfigProblem) as problem:
        load(path)
    assert told in "\n".join(problem.value.problems)


def test_a_scheme_that_stands_in_both_files_or_a_file_that_is_broken_is_told(tmp_path: Path) -> None:
    path = a_deployment(tmp_path, describe(EXAMPLE) + '\n[scheme."youth crime"]\nlanguage = "nl"\n')
    (tmp_path / "schemes.toml").write_text(SCHEMES)
    with pytest.raises(ConfigProblem, match='the scheme "youth crime" stands in the configuration and in'):
        load(path)
    (tmp_path / "schemes.toml").write_text("SECRETWORD = [")
    with pytest.raises(ConfigProblem, match="which is no TOML") as told:
        load(path)
    assert "SECRETWORD" not in str(told.value)


def test_whoever_a_scheme_names_is_in_the_agencies_file() -> None:
    house = read_house(ROOT / "docs" / "agencies.example.toml", "@roundtable:example.org")
    coordinator = next(person.user_id for person in house.people if person.role is Role.COORDINATOR)
    other = next(person.user_id for person in house.people if person.role is Role.PRACTITIONER)
    right = SchemeSection(coordinators=(coordinator,), mandatory_agencies=tuple(house.shorts)[:1], duty=(other,))
    assert not list(list_strangers({"a": right, "b": SchemeSection()}, house.shorts, house.roles))
    wrong = SchemeSection(
        coordinators=(other, "@gone:example.org"), mandatory_agencies=("fire",), duty=("@gone:example.org",)
    )
    assert list(list_strangers({"youth crime": wrong}, house.shorts, house.roles)) == [
        f'[scheme."youth crime"] names {other} as a coordinator, who is none in this file',
        '[scheme."youth crime"] names @gone:example.org as a coordinator, who is none in this file',
        '[scheme."youth crime"] names fire among its mandatory_agencies, an agency that is not in this file',
        '[scheme."youth crime"] names @gone:example.org in its duty, who is not in this file',
    ]


def test_each_key_of_a_scheme_is_explained() -> None:
    explained = (ROOT / "docs" / "schemes.md").read_text()
    keys = set(re.findall(r"^\| `([a-z_]+)` \|", explained, re.MULTILINE))
    assert keys == {field.alias or name for name, field in SchemeSection.model_fields.items()}
