from pathlib import Path

import click

from bot.cli.common import FILE, WELL, complete_folder, config_option, load_config, utcnow


@click.command()
@click.argument("folder", type=FILE, shell_complete=complete_folder)
@config_option
@click.option("--crypto", is_flag=True, help="The crypto store, too: to look into, for no bot can run on the copy.")
def backup(folder: Path, *, crypto: bool) -> int:
    """Copy the database, also while the bot runs.

    FOLDER is a new one, for the copy.
    """
    from bot.backups import make_backup

    make_backup(load_config(), folder.absolute(), crypto=crypto, clock=utcnow, say=click.echo)
    return WELL
