"""What people choose for themselves, in the direct chat with the bot: language, zone, and quiet hours."""

import re
from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from cases.calendar import QUIET, Hours
from cases.errors import Refusal
from cases.people import Preferences
from cases.roles import Permission
from chat import groups, languages
from chat.arguments import REST, Arguments, ShortText
from chat.context import Context, Reply
from chat.registry import commands
from storage import directory

GROUP, PLACE = groups.ME, 110

AS_THE_HOUSE = frozenset({"default", "standard", "reset"})
"""What gives a setting back to the house."""
_HOURS = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|to|until)\s*(\d{1,2})(?:[:.](\d{2}))?", re.IGNORECASE)

Choice = Annotated[ShortText, REST]


class ShowSettings(Arguments):
    """Show what you have chosen: zone, quiet hours and language."""


class ChooseZone(Arguments):
    """Choose your time zone, in which I read and tell you dates."""

    zone: Choice = Field(title="a zone", description="for example Europe/Amsterdam; or: default")


class ChooseQuiet(Arguments):
    """Choose when I leave you in peace."""

    hours: Choice = Field(title="hours", description="for example 19:00-08:00; or: default")


class ChooseLanguage(Arguments):
    """Choose your language, in which I talk to you here."""

    language: Choice = Field(title="a language", description="for example nl; or: default")


@commands.command("settings", needs=Permission.SETTINGS, example="!settings")
def show_settings(args: ShowSettings, ctx: Context) -> Reply:
    """As they are now."""
    return _told(ctx.directory.prefers(ctx.actor.user_id), ctx)


@commands.command("zone", needs=Permission.SETTINGS, example="!zone Europe/Amsterdam")
def choose_zone(args: ChooseZone, ctx: Context) -> Reply:
    """The name of a zone, in any case."""
    return _choose(ctx, zone=None if args.zone.lower() in AS_THE_HOUSE else _zone(args.zone))


@commands.command("quiet", needs=Permission.SETTINGS, example="!quiet 19:00-08:00")
def choose_quiet(args: ChooseQuiet, ctx: Context) -> Reply:
    """From an hour to another, over midnight or not."""
    return _choose(ctx, quiet=None if args.hours.lower() in AS_THE_HOUSE else _quiet(args.hours))


@commands.command("language", needs=Permission.SETTINGS, example="!language nl")
def choose_language(args: ChooseLanguage, ctx: Context) -> Reply:
    """The code of a language, or what it calls itself."""
    if args.language.lower() in AS_THE_HOUSE:
        return _choose(ctx, language=None)
    chosen = languages.find(args.language)
    if chosen is None:
        known = [languages.language(code) for code in languages.codes()]
        raise Refusal("settings/language", known=known)
    return _choose(ctx, language=chosen.code)


def _choose(ctx: Context, **chosen: str | None) -> Reply:
    # A copy: the directory is shared with others.
    kept = replace(ctx.directory.prefers(ctx.actor.user_id))
    for name, value in chosen.items():
        setattr(kept, name, value)
    directory.put(ctx.work, kept)
    # The answer is told as it was chosen.
    ctx.directory = replace(ctx.directory, preferences={**ctx.directory.preferences, kept.user_id: kept})
    return _told(kept, ctx)


def _told(kept: Preferences, ctx: Context) -> Reply:
    zone = ZoneInfo(kept.zone) if kept.zone else ctx.directory.zone(ctx.actor.user_id, ctx.house.zone)
    facts = {"zone": zone.key, "quiet": str(kept.hours), "usual": kept.hours == QUIET}
    return Reply("settings/shown", {**facts, "language": ctx.voice().language.name})


def _zone(typed: str) -> str:
    named = "/".join(part.strip().replace(" ", "_").title() for part in typed.split("/"))
    for name in (typed, named):
        try:
            return ZoneInfo(name).key
        except (OSError, ValueError, KeyError):
            continue
    raise Refusal("settings/zone")


def _quiet(typed: str) -> str:
    found = _HOURS.fullmatch(typed.strip())
    if found is not None:
        start, end = (f"{int(found[n]):02}:{found[n + 1] or '00'}" for n in (1, 3))
        try:
            hours = Hours.parse(f"{start}-{end}")
        except ValueError:
            hours = None
        if hours is not None and hours.start != hours.end:
            return str(hours)
    raise Refusal("settings/quiet")
