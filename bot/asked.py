"""What the shell asks, carried out beside the running bot, or in its place while none runs."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

from bot import control
from bot.config import Config, ConfigProblem
from bot.control import Answer, Way
from bot.database import open_store
from bot.house import make_house
from bot.matrix.crypto.client import HardenedClient
from chat.context import House
from chat.dispatch import Dispatcher
from commands import registry_of_all
from storage import causes, lease
from storage.account import Account
from storage.database import StoreInUseError
from storage.store import Store

EXEC, PROVISION = "exec", "provision"
NOT_HERE = (
    "the bot is running on this store, and can't be asked from here: run this where it runs, or stop the bot first"
)


def ways(  # noqa: PLR0917 what the running bot is made of
    config: Config,
    store: Store,
    client: HardenedClient,
    dispatcher: Dispatcher,
    house: House,
    clock: Callable[[], datetime],
) -> Mapping[str, Way]:
    """How the running bot answers the shell."""

    async def execute(asked: Mapping[str, Any]) -> Answer:
        status, said = await _execute(dispatcher, str(asked["line"]), str(asked["as"]))
        return {"status": status, "said": said}

    async def provision(asked: Mapping[str, Any]) -> Answer:
        # Seldom needed: it is loaded when it is.
        from bot import provisioning  # noqa: PLC0415

        text, prune, agreed = str(asked["file"]), bool(asked["prune"]), asked.get("agreed")
        plan = provisioning.provision_running
        return await plan(config, store, client, house, text=text, clock=clock, prune=prune, agreed=agreed)

    return {EXEC: execute, PROVISION: provision}


async def execute(config: Config, line: str, person: str, clock: Callable[[], datetime]) -> tuple[int, list[str]]:
    """Carry out a line of an admin; gives the exit status, and what is said to it.

    Raises ConfigProblem, StoreProblemError or WrongKeyError.
    """
    question = {"do": EXEC, "line": line, "as": person}
    answer = await control.ask(config.matrix.store_dir, question)
    return (await _execute_alone(config, line, person, clock)) if answer is None else (answer["status"], answer["said"])


async def _execute_alone(
    config: Config, line: str, person: str, clock: Callable[[], datetime]
) -> tuple[int, list[str]]:
    account = Account(config.matrix.user_id, config.house.schemes)
    async with AsyncExitStack() as opened:
        try:
            opened.enter_context(lease.hold(config.store.url, account.user_id))
        except StoreInUseError:
            raise ConfigProblem(NOT_HERE) from None
        store = open_store(config, account)
        opened.callback(store.close)
        return await _execute(Dispatcher(registry_of_all(), store, make_house(config, store), clock), line, person)


async def _execute(dispatcher: Dispatcher, line: str, person: str) -> tuple[int, list[str]]:
    done, said = await dispatcher.from_shell(line, person, causes.of_job("shell", uuid.uuid4().hex))
    return 0 if done else control.FAILED, said
