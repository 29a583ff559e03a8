"""Looking a word up, and saying what one's agency means by it."""

from typing import Annotated

from pydantic import Field

from cases.roles import Permission
from chat import groups
from chat.arguments import REST, WORD, Arguments, ShortText, Text
from chat.context import Context, Reply
from chat.registry import commands
from storage import register

GROUP, PLACE = groups.ME, 160

REGISTER = "glossary"


class Term(Arguments):
    """Look up what each agency means by a word, or say what yours means."""

    word: Annotated[ShortText, WORD] | None = Field(None, title="WORD", description="the word")
    meaning: Annotated[Text, REST] | None = Field(None, title="MEANING", description="what your agency means by it")


@commands.command("term", needs=Permission.OWN, example="!term threshold")
def term(args: Term, ctx: Context) -> Reply:
    """The meanings of all agencies, side by side; each agency words its own."""
    entries = register.read(ctx.work.find, REGISTER)
    if args.word is None:
        return Reply("glossary/words", {"words": sorted({entry["word"] for entry in entries.values()})})
    word = args.word.casefold().strip(".,:;!?")
    if args.meaning is not None:
        _put(word, args.meaning, entries, ctx)
        entries = register.read(ctx.work.find, REGISTER)
    meanings = {entry["agency"]: entry["meaning"] for entry in entries.values() if entry["word"] == word}
    told = {"word": word, "meanings": sorted(meanings.items()), "put": args.meaning is not None}
    return Reply("glossary/meanings", {**told, "silent": sorted(ctx.directory.agencies.keys() - meanings.keys())})


def _put(word: str, meaning: str, entries: dict[str, dict[str, str]], ctx: Context) -> None:
    ours = (name for name, entry in entries.items() if (entry["word"], entry["agency"]) == (word, ctx.actor.agency))
    # Its name in the register is a number: the word is sealed like its meaning.
    name = next(ours, None) or str(max(map(int, entries), default=0) + 1)
    facts = {"word": word, "agency": ctx.actor.agency, "meaning": meaning, "by": ctx.actor.user_id}
    register.write(ctx.work, REGISTER, name, facts)
