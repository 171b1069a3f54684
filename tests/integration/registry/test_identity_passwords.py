"""Argon2 must not stall the hub: other requests of the process go on while a password is checked."""

import subprocess
import sys

PROGRAM = """
import os
os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
import eventlet
eventlet.monkey_patch()
from services.registry import passwords

ticks = 0
running = True

def tick():
    global ticks
    while running:
        ticks += 1
        eventlet.sleep(0)

eventlet.spawn(tick)
eventlet.sleep(0)
before = ticks
hashes = list(eventlet.GreenPool(6).imap(passwords.hashed, ["correct horse battery"] * 6))
during = ticks - before
assert all(passwords.matches(one, "correct horse battery") for one in hashes)
running = False
print(during)
"""


def test_the_hub_goes_on_while_passwords_are_reckoned() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    # In the hub itself it would tick once between two hashes at most.
    assert int(done.stdout) > 50
