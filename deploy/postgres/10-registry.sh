#!/bin/bash
# Run once by the official image, when it has made a new cluster: the schema registry has a database of its own.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --command 'CREATE DATABASE registry'
