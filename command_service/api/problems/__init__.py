"""The refusals of commands: their statuses, and the words of their pages."""

from __future__ import annotations

from typing import Final

from command_service.api.problems import orders, products, sending, stock

PROBLEMS: Final = (*sending.PROBLEMS, *orders.PROBLEMS, *products.PROBLEMS, *stock.PROBLEMS)
