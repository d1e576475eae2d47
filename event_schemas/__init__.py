"""The published language: one file an event type, and the tree is the catalogue: `order/placed.py` is `order.placed`.

Each folder says which streams its events belong to (STREAM) and on which topic they travel (TOPIC). A new file is
discovered; `orders schemas generate` then freezes its schema under `avro/`. Money is an integer of minor units beside
an ISO 4217 currency; ids are canonical text.
"""

NAMESPACE = "orderloom"
