"""Plays the story on the command line."""

import json
import sys
import time

from deploy.local.platform import VHOST
from tests.e2e import story
from tests.e2e.story import Differs
from tests.e2e.story.telling import ROOT


def _of_make_up() -> tuple[str, str]:
    """The addresses of the platform that `make up` started here."""
    state = ROOT / ".local" / "state.json"
    if not state.exists():
        raise Differs("nothing is up here; run `make up` first")
    ports = json.loads(state.read_text(encoding="utf-8"))["ports"]
    return (
        f"http://127.0.0.1:{ports['nginx']['main']}",
        f"amqp://127.0.0.1:{ports['rabbitmq']['amqp']}/{VHOST}",
    )


def main(arguments: list[str]) -> int:
    """Plays the story; answers 0 when every step went as told."""
    began = time.monotonic()
    try:
        url, amqp_url = (arguments[0], arguments[1]) if len(arguments) == 2 else _of_make_up()
        story.play(url, amqp_url, print)
    except Differs as difference:
        print(f"\nThe story differs: {difference}", file=sys.stderr)
        return 1
    print(f"\nThe story went as told, in {time.monotonic() - began:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
