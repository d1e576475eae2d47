"""elasticsearch-py's own `parallel_bulk` with a ready document an event: what a rebuild costs that folds nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from elasticsearch.helpers import parallel_bulk

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.peers.patient_client import PatientElasticsearch

CONFLICT = 409


class ParallelBulk:
    """Into an index of the same mapping that makes nothing searchable meanwhile, over older versions, as ours does."""

    def __init__(
        self, url: str, index: str, body: Mapping[str, Any], documents: Sequence[Mapping[str, Any]], versions: int
    ) -> None:
        self._client = PatientElasticsearch(url, request_timeout=120)
        self._index = index
        self._body = dict(body)
        self._documents = documents
        self._versions = versions
        self._ids = 0

    def contender(self, threads: int, chunk: int) -> Contender:
        async def run(_seconds: float) -> Sample:
            return await asyncio.to_thread(self._fill, threads, chunk)

        return Contender(f"parallel_bulk, {threads} threads of {chunk}", run, self._check)

    def close(self) -> None:
        self._client.options(ignore_status=404).indices.delete(index=self._index)
        self._client.close()

    def _fill(self, threads: int, chunk: int) -> Sample:
        self._client.options(ignore_status=404).indices.delete(index=self._index)
        self._client.indices.create(index=self._index, **self._body)
        began = time.perf_counter()
        done = parallel_bulk(
            self._client, self._actions(), thread_count=threads, chunk_size=chunk, raise_on_error=False
        )
        # Its threads overtake each other: an older version that comes late is refused, and that is as good as written.
        failed = [told for is_done, told in done if not is_done and told["index"]["status"] != CONFLICT]
        if failed:
            raise WrongResultError(f"parallel_bulk could not write {failed[0]}.")
        return Sample(len(self._documents) * self._versions, time.perf_counter() - began)

    def _actions(self) -> Iterator[dict[str, Any]]:
        """A few hundred orders at a time, each written as often as events come of it."""
        for at in range(0, len(self._documents), 300):
            for version in range(1, self._versions + 1):
                for document in self._documents[at : at + 300]:
                    yield {
                        "_index": self._index,
                        "_id": document["id"],
                        "_version": version,
                        "version_type": "external",
                        "_source": document,
                    }

    async def _check(self) -> None:
        self._client.indices.refresh(index=self._index)
        found = self._client.count(index=self._index)["count"]
        if found != len(self._documents):
            raise WrongResultError(f"parallel_bulk has left {found} documents of {len(self._documents)}.")
