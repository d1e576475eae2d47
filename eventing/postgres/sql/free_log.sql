SELECT free_log()
