from pathlib import Path

import click

from bot.cli.common import FILE, agree, config_option, load_config, make_console, utcnow


@click.command()
@click.argument("file", type=FILE)
@config_option
@click.option("--dry-run", is_flag=True, help="Only print what would be done.")
@click.option("--prune", is_flag=True, help="Remove who is not in the file, from every room.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def provision(file: Path, *, dry_run: bool, prune: bool, yes: bool) -> int:
    """Bring agencies, people and rooms up to date.

    FILE names agencies and people.
    """
    import asyncio
    import sys

    from bot import provisioning
    from bot.config import ConfigProblem

    def agreed() -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            raise ConfigProblem("nobody can be asked here: add --yes to carry the plan out")
        return agree("Carry this out?")

    return asyncio.run(
        provisioning.provision(
            load_config(), file, clock=utcnow, console=make_console(), dry_run=dry_run, prune=prune, agreed=agreed
        )
    )
