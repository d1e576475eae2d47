"""The client library's own bulk helpers give up when the server has too much to do for a moment; their users do not."""

from __future__ import annotations

import time
from typing import Any, Final

from elasticsearch import ApiError, Elasticsearch

TOO_MANY: Final = 429
ATTEMPTS: Final = 8
FIRST_PAUSE: Final = 0.05


class PatientElasticsearch(Elasticsearch):
    """Sends a bulk again that was turned away as a whole, a little later each time, as our own store does."""

    def bulk(self, **asked: Any) -> Any:
        pause = FIRST_PAUSE
        for _ in range(ATTEMPTS - 1):
            try:
                return super().bulk(**asked)
            except ApiError as error:
                if error.meta.status != TOO_MANY:
                    raise
            time.sleep(pause)
            pause *= 2
        return super().bulk(**asked)
