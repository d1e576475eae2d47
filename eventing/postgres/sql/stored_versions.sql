SELECT stored.type, stored.schema_version, stored.events, newest.body
FROM (SELECT type, schema_version, count(*) AS events, max(position) AS position
      FROM events GROUP BY type, schema_version) AS stored
JOIN events AS newest USING (position)
ORDER BY stored.type, stored.schema_version
