-- How often documents of the build were put right by a repair. What a projector remembers from before may be as wrong as
-- they were, and would be written over them with the next event. Of a process: the last of these repairs from before which
-- it remembers nothing any more; a repair waits for that.
--
-- Reports first: whoever writes one locks them in this order too.
ALTER TABLE projection_reports ADD COLUMN mended bigint NOT NULL DEFAULT 0;
ALTER TABLE read_model_generations ADD COLUMN mended bigint NOT NULL DEFAULT 0;
