from pathlib import Path

import click

from bot.cli.common import WELL, config_option, config_path


@click.command()
@config_option
def fingerprint() -> int:
    """Show the bot's identity, for people to compare."""
    show(config_path())
    return WELL


def show(path: Path) -> None:
    """Show the identity of a bot as it is on file, in the form in which the admin room shows it.

    Raises ConfigProblem, StoreProblemError or WrongKeyError.
    """
    from bot import config
    from bot.database import open_store
    from chat.render import fours
    from storage import pins

    settings = config.load(path)
    user_id = settings.matrix.user_id
    store = open_store(settings, newest=False)
    try:
        with store.look() as find:
            identity = pins.pinned(find, user_id)
    finally:
        store.close()
    if identity is None:
        raise config.ConfigProblem(f"no identity of {user_id} is on file: is this the bot's own database?")
    click.echo(f"The identity of {user_id}, for people to compare with what they are shown:")
    click.echo(f"\n    {fours(identity)}\n")
