"""Who is in the house: what differs between the directory on file and the one that is wanted, and how it is changed."""

from dataclasses import dataclass, replace

from sqlalchemy import delete, insert, or_, select, update

from cases.people import Agency, Preferences, Professional
from cases.roles import GRANTS, Permission, Place
from storage import tables
from storage.audit import Entry
from storage.find import Find
from storage.work import Work

ACTOR = "provisioning"
AGENCY_FIELDS = ("name", "kind", "remit", "answers")
_TABLES = {Agency: tables.agencies, Professional: tables.professionals, Preferences: tables.preferences}
PERSON_FIELDS = ("name", "agency", "role", "zone", "manager", "function", "sits")


@dataclass(frozen=True, repr=False)
class Difference:
    """One agency or person that is to be changed; ``changed`` names the fields (none: it is new or comes back)."""

    subject: Agency | Professional
    changed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The short name or the Matrix id."""
        return self.subject.short if isinstance(self.subject, Agency) else self.subject.user_id


@dataclass(frozen=True, repr=False)
class Changes:
    """How the directory on file becomes the wanted one."""

    agencies: tuple[Difference, ...] = ()
    people: tuple[Difference, ...] = ()
    gone: tuple[Professional, ...] = ()
    """Active on file, and no longer wanted."""
    releases: tuple[tuple[str, str], ...] = ()
    """Case and person: who may no longer sit at that table, because of another agency or another role."""
    releases_of_gone: tuple[tuple[str, str], ...] = ()
    retired: tuple[tuple[Agency, bool], ...] = ()
    """Agencies with people on file that are no longer wanted, and whether some of those are gone, not elsewhere now."""

    @property
    def any(self) -> bool:
        """Whether there is something to do, apart from those who are gone."""
        return bool(self.agencies or self.people or self.releases)


def compare(find: Find, agencies: list[Agency], people: list[Professional]) -> Changes:
    """What differs; reads only."""
    known_agencies = (find.directory()).agencies
    known_people = {person.user_id: person for person in find.everybody()}
    wanted = {person.user_id: person for person in people}
    different = [
        Difference(person, _changed(known_people.get(person.user_id), person, PERSON_FIELDS))
        for person in people
        if not _same(known_people.get(person.user_id), person)
    ]
    gone = tuple(p for p in known_people.values() if p.active and p.user_id not in wanted)
    unseated = [
        d.name
        for d in different
        if isinstance(d.subject, Professional)
        and d.name in known_people
        and ("agency" in d.changed or not sits_at_tables(d.subject))
    ]
    return Changes(
        tuple(
            Difference(agency, _changed(known_agencies.get(agency.short), agency, AGENCY_FIELDS))
            for agency in agencies
            if agency.short not in known_agencies or _changed(known_agencies[agency.short], agency, AGENCY_FIELDS)
        ),
        tuple(different),
        gone,
        _seats(find, unseated),
        _seats(find, [person.user_id for person in gone]),
        _retired(known_agencies, agencies, [p for p in known_people.values() if p.active], gone),
    )


def carry_out(work: Work, changes: Changes, *, prune: bool) -> None:
    """Change the directory, with an audit entry for each change.

    With ``prune``, those who are gone leave the house: what waits for them is thrown away.
    """
    for difference in changes.agencies:
        put(work, difference.subject)
        _record(work, "agency", difference.name, "changed" if difference.changed else "added")
    for difference in changes.people:
        put(work, difference.subject)
        _record(work, "person", difference.name, "changed" if difference.changed else "added")
    if prune:
        for person in changes.gone:
            remove(work, person)
            _record(work, "person", person.user_id, "removed")


def put(work: Work, subject: Agency | Professional | Preferences) -> None:
    """Write a row of the directory, in place of the one of that name."""
    table = _TABLES[type(subject)]
    (key,) = table.primary_key.columns
    values = vars(subject)
    changed = update(table).where(key == values[key.name]).values(values).returning(key)
    if work.session.execute(changed).one_or_none() is None:
        work.session.execute(insert(table).values(values))


def remove(work: Work, person: Professional) -> None:
    """Let somebody leave the house: what waits for them is thrown away, what they wrote stays."""
    put(work, replace(person, left_at=work.now))
    work.session.execute(delete(tables.preferences).where(tables.preferences.c.user_id == person.user_id))
    _forget_unsent(work, person.user_id)


def seats_of(find: Find, user_id: str) -> list[str]:
    """The cases at whose table somebody sits, closed ones too, whichever account runs them (references)."""
    return [ref for ref, _ in _seats(find, [user_id])]


def sits_at_tables(person: Professional) -> bool:
    """Whether a person of this role may be in case rooms."""
    return person.role in GRANTS[Place.CASE][Permission.READ]


def _forget_unsent(work: Work, user_id: str) -> None:
    """Nothing that still waits may invite this person again, or reach them in their direct chat."""
    o = tables.outbox
    said = (o.c.channel == f"{Place.DIRECT}:{user_id}") & (o.c.kind != "remove")
    theirs = or_(said, (o.c.kind == "invite") & (o.c.person == user_id))
    work.session.execute(delete(o).where(o.c.sent_at.is_(None), theirs))


def _record(work: Work, command: str, subject: str, outcome: str) -> None:
    work.record(Entry(ACTOR, "shell", None, f"provision {command}", subject, outcome, work.cause))


def _retired(
    known: dict[str, Agency], wanted: list[Agency], active: list[Professional], gone: tuple[Professional, ...]
) -> tuple[tuple[Agency, bool], ...]:
    """Those on file that are no longer wanted, as long as they have people: an agency without any is retired."""
    kept, staffed = {agency.short for agency in wanted}, {person.agency for person in active}
    leaving = {person.agency for person in gone}
    return tuple((a, a.short in leaving) for a in known.values() if a.short not in kept and a.short in staffed)


def _seats(find: Find, people: list[str]) -> tuple[tuple[str, str], ...]:
    m = tables.members.c
    query = (
        select(m.case_ref, m.user_id).where(m.user_id.in_(people), ~m.gone).order_by(m.case_ref, m.user_id).distinct()
    )
    return tuple((row.case_ref, row.user_id) for row in find.rows(query))


def _same(known: Professional | None, wanted: Professional) -> bool:
    return known is not None and known.active and not _changed(known, wanted, PERSON_FIELDS)


def _changed(known: object | None, wanted: object, fields: tuple[str, ...]) -> tuple[str, ...]:
    return () if known is None else tuple(f for f in fields if getattr(known, f) != getattr(wanted, f))
