-- Every build that there ever was of a read model: the documents of one generation, made once. None is taken away from
-- here, so that no number is used twice and what remains of an old build is never taken for a new one.
CREATE TABLE read_model_generations (
    model      text        NOT NULL,
    generation integer     NOT NULL CHECK (generation > 0),
    build      integer     NOT NULL CHECK (build > 0),
    state      text        NOT NULL CHECK (state IN ('building', 'following', 'live', 'old', 'dropped')),
    digest     text        NOT NULL,
    -- What the store answered when it was made; empty until then.
    identity   text        NOT NULL DEFAULT '',
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    live_since timestamptz,
    PRIMARY KEY (model, build)
);
CREATE UNIQUE INDEX read_model_generations_live ON read_model_generations (model) WHERE state = 'live';

-- What each process says of each build that it keeps fresh, every few seconds. For people; nothing depends on it.
CREATE TABLE projection_reports (
    model         text             NOT NULL,
    build         integer          NOT NULL,
    holder        text             NOT NULL,
    state         text             NOT NULL,
    rate          double precision NOT NULL,
    lag_seconds   double precision NOT NULL,
    parked        integer          NOT NULL,
    last_error    text,
    last_error_at timestamptz,
    -- topic/partition → [next offset, applied position, searchable position]
    partitions    jsonb            NOT NULL,
    reported_at   timestamptz      NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model, build, holder),
    FOREIGN KEY (model, build) REFERENCES read_model_generations
) WITH (fillfactor = 30);

GRANT SELECT, INSERT, UPDATE ON read_model_generations TO orderloom_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON projection_reports TO orderloom_service;
