"""The write API: how a command is asked for over HTTP and what is answered. What it means stands below, in commands."""
