#!/bin/bash
# Writes .env beside docker-compose.yml: every secret the platform needs, random. Run once; an existing file is kept.
#
#   deploy/compose/env.sh                 for production: set YIWANG_ISSUER to the public address afterwards
#   deploy/compose/env.sh --local         local mode: demo people and demo data
#   deploy/compose/env.sh --print …       to standard output instead (used by the checks)
set -euo pipefail
cd "$(dirname "$0")/../.."

mode=production output=.env
for argument in "$@"; do
  case $argument in
    --local) mode=local ;;
    --print) output=/dev/stdout ;;
    *) echo "usage: $0 [--local] [--print]" >&2; exit 2 ;;
  esac
done
if [ "$output" = .env ] && [ -e .env ]; then
  echo ".env exists already and is kept; remove it first if you want new secrets (the databases keep the old ones)." >&2
  exit 1
fi
command -v openssl >/dev/null || { echo "openssl is needed to make secrets: apt-get install openssl" >&2; exit 1; }

# Hexadecimal: such a secret needs no quoting in a URL, a shell or YAML.
secret() { openssl rand -hex 24; }

write() {
  cat <<EOF
# Made by deploy/compose/env.sh. Secrets: keep this file out of version control and readable by its owner only.
YIWANG_MODE=$mode
# The address people type; it is also the issuer named in every token.
YIWANG_ISSUER=http://127.0.0.1:8080
# Where the front door listens on this machine.
YIWANG_BIND=127.0.0.1:8080

EOF
  for service in REGISTRY CASES DISPATCH VOLUNTEERS POINTS; do
    echo "${service}_DATABASE_PASSWORD=$(secret)"
    echo "${service}_AMQP_PASSWORD=$(secret)"
  done
  cat <<EOF
RABBITMQ_ADMIN_PASSWORD=$(secret)
RABBITMQ_ERLANG_COOKIE=$(secret)

# Signs the tokens (Ed25519, PKCS#8). A new key signs everybody out.
REGISTRY_SIGNING_KEY="$(openssl genpkey -algorithm ed25519 | awk '{ printf "%s\\n", $0 }')"
# Encrypts personal data at rest: the first key encrypts, all decrypt. Losing them loses the data.
YIWANG_PII_KEYS='{"k1":"$(openssl rand -base64 32)"}'
# Makes identity numbers and phones findable by exact match. It can never change.
YIWANG_PII_INDEX_KEY=$(openssl rand -base64 32)
EOF
}

umask 077
write >"$output"
[ "$output" = .env ] && echo "Wrote .env ($mode mode)." >&2 || true
