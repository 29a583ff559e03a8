"""What the commands have in common: how they end, the configuration, asking and telling a person, and the clock."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from rich.console import Console

    from bot.config import Config

WELL, FAILED, WRONG_SETTINGS, INTERRUPTED = 0, 1, 2, 130
FILE = click.Path(readable=False, path_type=Path)
"""Whether there is such a file, and whether it may be read, is said where it is opened."""
_CONFIG = f"{__name__}.config"


def _keep(context: click.Context, _option: click.Parameter, path: Path | None) -> None:
    if path is not None:
        context.meta[_CONFIG] = path


config_option = click.option(
    "--config",
    metavar="FILE",
    type=FILE,
    expose_value=False,
    callback=_keep,
    help="The configuration (else ROUNDTABLE_CONFIG, else ./config.toml).",
)
"""May stand before a command and behind it; the last one counts."""


def config_path() -> Path:
    """Where the configuration stands."""
    from bot.config import find_path

    return find_path(click.get_current_context().meta.get(_CONFIG))


def load_config() -> "Config":
    """The configuration; raises ConfigProblem with every mistake."""
    from bot import config

    return config.load(config_path())


def complete_folder(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell offer folders only."""
    return [CompletionItem(incomplete, type="dir")]


def ask(option: str, question: str, *, asks: bool, hidden: bool = False) -> str:
    """What an option would have said; raises ConfigProblem when nobody can be asked."""
    import getpass

    from bot.config import ConfigProblem

    if not asks:
        raise ConfigProblem(f"{option} is missing, and nobody can be asked here")
    try:
        return getpass.getpass(question) if hidden else input(question).strip()
    except EOFError:
        raise ConfigProblem(f"{option} is missing: the input ended") from None


def agree(question: str) -> bool:
    """Whether the person at the shell says yes."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def make_console() -> "Console":
    """Where plans and waiting are shown: in colour where there is any, and every character as it is."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def utcnow() -> datetime:
    """The real clock, in UTC."""
    return datetime.now(UTC)
