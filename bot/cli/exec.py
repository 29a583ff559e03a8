import click

from bot.cli.common import config_option, load_config, utcnow


@click.command("exec")
@click.argument("line")
@config_option
@click.option("--as", "person", metavar="@ADMIN:SERVER", required=True, help="The admin in whose name it is done.")
def exec_(line: str, *, person: str) -> int:
    """Carry out a command of the admin room.

    LINE is what an admin would type there, such as '!agency add fire name: Fire service'. A running
    bot does it itself. The audit log and the admin room tell that it came from the shell.
    """
    import asyncio

    from bot.asked import execute

    status, said = asyncio.run(execute(load_config(), line, person, utcnow))
    for text in said:
        click.echo(text)
    return status
