"""What can be made anew from the log is lost, or made anew while it is read; an operator does what is said then."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import redis

from eventing.crash_point_register import CRASH_POINTS
from projections.wiring import read_models
from tests.soak.faults.fault import Storm

AGAIN_SECONDS = 0.5
CHEAP = ("order_summary", "order_search", "customer_orders")


def empty_redis(storm: Storm) -> str:
    with redis.Redis.from_url(storm.platform.servers.redis_url) as client:
        while not _is_emptied(client):
            if storm.over.wait(AGAIN_SECONDS):
                return ""
    storm.hold(0, 3)
    rebuilt = [model for model in models("redis") if not storm.over.is_set() and storm.platform.operator.rebuild(model)]
    return f"redis, {len(rebuilt)} models rebuilt before the storm was over"


def deleted_index(storm: Storm) -> str:
    model = storm.chance.choice(models("elasticsearch"))
    while not (index := _delete_index_of(model, storm)):
        if storm.over.wait(AGAIN_SECONDS):
            return ""
    storm.hold(0, 3)
    return f"{index}, {'rebuilt' if storm.platform.operator.rebuild(model) else 'not rebuilt yet'}"


def rebuild(storm: Storm) -> str:
    """While it is read and written."""
    model = storm.chance.choice(CHEAP)
    return f"{model}, {'done' if storm.platform.operator.rebuild(model) else 'not done yet'}"


def crashed_rebuild(storm: Storm) -> str:
    """It dies somewhere, and the next one brings it to its end."""
    model = storm.chance.choice(CHEAP)
    point = storm.chance.choice([name for name in sorted(CRASH_POINTS) if name.startswith("rebuild.")])
    died = not storm.platform.operator.rebuild(model, f"{point}:1")
    done = storm.platform.operator.rebuild(model)
    return f"{model} at {point}, {'died' if died else 'not reached'}, then {'done' if done else 'not done yet'}"


def _is_emptied(client: redis.Redis) -> bool:
    """Not while it loads, is down or has a full disk: another fault has it then."""
    try:
        client.flushall()
    except redis.RedisError:
        return False
    return True


def _delete_index_of(model: str, storm: Storm) -> str:
    """Empty if there is none at the moment."""
    url = storm.platform.servers.elasticsearch_url
    try:
        with urllib.request.urlopen(f"{url}/_alias/{model}", timeout=10) as answer:
            (index,) = json.load(answer)
        with urllib.request.urlopen(urllib.request.Request(f"{url}/{index}", method="DELETE"), timeout=10):
            return str(index)
    except urllib.error.HTTPError:
        storm.platform.operator.rebuild(model)  # lost before, and not made anew yet
    except OSError:
        pass  # it is down
    return ""


def models(store: str) -> list[str]:
    return sorted(model.name for model in read_models() if model.store == store)
