import click

from bot.cli.common import FAILED, WELL, config_option, load_config, utcnow


@click.group()
@config_option
def audit() -> None:
    """Check the audit log."""


@audit.command()
@config_option
def verify() -> int:
    """Look for a line that was changed, removed or moved."""
    import uuid

    from bot.database import open_store
    from bot.logs import complain
    from storage import causes
    from storage.audit import Entry

    store = open_store(load_config(), newest=False)
    try:
        # Looking at the log is itself logged.
        with store.work(causes.of_job("audit", uuid.uuid4().hex), utcnow()) as work:
            line = work.audit_fault()
            changed = f"line {line} was changed, moved, or follows one that is missing"
            fault = work.head_problem() if line is None else changed
            outcome = "done" if fault is None else "broken"
            work.record(Entry("operator", "shell", None, "audit verify", None, outcome, work.cause))
    finally:
        store.close()
    if fault is not None:
        complain(f"the audit log is not whole: {fault}")
        return FAILED
    click.echo("The audit log is whole.")
    return WELL
