SELECT stream, format, version, state FROM snapshots WHERE stream = %s AND format = %s
