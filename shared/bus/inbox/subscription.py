"""`@subscribe`: the nameko entrypoint through which events reach a worker's methods."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from nameko.extensions import Entrypoint, SharedExtension

from shared import logs, timers
from shared.bus import parked
from shared.bus.inbox.batch import Subscription
from shared.bus.inbox.consumer import Consumer
from shared.contracts.base import Event
from shared.runtime import Runtime

log = logs.get(__name__)

_MARK = "__yiwang_subscriptions__"
_RETRY_SECONDS = 1.0
_OBSERVE_SECONDS = 10.0
_PRUNE_SECONDS = 3600.0

Method = TypeVar("Method", bound=Callable[..., object])


def subscribe(*contracts: type[Event], copy: bool = False) -> Callable[[Method], Method]:
    """Marks a worker's method as the handler of event types: `def handler(self, tx, events)`.

    Args:
        contracts: the event classes; the service stands among their declared consumers.
        copy: the method keeps a read model by sequence (`shared.bus.copies`).
    """

    def mark(method: Method) -> Method:
        setattr(method, _MARK, (*getattr(method, _MARK, ()), *((contract, copy) for contract in contracts)))
        Subscribe.decorator(contracts, copy)(method)
        return method

    return mark


def subscriptions_of(worker_class: type[Any]) -> Iterator[tuple[str, type[Event], bool]]:
    """The (method name, contract, copy) of everything a worker class subscribes to."""
    for name in sorted(dir(worker_class)):
        for contract, copy in getattr(getattr(worker_class, name), _MARK, ()):
            yield name, contract, copy


class Inbox(SharedExtension):  # type: ignore[misc]
    """The process's one consumer, shared by all its subscriptions; also tries parked events again."""

    def __init__(self) -> None:
        super().__init__()
        self._subscriptions: dict[str, Subscription] = {}
        self._consumer: Consumer | None = None
        self._loops: list[timers.Loop] = []
        self._running: Any = None
        self._worker: Any = None

    def register(self, method_name: str, contracts: tuple[type[Event], ...], copy: bool) -> None:
        # One instance for all: handlers keep no state between calls, all of it is in the database.
        if self._worker is None:
            self._worker = self.container.service_cls()
        for contract in contracts:
            if contract.type in self._subscriptions:
                raise TypeError(f"{contract.type} has two handlers")
            self._subscriptions[contract.type] = Subscription(
                contract=contract, handler=getattr(self._worker, method_name), copy=copy
            )

    def start(self) -> None:
        runtime: Runtime = self.container.config["runtime"]
        self._consumer = Consumer(
            service=runtime.config.service,
            database_url=runtime.config.database_url,
            amqp_url=runtime.config.amqp_url,
            subscriptions=self._subscriptions,
        )
        retry = parked.Retry(self._subscriptions)
        self._loops = [
            timers.Loop("parked_retry", _RETRY_SECONDS, partial(retry.run, runtime.database)),
            timers.Loop("parked_observe", _OBSERVE_SECONDS, partial(parked.observe, runtime.database)),
            timers.Loop("parked_prune", _PRUNE_SECONDS, partial(parked.prune, runtime.database)),
        ]
        endless = [self._consumer.run, *(loop.run for loop in self._loops)]
        self._running = [self.container.spawn_managed_thread(run) for run in endless]

    def stop(self) -> None:
        """Finishes and acknowledges the batch under way, gives the rest back, and lets a standby take over."""
        running, self._running = self._running or [], []
        if self._consumer is not None:
            self._consumer.stop()
        for loop in self._loops:
            loop.stop()
        for thread in running:
            thread.wait()

    def kill(self) -> None:
        for thread in self._running or []:
            thread.kill()


class Subscribe(Entrypoint):  # type: ignore[misc]
    """Binds one method to the shared inbox."""

    inbox = Inbox()

    def __init__(self, contracts: tuple[type[Event], ...], copy: bool) -> None:
        super().__init__()
        self.contracts = contracts
        self.copy = copy

    def setup(self) -> None:
        self.inbox.register(self.method_name, self.contracts, self.copy)

    def stop(self) -> None:
        self.inbox.stop()
