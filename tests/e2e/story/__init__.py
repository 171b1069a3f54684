"""The main job, told once: one matter from report to closed loop, through the public API only.

    python -m tests.e2e.story                          the platform of `make up`
    python -m tests.e2e.story URL AMQP_URL             any local-mode platform, e.g. the composed one

Prints a timeline: who did what, and which event moved the next service. Ends with status 1 and a sentence
when a step differs. The story is that of article S0 (domain.md §4): cooking fumes, three offices on site.
"""

from collections.abc import Callable

from tests.e2e.story import credit, integrator, matter
from tests.e2e.story.stage import Stage
from tests.e2e.story.telling import Differs

__all__ = ["Differs", "play"]


def play(url: str, amqp_url: str, say: Callable[[str], None]) -> None:
    """Plays all acts; `say` gets one line at a time. Raises Differs at the first that does not go as told."""
    stage = Stage(url, amqp_url, say)
    try:
        matter.one_net(stage)
        integrator.subscribes(stage)
        case = matter.report(stage)
        elsewhere = matter.report_elsewhere(stage)
        matter.whistle(stage, case)
        matter.departments_come(stage, case)
        matter.check_and_call_back(stage, case)
        matter.rate(stage, case)
        credit.points(stage, case)
        integrator.replays(stage, case, elsewhere)
    finally:
        if stage.follower:
            stage.follower.close()
