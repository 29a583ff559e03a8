"""A house of made-up cases, each from a plan: what figures say of them is counted by hand, from the plans alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from cases.case import Case, open_case
from cases.people import Addressee, Professional
from cases.roles import Role
from commands.action import rules as action
from commands.case import rules as closing
from commands.concern import rules as concern
from commands.concern.rules import Basis, Domain
from commands.figures import rules as categories
from commands.practice import rules as practice
from commands.request import rules as request
from commands.request.rules import Ground, State
from tests.room import PEOPLE, Conference, user

AGES = ("under 12", "12-15", "16-17")
SEXES = ("girl", "boy", "other")
CANARY = "canary-of-a-made-up-case"


def who(name: str) -> Professional:
    full, agency, role = PEOPLE[name]
    return Professional(user(name), full, agency, role)


CLEO, ADA, FINN, DIRK = map(who, ("cleo", "ada", "finn", "dirk"))
assert CLEO.role is Role.COORDINATOR


@dataclass
class Plan:
    """What happens in a case; days are counted from its opening."""

    ref: str
    opened: datetime
    closed: datetime | None = None
    repeated: datetime | None = None
    age: str | None = None
    sex: str | None = None
    practised: bool = False
    marked: list[bool] = field(default_factory=list)
    """Its concerns, on the day of its opening."""
    action_after: int | None = None
    """Days until an action is proposed that is due three days later."""
    done_after: int | None = None
    """Days from the proposal until it is done."""
    answered_after: int | None = None
    """Days until a question of the second day is answered."""
    refused: bool = False


def make(plan: Plan, scheme: str = "safety table") -> Case:
    """The case of a plan, with a canary wherever words can stand."""
    at = plan.opened
    case = open_case(
        plan.ref,
        scheme=scheme,
        why=f"{CANARY} why",
        goal=f"{CANARY} goal",
        zone="Europe/Amsterdam",
        agencies=("police", "social", "health"),
        director=CLEO.user_id,
        by=CLEO,
        at=at,
        people=[CLEO, ADA, FINN, DIRK],
    )
    if plan.practised:
        practice.mark(case)
    for moment, act in sorted(_acts(plan), key=lambda one: one[0]):
        act(case, moment)
    return case


def _acts(plan: Plan) -> Iterator[tuple[datetime, Callable[[Case, datetime], object]]]:
    """What is done in a case, and when."""
    at = plan.opened
    chosen = {name: value for name, value in (("age", plan.age), ("sex", plan.sex)) if value}
    if chosen:
        yield at, lambda c, m: categories.say(c, chosen, {"age": AGES, "sex": SEXES}, by=CLEO, at=m)
    for is_marked in plan.marked:
        kind = Basis.FACT if is_marked else None
        yield at, partial(_raise, kind)
    if plan.answered_after is not None:
        asked, due = at + timedelta(days=1), at + timedelta(days=30)
        health = Addressee("health")
        yield asked, lambda c, m: request.ask(c, health, CANARY, because=CANARY, due_at=due, by=ADA, at=m)
        result, grounds = (State.REFUSED, (Ground.TOO_BROAD,)) if plan.refused else (State.ANSWERED, ())
        text = f"{CANARY} is too much"
        moment = asked + timedelta(days=plan.answered_after)
        yield moment, lambda c, m: request.answer(c, "R-1", result, text, grounds=grounds, by=FINN, at=m)
    if plan.action_after is not None:
        proposed = at + timedelta(days=plan.action_after)
        by, social = proposed + timedelta(days=3), Addressee("social")
        yield proposed, lambda c, m: action.propose(c, CANARY, social, due_at=by, by=ADA, at=m)
        yield proposed, lambda c, m: action.accept(c, "A-1", by=DIRK, at=m)
        if plan.done_after is not None:
            done = proposed + timedelta(days=plan.done_after)
            yield done, lambda c, m: action.finish(c, "A-1", CANARY, by=DIRK, at=m)
    if plan.closed:
        yield plan.closed, lambda c, m: closing.close(c, because=CANARY, owner="social", by=CLEO, at=m)
    if plan.repeated:
        yield plan.repeated, lambda c, m: c.reopen(because=CANARY, by=CLEO, at=m, repeat=True)


def _raise(kind: Basis | None, case: Case, moment: datetime) -> None:
    concern.raise_concern(case, CANARY, by=ADA, at=moment, kind=kind, domain=Domain.SCHOOL)


def put_on_file(table: Conference, plans: Sequence[Plan], scheme: str = "safety table") -> None:
    """Into the conference's store, as if all of it had happened there."""
    for plan in plans:
        with table.store.work(f"made {plan.ref}", table.now) as work:
            work.open_case(make(plan, scheme))


def plans(seed: int, number: int = 40, practised: int = 6) -> list[Plan]:
    """From September to November 2026; the last ones are practised."""
    random = Random(seed)  # noqa: S311 it makes up examples
    made = []
    for n in range(number + practised):
        opened = datetime(2026, random.choice([9, 10, 10, 11]), random.randint(1, 8), 9, tzinfo=UTC)
        acts = random.random() < 0.7
        plan = Plan(
            f"AA{'BCDEFGHJKM'[n // 10]}{n % 10}",
            opened,
            age=random.choice([*AGES, AGES[1], AGES[1], None]),
            sex=random.choice([*SEXES[:2], SEXES[0], SEXES[0], None]),
            practised=n >= number,
            marked=[random.random() < 0.6 for _ in range(random.randint(0, 3))],
            action_after=random.randint(0, 5) if acts else None,
            done_after=random.randint(1, 6) if acts else None,
            answered_after=random.randint(0, 9) if random.random() < 0.8 else None,
            refused=random.random() < 0.4,
        )
        if random.random() < 0.5:
            plan.closed = opened + timedelta(days=random.randint(14, 19))
            if random.random() < 0.5:
                plan.repeated = plan.closed + timedelta(days=2)
        made.append(plan)
    return made
