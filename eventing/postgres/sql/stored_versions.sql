SELECT stored.type, stored.schema_version, stored.count, newest.body
FROM (SELECT type, schema_version, count(*) AS count, max(position) AS position
      FROM events GROUP BY type, schema_version) AS stored
JOIN events AS newest USING (position)
ORDER BY stored.type, stored.schema_version
