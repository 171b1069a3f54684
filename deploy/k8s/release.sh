#!/bin/bash
# Brings an overlay to the cluster of the current kubectl context: what the platform stands on first, then the
# migrations, then the processes. Migrations are safe while the previous release still runs.
#
#   deploy/k8s/release.sh deploy/k8s/overlays/city
set -euo pipefail
overlay=${1:?usage: deploy/k8s/release.sh OVERLAY}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kubectl kustomize "$overlay" >"$work/all.yaml"
namespace=$(awk '/^kind: Namespace$/ { found = 1 } found && /^  name:/ { print $2; exit }' "$work/all.yaml")
[ -n "$namespace" ] || { echo "release.sh: $overlay declares no Namespace" >&2; exit 1; }

# Documents whose kind is, or with `not` is not, among those named.
kinds() { # is|not kind…
  local want=$1; shift
  awk -v RS='---\n' -v ORS='---\n' -v want="$want" -v list=" $* " '
    match($0, /(^|\n)kind: [A-Za-z]+/) {
      kind = substr($0, RSTART, RLENGTH); sub(/.*kind: /, "", kind)
      if ((index(list, " " kind " ") > 0) == (want == "is")) print
    }' "$work/all.yaml"
}

kinds not Deployment HorizontalPodAutoscaler Job Ingress | kubectl apply -f -
kubectl -n "$namespace" wait cluster.postgresql.cnpg.io/yiwang-postgres --for=condition=Ready --timeout=15m
kubectl -n "$namespace" wait database.postgresql.cnpg.io --all --for=jsonpath='{.status.applied}'=true --timeout=5m
kubectl -n "$namespace" wait rabbitmqcluster/yiwang-rabbitmq --for=condition=AllReplicasReady --timeout=15m

# A Job cannot be changed, only made anew.
kubectl -n "$namespace" delete job -l app.kubernetes.io/part-of=yiwang,app.kubernetes.io/component=migrate --ignore-not-found
kinds is Job | kubectl apply -f -
kubectl -n "$namespace" wait job -l app.kubernetes.io/part-of=yiwang --for=condition=complete --timeout=30m

kinds is Deployment HorizontalPodAutoscaler Ingress | kubectl apply -f -
for deployment in $(kubectl -n "$namespace" get deployment -l app.kubernetes.io/part-of=yiwang -o name); do
  kubectl -n "$namespace" rollout status "$deployment" --timeout=10m
done
