INSERT INTO published_schemas AS known (type, schema_version, topic, subject, schema_id)
VALUES (%(type)s, %(schema_version)s, %(topic)s, %(subject)s, %(schema_id)s)
ON CONFLICT (type, schema_version) DO UPDATE
SET topic = excluded.topic, subject = excluded.subject, schema_id = excluded.schema_id, pushed_at = excluded.pushed_at
WHERE (known.topic, known.subject, known.schema_id) <> (excluded.topic, excluded.subject, excluded.schema_id)
