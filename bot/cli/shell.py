"""The command ``roundtable`` itself, and what is said when something goes wrong in any of its commands."""

import os
import resource
from collections.abc import Sequence
from importlib import metadata

import click

from bot.cli import audit, backup, db, fingerprint, health, init, provision, run
from bot.cli import exec as exec_
from bot.cli.common import FAILED, INTERRUPTED, WRONG_SETTINGS, config_option


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status: 0 well, 1 failed, 2 wrong settings, 130 interrupted.

    Raises SystemExit with 1 when nobody reads on, such as ``head``: whoever read has what they wanted.
    """
    os.umask(0o077)
    # A core dump would hold keys and content.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Pydantic would look through all that is installed for something that listens to what it reads; nothing shall.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    try:
        status: int = roundtable.main(arguments, "roundtable", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except click.Abort:
        return INTERRUPTED
    return status


class _Shell(click.Group):
    """Tells what goes wrong in an expected way in plain sentences, never as a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which they are needed."""
        del ctx
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> int:
        """Carry out one command; gives the exit status."""
        from bot import logs

        logs.configure("warning", "console")
        try:
            status: int = super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as problem:  # noqa: BLE001 whatever it is, its message may hold content
            return _tell(problem)
        return status


def _tell(problem: Exception) -> int:
    """Say on standard error what went wrong; gives the exit status."""
    from bot import logs
    from bot.config import ConfigProblem

    if isinstance(problem, ConfigProblem):
        logs.complain(*problem.problems)
        return WRONG_SETTINGS
    from bot.matrix.crypto.errors import MatrixError, NotOurDevice, StoreUnreadable, TokenRevoked
    from storage.crypto import WrongKeyError
    from storage.database import StoreProblemError

    match problem:
        case TokenRevoked():
            logs.complain(
                "the homeserver no longer knows the bot's access token: somebody signed the device out. With the "
                "recovery key, sign in anew with roundtable init --recover; if it is lost, with roundtable init "
                "--reset-identity"
            )
        case StoreUnreadable() | NotOurDevice():
            logs.complain(
                f"{problem}. If crypto.key is the wrong one, bring the right one back; else sign in anew with the "
                "recovery key: roundtable init --recover"
            )
        case StoreProblemError() | WrongKeyError() | MatrixError():
            logs.complain(str(problem))
        case _:
            # Its message may hold content: kind and place are told.
            logs.complain(f"a mistake in Roundtable itself, please report it: {logs.describe_fault(problem)}")
    return FAILED


def _tell_version(context: click.Context, _option: click.Parameter, given: bool) -> None:  # noqa: FBT001 Click's
    if given:
        try:
            version = metadata.version("roundtable")
        except metadata.PackageNotFoundError:
            version = "(not installed)"
        click.echo(f"roundtable {version}")
        context.exit()


@click.group(cls=_Shell)
@config_option
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_version,
    help="Show the version and exit.",
)
def roundtable() -> None:
    """An end-to-end encrypted bot for case conferences."""


for _command in (
    init.init,
    run.run,
    provision.provision,
    exec_.exec_,
    backup.backup,
    db.db,
    audit.audit,
    fingerprint.fingerprint,
    health.health,
):
    roundtable.add_command(_command)
