import click

from bot.cli.common import FAILED, WELL, config_option, load_config

WITHIN_SECONDS = 4
MOST_BYTES = 4096


@click.command()
@config_option
def health() -> int:
    """Ask the running bot how it is."""
    import http.client

    from bot.config import HEALTH_PATH, ConfigProblem
    from bot.logs import complain

    server = load_config().server
    if not server.health_port:
        raise ConfigProblem("server.health_port is 0: the health check is turned off")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.health_host, server.health_host)  # noqa: S104 asked, not bound
    connection = http.client.HTTPConnection(host, server.health_port, timeout=WITHIN_SECONDS)
    try:
        connection.request("GET", HEALTH_PATH)
        answer = connection.getresponse()
        text = answer.read(MOST_BYTES).decode("utf-8", errors="replace")
    except (OSError, http.client.HTTPException):
        complain(f"the bot does not answer on {host}:{server.health_port}: is it running?")
        return FAILED
    finally:
        connection.close()
    click.echo(text)
    return WELL if answer.status == http.HTTPStatus.OK else FAILED
