"""Asking for the categories of a case: once, and only whoever runs the process, with them alone."""

from chat.context import Context, Reply, direct_channel
from commands.figures import rules


def ask(ctx: Context) -> None:
    """Ask for what the scheme wants to know for its return, if it does, when a case was opened."""
    categories = ctx.house.of(ctx.case.scheme).categories
    if categories and ctx.case.director:
        rules.expect(ctx.case, categories)
        facts: dict[str, object] = {"ref": ctx.case.ref, "categories": categories}
        ctx.tell(direct_channel(ctx.case.director), Reply("figures/asked", facts))
