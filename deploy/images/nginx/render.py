"""Writes the front door's configuration for a container to standard output; run while the image is built.

The template and the routes are those of the local platform (deploy/local/servers). Under Compose and Kubernetes alike a
service's API answers at `<service>-api:8000`, so nothing is left to be filled in at run time.
"""

import sys
from pathlib import Path

from deploy.local.servers import nginx
from shared import contracts

sys.stdout.write(
    nginx.render(
        folder=Path("/tmp/nginx"),
        log=Path("/dev/stderr"),
        host="0.0.0.0",
        port=8080,
        upstreams={service: [f"{service}-api:8000"] for service in contracts.SERVICES},
        root=Path("/srv/pages"),
        documents=Path("/srv/docs"),
    )
)
