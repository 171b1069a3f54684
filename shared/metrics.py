"""Every metric of the platform, declared together so that names and labels stay alike.

Prometheus names, base units, bounded labels: an area label is a district or subdistrict, never a grid,
a case or a person. The service and process role are added by the scrape target.
"""

from prometheus_client import Counter, Gauge, Histogram

_LATENCY_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# --- HTTP ---
http_requests_total = Counter(
    "yiwang_http_requests_total", "Requests answered.", ("method", "route", "status")
)
http_request_seconds = Histogram(
    "yiwang_http_request_seconds",
    "Time from the parsed request to the answer.",
    ("method", "route"),
    buckets=_LATENCY_SECONDS,
)
http_requests_in_progress = Gauge("yiwang_http_requests_in_progress", "Requests being handled now.")

# --- Events going out (relay) ---
outbox_unsent_events = Gauge(
    "yiwang_outbox_unsent_events", "Events written and not yet sent, counted up to 10,000."
)
outbox_oldest_unsent_seconds = Gauge("yiwang_outbox_oldest_unsent_seconds", "Age of the oldest unsent event.")
relay_events_total = Counter(
    "yiwang_relay_events_total", "Events given to the broker, by its answer (sent, refused).", ("outcome",)
)
relay_pass_seconds = Histogram(
    "yiwang_relay_pass_seconds",
    "Time from picking a batch of events to having it confirmed and marked.",
    buckets=_LATENCY_SECONDS,
)
relay_blocked = Gauge(
    "yiwang_relay_blocked", "1 while the broker refuses to take messages (disk or memory alarm)."
)
relay_interruptions_total = Counter(
    "yiwang_relay_interruptions_total", "Times the relay had to begin anew, by what failed.", ("cause",)
)

# --- Events coming in (inbox) ---
inbox_events_total = Counter(
    "yiwang_inbox_events_total",
    "Events taken in, by type and outcome (applied, seen, set_aside, parked, unknown, undecodable).",
    ("type", "outcome"),
)
inbox_effect_seconds = Histogram(
    "yiwang_inbox_effect_seconds",
    "Time from an event's own time to the commit of its effect.",
    buckets=(*_LATENCY_SECONDS, 30.0, 60.0, 300.0, 3600.0),
)
inbox_batch_events = Histogram(
    "yiwang_inbox_batch_events", "Events per batch.", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 300)
)
inbox_batch_seconds = Histogram(
    "yiwang_inbox_batch_seconds", "Time per batch, with its commit.", buckets=_LATENCY_SECONDS
)
inbox_batches_repeated_total = Counter(
    "yiwang_inbox_batches_repeated_total", "Batches repeated, by cause (passing, single).", ("cause",)
)
inbox_active = Gauge(
    "yiwang_inbox_active", "1 while this process holds its service's inbox; standbys show 0."
)
inbox_interruptions_total = Counter(
    "yiwang_inbox_interruptions_total", "Times the inbox had to begin anew, by what failed.", ("cause",)
)
parked_events = Gauge(
    "yiwang_parked_events", "Events parked now, by state (waiting, dead, undecodable).", ("state",)
)
parked_retries_total = Counter(
    "yiwang_parked_retries_total",
    "Tries of parked events, by outcome (applied, failed, dead, unknown).",
    ("outcome",),
)

# --- Timers ---
timer_runs_total = Counter(
    "yiwang_timer_runs_total", "Runs of timers, by outcome (done, failed).", ("timer", "outcome")
)
timer_seconds = Histogram(
    "yiwang_timer_seconds", "Time per run of a timer.", ("timer",), buckets=_LATENCY_SECONDS
)

# --- Cases ---
stalled_cases = Gauge(
    "yiwang_stalled_cases",
    "Matters that stand still for longer than they may, by reason (no_progress, order_not_opened, task_not_answered, "
    "nobody_assigned).",
    ("reason",),
)

# --- Points ---
points_differences = Gauge(
    "yiwang_points_differences",
    "Disagreements between ledger, orders, stock and awards at the last comparison; any is an alert.",
    ("check",),
)

# --- Clocks (dispatch) ---
clock_steps_total = Counter(
    "yiwang_clock_steps_total", "Steps that clocks fired (yellow, red, supervision).", ("clock", "step")
)
clock_steps_failed_total = Counter(
    "yiwang_clock_steps_failed_total",
    "Steps of clocks that failed and were put off; the log names the matter or order.",
)
clock_runs_total = Counter(
    "yiwang_clock_runs_total",
    "Runs of clocks that ended, by outcome (met, late, extended, staged, reclassed, rebased).",
    ("clock", "outcome"),
)
clocks_by_phase = Gauge(
    "yiwang_clocks",
    "Clocks that run or stand, by phase (in_time, due_soon, overdue, paused); kept with the live figures.",
    ("clock", "phase"),
)
supervisions_open = Gauge("yiwang_supervisions_open", "Supervision orders that are not settled.")
figure_differences = Gauge(
    "yiwang_figure_differences",
    "Live figures that did not agree with a recount and were put right, at the last comparison.",
)
recomputations_waiting = Gauge(
    "yiwang_recomputations_waiting", "Recomputations of running clocks that are not finished."
)
clock_lag_seconds = Gauge(
    "yiwang_clock_lag_seconds", "How long the oldest due step has waited to fire; 0 when none is due."
)
