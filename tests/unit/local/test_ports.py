"""Free ports."""

import socket
import subprocess
import sys

from deploy.local import ports


def test_a_port_in_use_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_the_wanted_port_is_given_or_the_next_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        wanted = server.getsockname()[1]
        assert wanted < ports.preferred(wanted) < wanted + 100

    assert ports.preferred(wanted) == wanted


def test_no_port_is_given_twice() -> None:
    given = [ports.free() for _ in range(50)]

    assert len(set(given)) == 50


def test_another_process_gets_other_ports() -> None:
    port = ports.free()
    ask = f"from deploy.local import ports; print(ports.keep({port}), ports.preferred({port}))"

    answer = subprocess.run(
        [sys.executable, "-c", ask], check=True, capture_output=True, text=True, timeout=20
    )

    kept, preferred = (int(number) for number in answer.stdout.split())
    assert kept != port
    assert port < preferred < port + 100


def test_a_remembered_port_is_kept_while_it_is_free() -> None:
    port = ports.free()

    assert ports.keep(port) == port
    with socket.create_server(("127.0.0.1", port)):
        assert ports.keep(port) != port
