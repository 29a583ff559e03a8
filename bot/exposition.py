"""What was counted, in Prometheus's text format; loaded when somebody asks for it first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bot.metrics import COUNTED, FIGURES, read

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, repr=False)
class _Measured:
    """A collector of Prometheus's client, of ours alone: what the client counts itself is not ours to publish."""

    figures: Mapping[str, object]

    def collect(self) -> Iterator[Metric]:
        """All that was counted, and the figures."""
        counts = read()
        for name, what in COUNTED.items():
            family = CounterMetricFamily(f"roundtable_{name}", what.help, labels=what.by)
            if not what.by:
                family.add_metric((), counts.get((name,), 0))
            for (counted, *told), number in sorted(counts.items()):
                if counted == name and told:
                    family.add_metric(told, number)
            yield family
        for name, meaning in FIGURES.items():
            figure = self.figures.get(name)
            yield GaugeMetricFamily(f"roundtable_{name}", meaning, figure if isinstance(figure, int) else float("nan"))


def render(figures: Mapping[str, object], *, well: bool) -> bytes:
    """Everything; ``figures``: those of the health check, an unknown one is NaN."""
    known = {"well": well, "running": figures.get("status") != "standby"}
    return generate_latest(_Measured({**figures, **known}))
