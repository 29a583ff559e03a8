import click

from bot.cli.common import WELL, config_option, load_config

COLLECT_AFTER = (20_000, 20, 50)
"""Objects that are made before the youngest of them are looked through; and how often that is done before the older."""


@click.command()
@config_option
def run() -> int:
    """Run the bot until SIGTERM."""
    import asyncio
    import gc
    import signal

    # What is loaded stays for good: looking through it for garbage took a fifth of the start, and, again and again, a
    # twentieth of each answer.
    gc.disable()
    from bot import logs

    config = load_config()
    logs.configure(config.log.level, config.log.format)
    # Only now: whoever has wrong settings is told at once.
    from bot.app import App
    from commands import registry_of_all

    registry_of_all()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    gc.enable()

    async def until_told() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for end in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(end, stop.set)
        await App(config).run(stop)

    asyncio.run(until_told())
    return WELL
