from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_service.aggregates.product import PRODUCT, Command, RegisterProduct, RepriceProduct, RetireProduct
from command_service.money import LARGEST_AMOUNT
from event_schemas.product.registered import ProductRegistered
from event_schemas.product.repriced import ProductRepriced
from event_schemas.product.retired import ProductRetired
from eventing.testing import scenario

REGISTER = RegisterProduct("MUG-1", "Mug", "Holds tea.", 1250, "EUR")
REGISTERED = ProductRegistered(sku="MUG-1", name="Mug", description="Holds tea.", unit_price=1250, currency="EUR")
REPRICED = ProductRepriced(sku="MUG-1", unit_price=1300, currency="EUR")
RETIRED = ProductRetired(sku="MUG-1", reason="broke too often")

product = scenario(PRODUCT)


def test_a_product_is_registered() -> None:
    product.given().when(REGISTER).then(REGISTERED)


def test_a_sku_names_one_product_only() -> None:
    product.given(REGISTERED).when(replace(REGISTER, name="Cup")).then_refused("product_exists", sku="MUG-1")


def test_a_product_is_repriced() -> None:
    product.given(REGISTERED).when(RepriceProduct(1300, "EUR")).then(REPRICED)


def test_a_price_may_move_to_another_currency() -> None:
    outcome = product.given(REGISTERED).when(RepriceProduct(1250, "USD"))

    outcome.then(ProductRepriced(sku="MUG-1", unit_price=1250, currency="USD"))


def test_a_product_is_retired_for_good() -> None:
    past = product.given(REGISTERED)

    past.when(RetireProduct("broke too often")).then(RETIRED)
    past.given(RETIRED).when(RepriceProduct(1, "EUR")).then_refused("product_retired")
    past.given(RETIRED).when(RetireProduct("again")).then_nothing()
    past.given(RETIRED).when(REGISTER).then_refused("product_exists")


@pytest.mark.parametrize("unit_price", [0, -1, LARGEST_AMOUNT + 1])
def test_a_price_has_bounds(unit_price: int) -> None:
    product.given().when(replace(REGISTER, unit_price=unit_price)).then_refused("price_out_of_range")
    product.given(REGISTERED).when(RepriceProduct(unit_price, "EUR")).then_refused("price_out_of_range")


@pytest.mark.parametrize("currency", ["EURO", "eur", "XXX", ""])
def test_a_currency_is_one_of_the_standard(currency: str) -> None:
    product.given().when(replace(REGISTER, currency=currency)).then_refused("unknown_currency")


@pytest.mark.parametrize("command", [RepriceProduct(1, "EUR"), RetireProduct("")])
def test_what_was_never_registered_is_not_found(command: Command) -> None:
    product.given().when(command).then_refused("product_not_found")


commands = st.one_of(
    st.builds(
        RegisterProduct,
        st.just("MUG-1"),
        st.sampled_from(["Mug", "Cup"]),
        st.just(""),
        st.integers(0, 9),
        st.sampled_from(["EUR", "USD", "?"]),
    ),
    st.builds(RepriceProduct, st.integers(0, 9), st.sampled_from(["EUR", "USD", "?"])),
    st.builds(RetireProduct, st.text()),
)


@given(st.lists(commands, max_size=6), commands)
def test_a_repeated_command_yields_nothing_new(before: list[Command], command: Command) -> None:
    past = product
    for earlier in before:
        past = past.given(*past.when(earlier).events)

    if past.when(command).refusal is None:
        past.when_repeated(command).then_nothing()
