"""One thing at a time, whose fault holds up nothing else."""

from collections.abc import Awaitable

import structlog

from bot.matrix.crypto.errors import MatrixError
from chat.faults import place_of_fault
from storage.database import StoreAwayError

log = structlog.get_logger(__name__)


async def alone(work: Awaitable[None], **what: str) -> None:
    """Do one thing; a fault of ours in it is told, and holds up nothing else. What heals by itself is raised."""
    try:
        await work
    except (MatrixError, StoreAwayError):
        raise
    except Exception as fault:  # noqa: BLE001 whatever it is, the next message must be heard
        log.error("not handled", **what, **place_of_fault(fault))  # noqa: TRY400
