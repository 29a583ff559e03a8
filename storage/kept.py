"""What is kept in memory from one unit of work to the next, so that a command need not read its whole case again."""

from collections import OrderedDict

from storage.journal import OnFile

MOST_STEPS = 4_000
"""As many steps of all kept cases together: about 20 MB, a step with its record being 5 kB.

Enough for the cases in which something is going on; any other is read again with its next command.
"""


class KeptCases:
    """The cases that were used last, each as its last unit of work committed it.

    A unit of work takes a case out, and puts it back only after its commit: what was half done is never seen again.
    Whoever takes one must read the steps that others wrote meanwhile, and all of them when its version is another.
    """

    def __init__(self, most_steps: int = MOST_STEPS) -> None:
        self._most_steps = most_steps
        self._steps = 0
        self._cases: OrderedDict[str, tuple[OnFile, int]] = OrderedDict()

    def __repr__(self) -> str:
        return f"<{len(self._cases)} kept cases>"

    def take(self, ref: str) -> OnFile | None:
        """The case, if it is kept; from now on it is not."""
        kept, steps = self._cases.pop(ref, (None, 0))
        self._steps -= steps
        return kept

    def keep(self, kept: OnFile) -> None:
        """Keep a case; those that were not used for the longest time make room, even for a very long one.

        A closed one is not worth it.
        """
        self.take(kept.case.ref)
        if kept.case.closed:
            return
        self._cases[kept.case.ref] = kept, kept.saved
        self._steps += kept.saved
        while self._steps > self._most_steps and len(self._cases) > 1:
            self.take(next(iter(self._cases)))
