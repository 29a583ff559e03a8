"""What is asked in the shell is carried out beside the running bot, and without one, on a real homeserver."""

import io
from urllib.parse import quote

import pytest
from rich.console import Console

from bot import provisioning
from bot.asked import execute
from tests.bot.test_end_to_end import by_bot, open_case
from tests.deployment import Deployment, agencies_file

pytestmark = pytest.mark.e2e
SIGNED_IN = ("cleo", "ada", "finn", "gina", "kees")
FIRE = """
[[agency]]
short = "fire"
name = "Fire service"
[[agency.person]]
user = "{user}"
name = "Lena Vos"
"""


async def provision(deployment: Deployment, text: str, *, prune: bool = False) -> tuple[int, str]:
    """As ``roundtable provision FILE --yes`` does; its exit status, and what it printed."""
    path = deployment.directory / "changed.toml"
    path.write_text(text)
    console = Console(file=io.StringIO(), soft_wrap=True)
    config = deployment._config()
    status = await provisioning.provision(config, path, clock=deployment.clock, console=console, prune=prune)
    printed: io.StringIO = console.file  # type: ignore[assignment]
    return status, printed.getvalue()


async def test_the_file_of_agencies_is_carried_out_beside_the_running_bot(deployment: Deployment) -> None:
    table = ("cleo", "ada", "finn", "gina")
    room = await open_case(deployment, "police, health", table)
    cleo, ada, finn, gina = (deployment.people[who] for who in table)
    lena = deployment.people["lena"] = await deployment.guest("lena")
    own_room, space = await deployment.room("agency:health"), await deployment.room("space")
    await cleo.say(room, "!action visit him for: Finn de Boer by: +5 working days")
    card = await finn.hears(by_bot(deployment, "A-1", "visit him"), room)
    await finn.reply(room, card.event_id, "accept")
    await cleo.hears(by_bot(deployment, "A-1", "accepts"), room)

    without_finn = agencies_file(deployment, ("cleo", "ada", "gina", "kees"))
    without_finn = without_finn.replace('name = "Health service"', 'name = "Public health"')
    wanted = without_finn + FIRE.format(user=lena.user_id)
    status, printed = await provision(deployment, wanted, prune=True)
    assert status == 0, printed
    assert f"+ invite {lena.user_id} to agency:fire" in printed

    await lena.is_in(await deployment.room("agency:fire"))
    await lena.is_in(space)
    for left in (room, own_room, space):
        await finn.is_out_of(left)
    await gina.hears(by_bot(deployment, "who takes this on?", "A-1"), own_room)
    await ada.hears(by_bot(deployment, "leaves this table"), room)
    await cleo.hears(by_bot(deployment, "Finn de Boer", "has left"), await deployment.room("coordination"))
    # The bot heard everything meanwhile; who has left reads nothing of what is said now.
    await ada.say(room, "!concern SECRET-AFTER kind: fact")
    await gina.hears(by_bot(deployment, "SECRET-AFTER"), room)
    assert not [event for event in finn.heard if "SECRET-AFTER" in str(event.content)]
    shown = await deployment.as_bot("GET", f"v1/rooms/{quote(space)}/hierarchy", {})
    assert {"Fire service", "Public health"} <= {known.get("name") for known in shown["rooms"]}
    assert (await provision(deployment, wanted, prune=True))[1].endswith("Nothing to do.\n")


async def test_a_line_of_an_admin_is_carried_out_from_the_shell(deployment: Deployment) -> None:
    kees, admin = deployment.people["kees"], await deployment.room("admin")
    await kees.is_in(admin)
    config, line = deployment._config(), "!agency add fire name: Fire service"
    status, said = await execute(config, line, kees.user_id, deployment.clock)
    assert (status, "Fire service is on file" in said[0]) == (0, True)
    await kees.hears(by_bot(deployment, "typed this in my server’s shell", line), admin)
    await kees.say(admin, "!agency change fire name: Fire and rescue")
    await kees.hears(by_bot(deployment, "Fire and rescue"), admin)
    # Whoever is no admin is refused, and so is what belongs into a case's room.
    for who, typed in (("cleo", "!agency add water name: Water"), ("kees", "!concern a fact kind: fact")):
        status, said = await execute(config, typed, deployment.user_id(who), deployment.clock)
        assert status == 1
        assert said
    await deployment.stop_bot()
    status, said = await execute(config, "agency retire fire because: it was merged", kees.user_id, deployment.clock)
    assert status == 0, said
    await deployment.start_bot()
    await kees.hears(by_bot(deployment, "agency retire fire"), admin)
