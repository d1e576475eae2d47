"""What a FastAPI handler costs by itself: an empty one, and one that does one INSERT a request.

On the same server with the same settings as the write API, with the same body model, written as its manual says. It
knows no caller, no idempotency key, no decision and no order of events.

    python -m benchmarks.http.handlers PORT DATABASE_URL
"""

from __future__ import annotations

import gc
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from psycopg_pool import AsyncConnectionPool

from benchmarks.peers.psycopg_insert import INSERT
from command_service.api.bodies import PlaceOrderBody

CONNECTIONS = 8
# As eventing.web.server configures it, without what guards against hostile clients.
SERVER: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "ws": "none",
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "timeout_keep_alive": 15,
}


def application(database_url: str) -> FastAPI:
    pool = AsyncConnectionPool(
        database_url, min_size=CONNECTIONS, max_size=CONNECTIONS, open=False, kwargs={"autocommit": True}
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            gc.collect()
            gc.freeze()
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/empty", status_code=201)
    async def empty(order: PlaceOrderBody) -> dict[str, str]:  # noqa: ARG001 - it is validated, and that is the point
        return {}

    @app.get("/empty")
    async def nothing() -> dict[str, str]:
        return {}

    @app.post("/insert", status_code=201)
    async def insert(order: PlaceOrderBody) -> dict[str, str]:
        event_id = uuid.uuid4()
        body = order.model_dump_json().encode()
        async with pool.connection() as connection:
            await connection.execute(INSERT, (f"order-{event_id}", event_id, event_id, body), prepare=True)
        return {"order_id": str(event_id)}

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        async with pool.connection() as connection:
            await connection.execute("SELECT 1")
        return {}

    return app


if __name__ == "__main__":
    uvicorn.run(application(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), **SERVER)
