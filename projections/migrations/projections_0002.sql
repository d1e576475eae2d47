-- How often documents of the build were put right by a repair. What a projector remembers from before may be as wrong as
-- they were, and would be written over them with the next event.
ALTER TABLE read_model_generations ADD COLUMN mended bigint NOT NULL DEFAULT 0;

-- The last of these repairs from before which the process remembers nothing any more. A repair waits for that.
ALTER TABLE projection_reports ADD COLUMN mended bigint NOT NULL DEFAULT 0;
