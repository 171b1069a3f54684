"""The alert rules speak of metrics that exist and tell people what to do."""

import re
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml

from shared import metrics

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "deploy/observability/prometheus/rules"
OPERATIONS = ROOT / "docs/operations.md"


def rules() -> list[dict[str, Any]]:
    return [
        rule
        for file in sorted(RULES.glob("*.yaml"))
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def recorded() -> set[str]:
    """The names of series that rules record for others."""
    return {rule["record"] for rule in rules() if "record" in rule}


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


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule.get("alert") or rule.get("record")))
def test_a_rule_watches_what_is_measured_or_recorded(rule: dict[str, Any]) -> None:
    measured = set(re.findall(r"yiwang_\w+", rule["expr"]))
    taken = set(re.findall(r"yiwang:[\w:]+", rule["expr"]))

    assert measured <= exported()
    assert taken <= recorded()
    assert measured or taken or "up{" in rule["expr"]


def test_every_file_of_rules_is_deployed_and_tried() -> None:
    files = {file.name for file in RULES.glob("*.yaml")}
    deployed = yaml.safe_load((RULES.parent / "kustomization.yaml").read_text())["configMapGenerator"][0]

    assert {f"rules/{name}" for name in files} == set(deployed["files"])
    assert files == {file.name for file in (RULES.parent / "tests").glob("*.yaml")}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_is_wrong_how_bad_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"].keys() >= {"summary", "runbook"}
    assert rule["annotations"]["runbook"] in sections()
