"""What can go wrong, one function a kind: it does harm, holds it for a while, and takes it back."""

from __future__ import annotations

from typing import Final

from tests.soak.faults import links, outside, processes, servers, views
from tests.soak.faults.fault import Fault

FAULTS: Final = (
    Fault("kill -9 of a process", 4, processes.kill_process),
    Fault("pause of a process", 3, processes.pause_process),
    Fault("crash point", 4, processes.crash_point),
    Fault("rebalance storm", 1, processes.rebalance_storm),
    Fault("rolling restart", 1, processes.rolling_restart),
    Fault("clock skew", 1, processes.skew_clock),
    Fault("kill -9 of a server", 2, servers.kill_server),
    Fault("pause of a server", 2, servers.pause_server),
    Fault("database sessions ended", 1, servers.end_database_sessions),
    Fault("lease stolen", 1, servers.stolen_lease),
    Fault("full disk", 1, servers.full_disk),
    Fault("connections reset", 1, links.reset_road),
    Fault("half-open link", 1, links.half_open_road),
    Fault("slow link", 1, links.slow_road),
    Fault("dribbling link", 1, links.dribbling_road),
    Fault("torn frame", 1, links.torn_frame),
    Fault("closed link", 1, links.closed_road),
    Fault("link to Kafka", 2, links.kafka_road),
    Fault("reply to COMMIT lost", 1, links.lost_commit),
    Fault("trouble outside", 2, outside.trouble_outside),
    Fault("outside world killed", 1, outside.kill_outside),
    Fault("Redis emptied", 1, views.empty_redis, at_length=True),
    Fault("index deleted", 1, views.deleted_index, at_length=True),
    Fault("rebuild under load", 1, views.rebuild, at_length=True),
    Fault("rebuild that dies", 1, views.crashed_rebuild, at_length=True),
)
