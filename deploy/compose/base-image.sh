#!/bin/bash
# Makes a base image for deploy/images/Dockerfile with debootstrap, for a machine that reaches a Debian mirror and a
# Python package index but no container registry: `deploy/compose/base-image.sh NAME`. Needs root.
#
# The image stands in for python:3.11-slim-bookworm. The machine's own settings are used to fetch everything: its
# Debian mirror, its apt proxy, its certificates, its pip and npm configuration. The pinned Python packages are
# downloaded here and put inside, so that building the images needs no Python package index.
set -euo pipefail
cd "$(dirname "$0")/../.."
name=${1:?usage: deploy/compose/base-image.sh NAME}
python=${PYTHON:-.venv/bin/python}
[ "$(id -u)" = 0 ] || { echo "base-image.sh: debootstrap needs root" >&2; exit 1; }
[ -x "$python" ] || { echo "base-image.sh: no $python; make the virtual environment first or set PYTHON" >&2; exit 1; }

work=$(mktemp -d -p "${TMPDIR:-/tmp}" yiwang-base.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root

# The first Debian mirror the machine's apt knows.
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 2>/dev/null | awk '$2 == "bookworm" { print $1; exit }') || true
[ -n "$mirror" ] || { echo "base-image.sh: apt names no mirror of bookworm; run apt-get update first" >&2; exit 1; }

echo "base image: Debian 12 and Python 3.11 from $mirror"
debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$root" "$mirror" \
  >"$work/debootstrap.log" 2>&1 || { tail -20 "$work/debootstrap.log" >&2; exit 1; }
apt-config dump | grep -E '^Acquire::(Check-|Retries|https?::)' >"$root/etc/apt/apt.conf.d/90machine" || true
cp -f /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*

echo "base image: the pinned Python packages"
for pinned in requirements.txt requirements-portal.txt; do
  "$python" -m pip download --no-deps --require-hashes -d "$root/opt/wheels" -r "$pinned" \
    >"$work/pip.log" 2>&1 || { tail -20 "$work/pip.log" >&2; exit 1; }
done
printf '[global]\nno-index = true\nfind-links = /opt/wheels\n' >"$root/etc/pip.conf"
# Packages of the pages are fetched while the image is built, from where this machine fetches them.
if [ -f "$HOME/.npmrc" ]; then grep -v _auth "$HOME/.npmrc" >"$root/root/.npmrc" || true; fi
echo cafile=/etc/ssl/certs/ca-certificates.crt >>"$root/root/.npmrc"

tar -C "$root" --one-file-system -c . | docker import - "$name" >/dev/null
echo "base image: $name"
