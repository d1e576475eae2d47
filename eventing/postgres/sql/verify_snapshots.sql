SELECT stream, format, version, state
FROM snapshots
WHERE (stream, format) > (%(stream)s, %(format)s)
ORDER BY stream, format
LIMIT %(limit)s
