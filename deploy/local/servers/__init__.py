"""Private servers on loopback ports, in a folder of their own: used by `make up`, tests, faults and benchmarks.

Each is started in the foreground as a child process, waits until it is ready, and can be stopped, killed,
paused and started again on the same port and data.
"""

from deploy.local.servers.nginx import Nginx
from deploy.local.servers.postgresql import PostgreSQL
from deploy.local.servers.rabbitmq import RabbitMQ

__all__ = ["Nginx", "PostgreSQL", "RabbitMQ"]
