import click

from bot.cli.common import FAILED, WELL, config_option, load_config, utcnow


@click.group()
@config_option
def db() -> None:
    """Look after the database."""


@db.command()
@config_option
def upgrade() -> int:
    """Bring the tables up to date."""
    from bot import database

    database.upgrade(load_config(), click.echo)
    return WELL


@db.command()
@config_option
def check() -> int:
    """Look whether tables, keys, content and audit log are whole."""
    from bot import database
    from bot.logs import complain

    return WELL if database.check(load_config(), click.echo, complain) else FAILED


@db.command()
@config_option
@click.option("--from", "source", metavar="URL", required=True, help="Such as sqlite:roundtable.db.")
@click.option("--to", "target", metavar="URL", required=True, help="Such as postgresql://roundtable@host/roundtable.")
def copy(source: str, target: str) -> int:
    """Copy everything into an empty database.

    Run again, it goes on where it broke off.
    """
    from bot import database

    database.copy(load_config(), source, target, clock=utcnow, say=click.echo)
    return WELL


@db.command()
@config_option
def restored() -> int:
    """Go on with an older database, as after a restore from a backup."""
    from bot import database

    database.restored(load_config(), clock=utcnow, say=click.echo)
    return WELL


@db.command()
@click.argument("user", metavar="ID")
@config_option
def release(user: str) -> int:
    """Let other bots run the schemes of one that is gone for good.

    ID is the Matrix id of the bot that is gone.
    """
    from bot import database

    return WELL if database.release(load_config(), user, click.echo) else FAILED
