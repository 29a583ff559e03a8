"""What the tables of the files that people write are made of: checked values, each with a sentence when it is wrong."""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chat.languages import codes

USER_ID = re.compile(r"@[!-9;-~]+:(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?")
"""With the historical ids, which may hold upper case and more (specification: Historical User IDs)."""


def check_user(user_id: str) -> str:
    """A full Matrix id; raises ValueError."""
    if not USER_ID.fullmatch(user_id) or len(user_id) > 255:  # noqa: PLR2004 the specification's limit, in bytes
        raise ValueError("is no full Matrix id, such as @roundtable:example.org")
    return user_id


def check_zone(zone: str) -> str:
    """The IANA name of a zone that exists; raises ValueError."""
    try:
        return ZoneInfo(zone).key
    except (OSError, ValueError, KeyError):
        raise ValueError("is no time zone that I know; use a name such as Europe/Amsterdam") from None


def _check_country(country: str) -> str:
    for code in (country, country.upper()):
        with suppress(NotImplementedError):
            read_holidays(code)
            return code
    raise ValueError("is no country whose holidays I know; use a code such as NL, FI or DE-NW")


def _check_language(code: str) -> str:
    if code not in codes():
        raise ValueError(f"is no language that I speak; those are: {', '.join(codes())}")
    return code


def read_holidays(country: str | None) -> Collection[date]:
    """The public holidays of a country, or of a part of it (``DE-NW``): worked out year by year as they are asked for.

    Raises NotImplementedError when they are not known.
    """
    if country is None:
        return ()
    # The countries' rules are many: loaded only where they are asked for.
    import holidays  # noqa: PLC0415

    name, _, part = country.partition("-")
    return holidays.country_holidays(name, subdiv=part or None)


def _check_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("must be one line of text")
    return text.strip()


Line = Annotated[str, Field(max_length=100), AfterValidator(_check_line)]
User = Annotated[str, AfterValidator(check_user)]
Zone = Annotated[str, AfterValidator(check_zone)]
Country = Annotated[str, AfterValidator(_check_country)]
LanguageCode = Annotated[str, AfterValidator(_check_language)]


class Section(BaseModel):
    """One table of the file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """Nothing: a repr ends up in logs."""
        return iter(())
