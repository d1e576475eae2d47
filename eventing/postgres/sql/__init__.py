"""Statements, one a file, called by the names of their files."""

from __future__ import annotations

from pathlib import Path


def statement(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
