#!/bin/bash
# Prints the Secrets the manifests refer to, with fresh random values:
#
#   deploy/k8s/secrets.sh yiwang | kubectl apply -f -
#
# Once per deployment: a second run makes new keys, and with new YIWANG_PII_KEYS nothing encrypted can be read again.
# Where secrets live in a vault or are sealed into a repository, feed this into that instead.
set -euo pipefail
namespace=${1:?usage: deploy/k8s/secrets.sh NAMESPACE | kubectl apply -f -}
cd "$(dirname "$0")/../.."

set -a
. <(deploy/compose/env.sh --print)
set +a

secret() { # name, then `key` lines of stringData on standard input
  printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: %s\n' "$1" "$namespace"
  cat
}

for service in registry cases dispatch volunteers points; do
  database_password=${service^^}_DATABASE_PASSWORD amqp_password=${service^^}_AMQP_PASSWORD
  secret "$service-database" <<EOF
  labels:
    # CloudNativePG changes the role's password when this changes.
    cnpg.io/reload: "true"
type: kubernetes.io/basic-auth
stringData:
  username: $service
  password: ${!database_password}
EOF
  secret "$service-secrets" <<EOF
stringData:
  database_url: postgresql://$service:${!database_password}@yiwang-postgres-rw:5432/$service
  amqp_url: amqp://$service:${!amqp_password}@yiwang-rabbitmq:5672/yiwang
EOF
  if [ "$service" = registry ] || [ "$service" = cases ]; then
    cat <<EOF
  pii_keys: '$YIWANG_PII_KEYS'
  pii_index_key: $YIWANG_PII_INDEX_KEY
EOF
  fi
  if [ "$service" = dispatch ]; then
    # Signs what the notice channel is sent; the channel's own side checks it with the same value.
    secret dispatch-notifier <<EOF
stringData:
  secret: whsec_$(openssl rand -base64 32)
EOF
  fi
  if [ "$service" = registry ]; then
    cat <<EOF
  signing_key: "$REGISTRY_SIGNING_KEY"
  management_url: http://platform:$RABBITMQ_ADMIN_PASSWORD@yiwang-rabbitmq:15672
EOF
  fi
done

secret yiwang-rabbitmq-definitions <<EOF
stringData:
  definitions.json: |
$(python3 deploy/images/rabbitmq/definitions.py | sed 's/^/    /')
EOF
