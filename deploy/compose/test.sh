#!/bin/bash
# Builds the images, starts the composed platform on free ports and tells the story through its front door.
# Needs root on a Debian-like machine: installs docker, starts it if it is not running, makes the base image with
# debootstrap where no registry answers. Leaves nothing behind; KEEP=1 leaves the platform running,
# BASE_IMAGE=… uses an image of your own.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
project=yiwang-test
up_seconds=300

say() { echo "compose-test: $*"; }
fail() { echo "compose-test: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "run it as root: it starts docker and makes a base image with debootstrap"
[ -x "$python" ] || fail "no $python; run it by \`make compose-test\`, which makes the virtual environment, or set PYTHON"

work=$(mktemp -d -p "${TMPDIR:-/tmp}" yiwang-compose.XXXXXX)
dockerd_pid=
composed=

cleanup() {
  status=$?
  trap - EXIT
  if [ -n "$composed" ]; then
    if [ $status -ne 0 ]; then
      compose logs --no-color --tail=200 >"$work/logs" 2>&1 || true
      cp "$work/logs" compose-test.log && say "the containers' last words are in compose-test.log"
      compose ps || true
    fi
    if [ "${KEEP:-}" = 1 ]; then
      say "left running; stop it with: docker-compose -p $project --env-file $work/env down -v"
      exit $status
    fi
    compose down --volumes --remove-orphans >/dev/null 2>&1 || true
    docker image rm yiwang/platform:test yiwang/postgres:test yiwang/rabbitmq:test yiwang/nginx:test >/dev/null 2>&1 || true
    docker image prune --force >/dev/null 2>&1 || true
  fi
  if [ -n "$dockerd_pid" ]; then
    kill "$dockerd_pid" 2>/dev/null || true
    wait "$dockerd_pid" 2>/dev/null || true
  fi
  rm -rf --one-file-system "$work"
  exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# --- docker ---
missing=()
command -v dockerd >/dev/null || missing+=(docker.io iptables)
command -v docker >/dev/null || missing+=(docker.io)
if docker compose version >/dev/null 2>&1; then
  compose() { docker compose -p "$project" --env-file "$work/env" --profile demo "$@"; }
else
  command -v docker-compose >/dev/null || missing+=(docker-compose)
  compose() { docker-compose -p "$project" --env-file "$work/env" --profile demo "$@"; }
fi
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >"$work/apt.log" 2>&1 || { tail -20 "$work/apt.log" >&2; fail "could not install ${missing[*]}"; }
fi
if ! docker info >/dev/null 2>&1; then
  say "starting dockerd"
  dockerd >"$work/dockerd.log" 2>&1 &
  dockerd_pid=$!
  for _ in $(seq 60); do
    docker info >/dev/null 2>&1 && break
    kill -0 "$dockerd_pid" 2>/dev/null || break
    sleep 0.5
  done
  docker info >/dev/null 2>&1 || { tail -20 "$work/dockerd.log" >&2; fail "dockerd did not start"; }
fi

# --- images ---
# Named after what is in it: it holds the pinned packages, and one of an earlier release would lack some.
our_base=yiwang-base:bookworm-$(cat requirements.txt requirements-portal.txt deploy/compose/base-image.sh | sha256sum | cut -c 1-12)
export BASE_IMAGE=${BASE_IMAGE:-$our_base} BUILD_NETWORK=host YIWANG_VERSION=test
if ! docker image inspect "$BASE_IMAGE" >/dev/null 2>&1; then
  [ "$BASE_IMAGE" = "$our_base" ] || fail "there is no image $BASE_IMAGE"
  command -v debootstrap >/dev/null || { say "installing debootstrap"; apt-get install -y -qq debootstrap >/dev/null; }
  PYTHON=$python deploy/compose/base-image.sh "$BASE_IMAGE"
fi

# --- the platform ---
free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
http=$(free_port) amqp=$(free_port)
base_url=http://127.0.0.1:$http
deploy/compose/env.sh --print --local | sed "s|^YIWANG_ISSUER=.*|YIWANG_ISSUER=$base_url|; s|^YIWANG_BIND=.*|YIWANG_BIND=127.0.0.1:$http|" >"$work/env"
echo "YIWANG_AMQP_BIND=127.0.0.1:$amqp" >>"$work/env"

say "building the images"
compose build >"$work/build.log" 2>&1 || { tail -40 "$work/build.log" >&2; fail "the images do not build"; }
say "starting the platform on $base_url"
composed=1
compose up --detach >"$work/up.log" 2>&1 || { tail -40 "$work/up.log" >&2; fail "the platform does not start"; }

# Up means: every long-running container healthy, every one-shot gone with 0.
unsettled() {
  docker ps --all --filter "label=com.docker.compose.project=$project" \
    --format '{{.Names}} {{.State}} {{.Status}}' | awk '
      $2 == "running" && /\(healthy\)/ { next }
      $2 == "exited" && /Exited \(0\)/ { next }
      { print }'
}
for _ in $(seq "$up_seconds"); do
  [ -n "$(unsettled)" ] || break
  if unsettled | grep -q 'Exited ('; then unsettled >&2; fail "a one-shot failed"; fi
  sleep 1
done
[ -z "$(unsettled)" ] || { unsettled >&2; fail "not everything came up within $up_seconds seconds"; }

say "telling the story"
"$python" -m tests.e2e.story "$base_url" "amqp://127.0.0.1:$amqp/yiwang"

say "memory per container"
docker stats --no-stream --format 'table {{.Name}}\t{{.MemUsage}}\t{{.CPUPerc}}'
say "everything held"
