"""What may be told of a fault: its kind and where it happened. Its words might quote what somebody wrote."""

_FRAMES = 4


def place_of_fault(fault: BaseException) -> dict[str, object]:
    """The kind of a fault and the innermost lines it came through, for the log; of one that has a cause, that one's."""
    while fault.__cause__:
        fault = fault.__cause__
    frames = []
    trace = fault.__traceback__
    while trace:
        frames.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return {"kind": type(fault).__name__, "at": frames[-_FRAMES:]}
