SELECT type, schema_version, topic, subject, schema_id FROM published_schemas
