#!/bin/bash
# What the official entry point promises and we rely on: a cluster for POSTGRES_USER with POSTGRES_PASSWORD, made as
# POSTGRES_INITDB_ARGS says, the database POSTGRES_DB, and the scripts of /docker-entrypoint-initdb.d run once, before
# anybody reaches the port.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
  install -d -o postgres -g postgres -m 0700 "$PGDATA"
  chown -R postgres:postgres "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0" "$@"
fi

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?has to be set}"
  export POSTGRES_USER="${POSTGRES_USER:-postgres}"
  export POSTGRES_DB="${POSTGRES_DB:-$POSTGRES_USER}"
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth-local=trust \
    --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-} >/dev/null  # words of their own, as there
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  # On its socket alone, so that whoever asks the port is not told that it is ready.
  pg_ctl --silent --wait --options="-c listen_addresses=''" start
  [ "$POSTGRES_DB" = postgres ] || psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
    --variable=database="$POSTGRES_DB" <<<'CREATE DATABASE :"database"'
  for script in /docker-entrypoint-initdb.d/*; do
    case "$script" in
      *.sh) bash "$script" ;;
      *.sql) psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" --file "$script" ;;
    esac
  done
  pg_ctl --silent --wait --mode=fast stop
fi
[ "$1" != postgres ] || set -- "$@" -c "listen_addresses=*"
exec "$@"
