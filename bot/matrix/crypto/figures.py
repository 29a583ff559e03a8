"""What went wrong between devices since this process started: counted, so that health can show it (faults 12, 17)."""

from dataclasses import dataclass


@dataclass(repr=False)
class Figures:
    """Counters since start. Numbers only: nothing in them says who or what."""

    unreadable_to_device: int = 0
    sessions_mended: int = 0
    sessions_renewed: int = 0  # by the other side, after it lost something
    keys_withheld: int = 0  # from devices that we don't trust
    keys_asked_for: int = 0  # from other devices of ours
    devices_without_session: int = 0
