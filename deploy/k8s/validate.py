"""Checks rendered manifests: `kubectl kustomize … | python -m deploy.k8s.validate`.

Kubernetes' own kinds against its published schemas, strictly; the operators' kinds against the parts of theirs we use
(`schemas/`); and the rules of this deployment, which no schema knows. Prints every finding; exits 1 if there is one.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # published without types
import kubernetes_validate  # type: ignore[import-untyped]  # published without types
import yaml

from shared import contracts

KUBERNETES_VERSION = "1.32"
SCHEMAS = Path(__file__).parent / "schemas"
ROLES = ("api", "worker", "relay")
Manifest = dict[str, Any]


def findings(manifests: list[Manifest], *, rendered: bool = True) -> Iterator[str]:
    """Everything wrong with a set of manifests, one sentence each; between them only when they are rendered."""
    for manifest in manifests:
        for finding in (*schema_findings(manifest), *pod_findings(manifest)):
            yield f"{manifest.get('kind')}/{manifest.get('metadata', {}).get('name')}: {finding}"
    if rendered:
        yield from set_findings(manifests)


def schema_findings(manifest: Manifest) -> Iterator[str]:
    """What the schema of its kind says."""
    own = SCHEMAS / f"{str(manifest.get('kind')).lower()}.json"
    if own.exists():
        validator = jsonschema.Draft202012Validator(json.loads(own.read_text()))
        for error in validator.iter_errors(manifest):
            yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        return
    try:
        kubernetes_validate.validate(manifest, KUBERNETES_VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError as error:
        yield error.message


def pod_findings(manifest: Manifest) -> Iterator[str]:
    """What every pod of ours must have, beyond what Kubernetes asks."""
    if manifest["kind"] not in ("Deployment", "Job"):
        return
    pod = manifest["spec"]["template"]["spec"]
    security = pod.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "the pod may run as root or without the default seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "the pod carries a service account token it does not need"
    for container in pod["containers"]:
        own = container.get("securityContext", {})
        if (
            own.get("allowPrivilegeEscalation") is not False
            or own.get("readOnlyRootFilesystem") is not True
            or own.get("capabilities", {}).get("drop") != ["ALL"]
        ):
            yield f"container {container['name']} is not locked down"
        resources = container.get("resources", {})
        for kind in ("requests", "limits"):
            if not {"cpu", "memory"} <= resources.get(kind, {}).keys():
                yield f"container {container['name']} has no {kind} for cpu and memory"
        if manifest["kind"] == "Deployment" and not {"livenessProbe", "readinessProbe"} <= container.keys():
            yield f"container {container['name']} lacks a liveness or readiness probe"
        for variable in container.get("env", ()):
            if _looks_secret(variable["name"]) and "value" in variable:
                yield f"{variable['name']} stands in the manifest; mount it from a Secret"


def set_findings(manifests: list[Manifest]) -> Iterator[str]:
    """What must hold between manifests."""
    names = {(m["kind"], m["metadata"]["name"]) for m in manifests}
    for service in contracts.SERVICES:
        wanted = [("Deployment", f"{service}-{role}") for role in ROLES]
        wanted += [("PodDisruptionBudget", f"{service}-{role}") for role in ROLES]
        wanted += [("Service", f"{service}-api"), ("Job", f"{service}-migrate"), ("Database", service)]
        for kind, name in wanted:
            if (kind, name) not in names:
                yield f"{kind}/{name} is missing"
    labels = [
        m["spec"]["template"]["metadata"]["labels"] for m in manifests if m["kind"] in ("Deployment", "Job")
    ]
    for manifest in manifests:
        name, kind = manifest["metadata"]["name"], manifest["kind"]
        if kind == "Secret":
            yield f"Secret/{name} is in the manifests; secrets are made elsewhere (secrets.sh)"
        if kind in ("Service", "PodDisruptionBudget"):
            selector = manifest["spec"]["selector"]
            selector = selector.get("matchLabels", selector)
            if not any(selector.items() <= own.items() for own in labels):
                yield f"{kind}/{name} selects no pod"
        if kind in ("Deployment", "Job"):
            for container in manifest["spec"]["template"]["spec"]["containers"]:
                for source in container.get("envFrom", ()):
                    if ("ConfigMap", source["configMapRef"]["name"]) not in names:
                        yield f"{kind}/{name} takes settings from a ConfigMap that does not exist"
        if kind == "HorizontalPodAutoscaler":
            target = manifest["spec"]["scaleTargetRef"]
            if (target["kind"], target["name"]) not in names:
                yield f"{kind}/{name} scales nothing"


def _looks_secret(name: str) -> bool:
    return name.endswith(("_URL", "_KEY", "_KEYS", "_PASSWORD", "_TOKEN", "_COOKIE")) and "JWKS" not in name


def main() -> int:
    manifests = [document for document in yaml.safe_load_all(sys.stdin) if document]
    found = list(findings(manifests, rendered="--unrendered" not in sys.argv[1:]))
    for finding in found:
        print(f"  {finding}", file=sys.stderr)
    if not manifests:
        print("  nothing was rendered", file=sys.stderr)
        return 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
