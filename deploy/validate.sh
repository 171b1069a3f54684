#!/bin/bash
# Checks what is deployed without deploying it: shell scripts, the compose file, the Kubernetes manifests, the alert
# rules. Part of `make test`; needs no docker daemon and no cluster.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "validate: $*" >&2; exit 1; }
install_package() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "$1 is needed: apt-get install $1"
  echo "validate: installing $1"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"; } \
    >"$work/apt.log" 2>&1 || { tail -5 "$work/apt.log" >&2; fail "$1 could not be installed"; }
}

# --- shell ---
while IFS= read -r script; do
  bash -n "$script" || fail "$script is not valid shell"
  [ -x "$script" ] || fail "$script cannot be executed: chmod +x"
done < <(grep -rlE --exclude-dir=__pycache__ '^#!/bin/bash' deploy)
echo "validate: shell scripts parse"

# --- alert rules ---
# RUNLEVEL: its package must not start the service.
command -v promtool >/dev/null || RUNLEVEL=1 install_package prometheus
promtool check rules deploy/observability/prometheus/rules/*.yaml >"$work/rules.log" 2>&1 ||
  { cat "$work/rules.log" >&2; fail "an alert rule is wrong"; }
promtool test rules deploy/observability/prometheus/tests/*.yaml >"$work/rules.log" 2>&1 ||
  { cat "$work/rules.log" >&2; fail "an alert does not speak when it should, or does when it should not"; }
echo "validate: alert rules hold"

# --- compose ---
if docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
elif command -v docker-compose >/dev/null; then
  compose=(docker-compose)
else
  install_package docker-compose
  compose=(docker-compose)
fi

deploy/compose/env.sh --print >"$work/env"
"${compose[@]}" --env-file "$work/env" --profile demo config >"$work/compose.yaml" || fail "docker-compose.yml is wrong"
"$python" -m deploy.compose.validate <"$work/compose.yaml" || fail "docker-compose.yml breaks a rule of ours"
# Each secret alone must be missed: a default would work for everybody, attackers included.
for secret in $(grep -oE '^[A-Z_]*(PASSWORD|COOKIE|KEY|KEYS)=' "$work/env" | tr -d =); do
  grep -v "^$secret=" "$work/env" >"$work/without"
  if env -u "$secret" "${compose[@]}" --env-file "$work/without" config >"$work/log" 2>&1; then
    fail "docker-compose.yml accepts that $secret is missing"
  fi
  grep -q "$secret is missing. Run deploy/compose/env.sh" "$work/log" || fail "nothing says how to make up for $secret"
done
echo "validate: docker-compose.yml holds"

# --- Kubernetes ---
command -v kubectl >/dev/null || install_package kubernetes-client
minor=$(kubectl version --client -o json | sed -nE 's/.*"minor": *"([0-9]+).*/\1/p' | head -1)
if [ "${minor:-0}" -lt 21 ]; then
  # Debian 12's own kubectl knows too old a kustomize. The files still have to fit the schemas and rules one by one.
  echo "validate: NOT RENDERED: this kubectl is older than 1.21, so the Kubernetes files were checked one by one"
  while IFS= read -r file; do
    # What is patched into another manifest is no manifest itself.
    grep -q "path: ${file##*/}" "${file%/*}/kustomization.yaml" && continue
    "$python" -m deploy.k8s.validate --unrendered <"$file" || fail "$file is wrong"
  done < <(find deploy/k8s/base deploy/k8s/overlays -name '*.yaml' ! -name kustomization.yaml | sort)
  exit 0
fi
for overlay in deploy/k8s/base deploy/k8s/overlays/*; do
  kubectl kustomize "$overlay" >"$work/manifests.yaml" || fail "$overlay does not render"
  "$python" -m deploy.k8s.validate <"$work/manifests.yaml" || fail "$overlay is wrong"
done
# shellcheck disable=SC2016
"$python" - "$work/manifests.yaml" <(deploy/k8s/secrets.sh yiwang) <<'PYTHON' || fail "manifests and secrets.sh do not fit"
import sys
import yaml

manifests, secrets = ([d for d in yaml.safe_load_all(open(path)) if d] for path in sys.argv[1:])
made = {s["metadata"]["name"] for s in secrets}
asked = set()
def walk(node):
    if isinstance(node, dict):
        asked.update(filter(None, [node.get("secretName")]))
        if "passwordSecret" in node:
            asked.add(node["passwordSecret"]["name"])
        for value in node.values():
            walk(value)
    elif isinstance(node, list):
        for value in node:
            walk(value)
walk(manifests)
# The certificate of the public address comes from elsewhere.
missing = asked - made - {"yiwang-tls"}
if missing or made - asked:
    sys.exit(f"asked for and not made: {sorted(missing)}; made and not asked for: {sorted(made - asked)}")
PYTHON
echo "validate: Kubernetes manifests hold"
