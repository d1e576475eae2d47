-- All events stream by stream, a page at a time, up to the position at which the check began.
SELECT stream, version, position
FROM events
WHERE (stream, version) > (%(stream)s, %(version)s) AND position <= %(head)s
ORDER BY stream, version
LIMIT %(limit)s
