# Read by the scripts beside it. Everything that is told goes to stderr; failures are one sentence and status 2, or 3
# where no engine can be had.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/orderloom
BIN=${VENV:-$ROOT/.venv}/bin
COMPOSE_VERSION=v2.40.3
FAILED=2

# An engine of our own has its socket, data and process id apart from those of any other.
OWN_RUN=/run/orderloom
OWN_SOCKET=unix://$OWN_RUN/docker.sock
OWN_DATA=${ORDERLOOM_DOCKER_DATA:-/var/lib/orderloom-docker}

say() { echo "containers: $*" >&2; }
fail() {
  say "$*"
  exit $FAILED
}

# quietly WHAT COMMAND…: its output is shown only if it fails, and only the end of it.
quietly() {
  local what=$1 log
  shift
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    fail "$what failed; its last words are above."
  fi
  rm -f "$log"
}

engine_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# The engine that is there, else ours if it runs: DOCKER_HOST says which from here on.
find_engine() {
  command -v docker >/dev/null || return 1
  engine_answers && return
  DOCKER_HOST=$OWN_SOCKET engine_answers || return 1
  export DOCKER_HOST=$OWN_SOCKET
}

# Whether it is ours, in which everything that lies about may go.
own_engine() { [ "${DOCKER_HOST:-}" = "$OWN_SOCKET" ]; }

# The compose of the machine if it is new enough, else the one that `engine up` built.
find_compose() {
  local own=$CACHE/tools/docker-compose-$COMPOSE_VERSION
  if docker compose version --short 2>/dev/null | grep -qE '^v?(2\.(2[4-9]|[3-9][0-9])|[3-9])'; then
    COMPOSE="docker compose"
  elif [ -x "$own" ]; then
    COMPOSE=$own
  else
    return 1
  fi
  export COMPOSE COMPOSE_BAKE=false
}
