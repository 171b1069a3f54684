"""Keeping the live figures: folding, showing to Prometheus, comparing with a recount."""

from services.dispatch.store import figures
from services.dispatch.store.sql import queries
from shared import db, logs, metrics

log = logs.get(__name__)

_CLOCKS = ("sign", "arrive", "finish", "call_back", "elapsed")
_PHASES = ("in_time", "due_soon", "overdue", "paused")


def show(tx: db.Tx) -> None:
    """Sets the gauges of clocks by phase and of open supervision orders."""
    numbers = {(row["clock"], row["measure"]): row["number"] for row in queries.figures_by_phase(tx)}
    for clock in _CLOCKS:
        for phase in _PHASES:
            metrics.clocks_by_phase.labels(clock, phase).set(numbers.get((clock, phase), 0))
    metrics.supervisions_open.set(int(queries.count_open_supervisions(tx)))


def repair(tx: db.Tx) -> None:
    """Compares the figures with a recount and puts right what does not agree."""
    found = figures.repair(tx)
    if found is None:
        return
    metrics.figure_differences.set(found)
    if found:
        log.warning("figures_put_right", figures=found)
