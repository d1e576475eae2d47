-- One row for each thing that only one process may do at a time. The epoch grows with each new holder.
CREATE TABLE leases (
    name       text        NOT NULL PRIMARY KEY,
    holder     text        NOT NULL,
    epoch      bigint      NOT NULL CHECK (epoch > 0),
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 20);  -- renewed each second: room on the page spares the index

GRANT SELECT, INSERT, UPDATE ON leases TO orderloom_service;
