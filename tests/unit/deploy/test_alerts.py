"""The alert rules speak of metrics that exist and tell people what to do."""

import re
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml

from shared import metrics

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "deploy/observability/prometheus/rules/platform.yaml"
OPERATIONS = ROOT / "docs/operations.md"


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def exported() -> set[str]:
    """The names of all samples the platform's metrics can show."""
    names = set()
    for metric in vars(metrics).values():
        if isinstance(metric, prometheus_client.Counter):
            names.add(f"{metric._name}_total")
        elif isinstance(metric, prometheus_client.Histogram):
            names |= {f"{metric._name}_{suffix}" for suffix in ("bucket", "sum", "count")}
        elif isinstance(metric, prometheus_client.Gauge):
            names.add(metric._name)
    return names


def sections() -> set[str]:
    """The sections of the operations manual, as a link names them."""
    titles = re.findall(r"^## (.+)$", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE)
    return {title.lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_watches_what_is_measured(rule: dict[str, Any]) -> None:
    watched = set(re.findall(r"yiwang_\w+", rule["expr"]))

    assert watched <= exported()
    assert watched or "up{" in rule["expr"]


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_is_wrong_how_bad_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"].keys() >= {"summary", "runbook"}
    assert rule["annotations"]["runbook"] in sections()
