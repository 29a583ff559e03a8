"""The command line. What goes wrong in an expected way is told in plain sentences, never as a traceback."""

import argparse
import http.client
import os
import resource
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot import config, logs
from bot.config import ConfigProblem

WELL, FAILED, WRONG_SETTINGS, INTERRUPTED = 0, 1, 2, 130
HEALTH_WITHIN_SECONDS = 4
MOST_HEALTH_BYTES = 4096


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status: 0 well, 1 failed, or nobody reads on, 2 wrong settings."""
    os.umask(0o077)
    # A core dump would hold keys and content.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        try:
            return _perform(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has what they wanted, such as ``head``. What is still to be written goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _perform(arguments: Sequence[str] | None) -> int:
    given = _parser().parse_args(arguments)
    given.config = getattr(given, "config", None)
    logs.configure("warning", "console")
    try:
        if given.command == "health":
            return _health(given)
        # Asking for the health must be quick, on a busy machine too: only the others load all that the bot is.
        from bot import shell  # noqa: PLC0415

        return shell.perform(given.command, given)
    except ConfigProblem as problem:
        logs.complain(*problem.problems)
        return WRONG_SETTINGS
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as fault:  # noqa: BLE001 its message may hold content: kind and place are told
        logs.complain(f"a mistake in Roundtable itself, please report it: {logs.describe_fault(fault)}")
    return FAILED


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help=f"the configuration (else {config.CONFIG_VARIABLE}, else ./config.toml)",
    )
    parser = argparse.ArgumentParser(
        prog="roundtable", description="An end-to-end encrypted bot for case conferences.", parents=[common]
    )
    parser.add_argument("--version", action="version", version=f"roundtable {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    setup = commands.add_parser("init", parents=[common], help="sign in, and make keys and a configuration")
    setup.add_argument("--homeserver", metavar="URL", help="the address of the homeserver")
    setup.add_argument("--user", metavar="ID", help="the bot's Matrix id, such as @roundtable:example.org")
    setup.add_argument("--password-file", metavar="FILE", type=Path, help="its password (else it is asked for)")
    setup.add_argument("--token-file", metavar="FILE", type=Path, help="an access token, instead of a password")
    setup.add_argument("--device-id", metavar="ID", help="the device of that token")
    setup.add_argument(
        "--recovery-key-file", metavar="FILE", type=Path, help="keep the identity that this recovery key opens"
    )
    again = setup.add_mutually_exclusive_group()
    again.add_argument(
        "--recover",
        action="store_true",
        help="a new device for a bot whose crypto store is lost, signed with its recovery key; nobody notices",
    )
    again.add_argument(
        "--reset-identity",
        action="store_true",
        help="the same when the recovery key is lost, too: everyone must verify the bot again",
    )
    setup.add_argument("--data-dir", metavar="FOLDER", type=Path, help="where everything is put (else here)")
    setup.add_argument("--scheme", default="safety table", help="the scheme of a new case (%(default)s)")
    setup.add_argument("--zone", default="UTC", help="the time zone, such as Europe/Amsterdam (%(default)s)")
    setup.add_argument("--name", default="Roundtable", help="what the bot is called (%(default)s)")
    setup.add_argument("--yes", action="store_true", help="ask nothing; an identity of the account is replaced")
    setup.set_defaults(command="init")

    commands.add_parser("run", parents=[common], help="run the bot until SIGTERM").set_defaults(command="run")

    house = commands.add_parser("provision", parents=[common], help="bring agencies, people and rooms up to date")
    house.add_argument("file", metavar="FILE", type=Path, help="agencies and people")
    house.add_argument("--dry-run", action="store_true", help="only print what would be done")
    house.add_argument("--prune", action="store_true", help="remove who is not in the file, from every room")
    house.add_argument("--yes", action="store_true", help="do it without asking")
    house.set_defaults(command="provision")

    copy = commands.add_parser("backup", parents=[common], help="copy the database, also while the bot runs")
    copy.add_argument("folder", metavar="FOLDER", type=Path, help="a new folder for the copy")
    copy.add_argument(
        "--crypto", action="store_true", help="the crypto store, too: to look into, for no bot can run on the copy"
    )
    copy.set_defaults(command="backup")

    store = commands.add_parser("db", parents=[common], help="look after the database")
    tasks = store.add_subparsers(required=True, metavar="TASK")
    for task, purpose in (
        ("upgrade", "bring the tables up to date"),
        ("check", "look whether tables, keys, content and audit log are whole"),
        ("copy", "copy everything into an empty database; run again, it goes on where it broke off"),
        ("restored", "go on with a database that is not the newest one: after a restore from a backup"),
        ("release", "let other bots run the schemes of one that is gone for good"),
    ):
        tasks.add_parser(task, parents=[common], help=purpose).set_defaults(command="db", task=task)
    tasks.choices["release"].add_argument("user", metavar="ID", help="the Matrix id of the bot that is gone")
    move = tasks.choices["copy"]
    move.add_argument("--from", dest="source", metavar="URL", required=True, help="such as sqlite:roundtable.db")
    move.add_argument(
        "--to", dest="target", metavar="URL", required=True, help="such as postgresql://roundtable@host/roundtable"
    )

    log = commands.add_parser("audit", parents=[common], help="check the audit log")
    log.add_argument("what", choices=["verify"], help="look for a line that was changed, removed or moved")
    log.set_defaults(command="audit")

    commands.add_parser(
        "fingerprint", parents=[common], help="show the bot's identity, for people to compare"
    ).set_defaults(command="fingerprint")

    commands.add_parser("health", parents=[common], help="ask the running bot how it is").set_defaults(command="health")
    return parser


def _health(given: argparse.Namespace) -> int:
    server = config.load(config.find_path(given.config)).server
    if not server.health_port:
        raise ConfigProblem("server.health_port is 0: the health check is turned off")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.health_host, server.health_host)  # noqa: S104 asked, not bound
    connection = http.client.HTTPConnection(host, server.health_port, timeout=HEALTH_WITHIN_SECONDS)
    try:
        connection.request("GET", config.HEALTH_PATH)
        answer = connection.getresponse()
        text = answer.read(MOST_HEALTH_BYTES).decode("utf-8", errors="replace")
    except (OSError, http.client.HTTPException):
        logs.complain(f"the bot does not answer on {host}:{server.health_port}: is it running?")
        return FAILED
    finally:
        connection.close()
    sys.stdout.write(f"{text}\n")
    return WELL if answer.status == http.HTTPStatus.OK else FAILED


def _version() -> str:
    try:
        return version("roundtable")
    except PackageNotFoundError:
        return "(not installed)"
