"""Does what the platform stands on answer, let us in, and have the right version?"""
