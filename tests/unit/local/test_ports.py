"""Free ports."""

import socket

from deploy.local import ports


def test_a_port_in_use_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_the_wanted_port_is_given_or_the_next_free_one() -> None:
    wanted = ports.free()
    ports._given.discard(wanted)
    with socket.create_server(("127.0.0.1", wanted)):
        assert wanted < ports.preferred(wanted) < wanted + 100

    assert ports.preferred(wanted) == wanted


def test_no_port_is_given_twice() -> None:
    given = [ports.free() for _ in range(50)]

    assert len(set(given)) == 50


def test_a_remembered_port_is_kept_while_it_is_free() -> None:
    port = ports.free()

    assert ports.keep(port) == port
    with socket.create_server(("127.0.0.1", port)):
        assert ports.keep(port) != port
