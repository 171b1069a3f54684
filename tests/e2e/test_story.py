"""The main job on the whole platform, end to end."""

from deploy.local import platform as local
from tests.e2e import story


def test_one_matter_goes_from_report_to_closed_loop(platform: local.Platform) -> None:
    told: list[str] = []

    story.play(platform.url, platform.amqp_url("registry"), told.append)

    assert any("case_closed" in line for line in told)
    assert any("redemption_completed" in line for line in told)
