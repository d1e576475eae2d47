"""The curl lines on the pages of problems: what would have worked."""

from __future__ import annotations

from typing import Final

_SENT: Final = "-H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json'"
# In Python, which is there: uuidgen is not on every machine.
_UUID: Final = "$(python3 -c 'import uuid; print(uuid.uuid4())')"
_NEW_KEY: Final = f'-H "Idempotency-Key: {_UUID}"'

PLACE: Final = f"""curl -i $API/v1/orders {_SENT} {_NEW_KEY} \\
  -d '{{"customer_name": "Ada Byron", "customer_email": "ada@example.org",
       "lines": [{{"sku": "MUG-1", "quantity": 2}}],
       "delivery_address": {{"recipient": "Ada Byron", "street": "1 Analytical Way",
                            "postal_code": "10115", "city": "Berlin", "country": "DE"}}}}'"""
AGAIN: Final = f"""KEY={_UUID}
curl -i $API/v1/orders {_SENT} -H "Idempotency-Key: $KEY" -d @order.json
curl -i $API/v1/orders {_SENT} -H "Idempotency-Key: $KEY" -d @order.json   # the same answer, one order"""
CANCEL: Final = f"""curl -i $API/v1/orders/$ORDER/cancellation {_SENT} {_NEW_KEY} \\
  -H 'If-Match: "1"' -d '{{"reason": "Ordered twice."}}'"""
REGISTER: Final = f"""curl -i $API/v1/products {_SENT} {_NEW_KEY} \\
  -d '{{"sku": "MUG-2", "name": "Stoneware mug", "unit_price": 1250, "currency": "EUR"}}'"""
REPRICE: Final = f"""curl -i -X PUT $API/v1/products/MUG-1/price {_SENT} -H 'If-Match: "1"' \\
  -d '{{"unit_price": 1300, "currency": "EUR"}}'"""
MOVE: Final = f"""curl -i $API/v1/stock/MUG-1/receipts {_SENT} {_NEW_KEY} \\
  -d '{{"quantity": 40, "reference": "delivery-note-4711"}}'"""
