import click

from bot.cli.common import WELL, config_option, load_config


@click.command()
@config_option
def run() -> int:
    """Run the bot until SIGTERM."""
    import asyncio
    import gc
    import signal

    from bot import logs

    config = load_config()
    logs.configure(config.log.level, config.log.format)
    # Once it is known to have a configuration, all that the bot is.
    from bot.app import App

    # What is loaded stays for good: looking through it for garbage again and again took a twentieth of each answer.
    gc.freeze()

    async def until_told() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for end in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(end, stop.set)
        await App(config).run(stop)

    asyncio.run(until_told())
    return WELL
