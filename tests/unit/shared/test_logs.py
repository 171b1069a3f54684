"""Logs: one JSON object per line with an action and ids, whoever logs, and nobody's data."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

PROGRAM = """
import logging
from shared import logs, trace

logs.configure(service="cases", role="api", level="INFO")
log = logs.get("services.cases.api")
trace.begin("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
log.info("case_reported", case_id="c1", words_are="\u6cb9\u70df")
log.debug("unheard_of")
logging.getLogger("urllib3").warning("retrying %s", "x")
logging.getLogger("pika").info("narrating")
logging.getLogger("nameko.containers").error("arguments of a call")

def fail(secret):
    raise ValueError("broken")

try:
    fail("hunter2")
except ValueError:
    log.exception("request_failed", route="/cases")
"""


def lines() -> list[dict[str, Any]]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert "hunter2" not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_line_says_who_did_what_in_which_trace_and_tracebacks_tell_no_secrets() -> None:
    reported, foreign, failed = lines()

    assert {
        "service": "cases",
        "role": "api",
        "logger": "services.cases.api",
        "action": "case_reported",
        "level": "info",
        "case_id": "c1",
        "words_are": "油烟",
        "trace": "0af7651916cd43dd8448eb211c80319c",
    }.items() <= reported.items()
    assert reported["timestamp"].endswith("Z")
    assert {"action": "retrying x", "level": "warning", "logger": "urllib3", "service": "cases"}.items() <= (
        foreign.items()
    )
    assert (failed["action"], failed["level"], failed["exception"][0]["exc_type"]) == (
        "request_failed",
        "error",
        "ValueError",
    )
    assert failed["exception"][0]["frames"][-1]["name"] == "fail"
