"""What a schema may not be, since bytes could make its reader run away."""

from __future__ import annotations

from typing import Any

import pytest

from eventing.avro.lint import checked
from eventing.errors import Misconfigured


def a_record(*types: Any) -> dict[str, Any]:
    fields = [{"name": f"field_{at}", "type": avro} for at, avro in enumerate(types)]
    return {"type": "record", "name": "Sample", "namespace": "s", "fields": fields}


NOTHING = {"type": "record", "name": "Nothing", "namespace": "s", "fields": []}


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        pytest.param(a_record(["null", "s.Sample"]), "holds itself", id="recursion"),
        pytest.param(a_record({"type": "array", "items": "s.Sample"}), "holds itself", id="recursion through a list"),
        pytest.param(a_record({"type": "array", "items": NOTHING}), "no size", id="items of no size"),
        pytest.param(a_record(["null", NOTHING]), "no size", id="a value of no size"),
        pytest.param(a_record(), "no size", id="an event of no size"),
        pytest.param(a_record({"type": "array", "items": "null"}), "has no null", id="a list of nulls"),
        pytest.param(a_record({"type": "map", "values": "long"}), "has no", id="a map"),
        pytest.param(a_record("double"), "has no", id="a float"),
        pytest.param(a_record(["null", "string", "long"]), "has no", id="a wider union"),
        pytest.param(a_record(["null", ["null", "long"]]), "has no", id="a union in a union"),
        pytest.param(a_record({"type": "string", "logicalType": "uuid"}), "has no", id="a logical type"),
        pytest.param(a_record({"type": "enum", "name": "E", "symbols": ["a"]}), "has no", id="an enum without default"),
        pytest.param("string", "is a record", id="no record"),
        pytest.param(a_record("s.Unheard"), "has no s.Unheard", id="an unknown name"),
    ],
)
def test_a_schema_that_is_not_allowed(schema: Any, complaint: str) -> None:
    with pytest.raises(Misconfigured, match=complaint):
        checked(schema, "sample.avsc")


def test_a_name_is_replaced_by_what_it_stands_for() -> None:
    point = {"type": "record", "name": "Point", "namespace": "s", "fields": [{"name": "x", "type": "long"}]}

    schema = checked(a_record(point, {"type": "array", "items": "s.Point"}), "sample.avsc")

    assert schema["fields"][1]["type"] == {"type": "array", "items": point}
