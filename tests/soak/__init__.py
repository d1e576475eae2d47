"""Storms over the whole platform, and a checker that has never seen its code."""
