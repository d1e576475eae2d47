"""No mutant is in the product: what is broken on purpose stands in tests, which the product never imports."""

from __future__ import annotations

import ast

from tests.architecture.planting import ROOT
from tests.architecture.tracked import tracked_files

PRODUCT = {
    "eventing",
    "event_schemas",
    "command_service",
    "outbox_relay",
    "saga_choreography",
    "projections",
    "operations",
    "local_stack",
    "outside_world",
}


def product() -> dict[str, str]:
    modules = [path.relative_to(ROOT) for path in tracked_files() if path.suffix == ".py"]
    return {str(path): (ROOT / path).read_text(encoding="utf-8") for path in modules if path.parts[0] in PRODUCT}


def imports_tests(text: str) -> bool:
    named = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return any(name.split(".")[0] == "tests" for name in named)


def test_the_product_imports_nothing_of_the_tests() -> None:
    assert not [path for path, text in product().items() if imports_tests(text)]


def test_the_product_speaks_of_no_mutant() -> None:
    assert not [path for path, text in product().items() if "mutant" in text.casefold()]


def test_an_import_of_the_tests_would_be_noticed() -> None:
    assert imports_tests("def late():\n    from tests.support import relays\n")
    assert imports_tests("import tests.mutants.table as table\n")
