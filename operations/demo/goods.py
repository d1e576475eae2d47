"""What the demo sells, and to whom."""

from __future__ import annotations

from typing import Final, NamedTuple


class Product(NamedTuple):
    sku: str
    name: str
    description: str
    unit_price: int
    stock: int


class Customer(NamedTuple):
    subject: str
    name: str
    street: str
    postal_code: str
    city: str
    country: str

    @property
    def address(self) -> dict[str, str]:
        return {
            "recipient": self.name,
            "street": self.street,
            "postal_code": self.postal_code,
            "city": self.city,
            "country": self.country,
        }


CURRENCY: Final = "EUR"
UNKNOWN_SKU: Final = "KETTLE-OF-LEGEND"

PRODUCTS: Final = (
    Product("MUG-STONE-350", "Stoneware mug, 350 ml", "Reduction-fired, dishwasher safe.", 1850, 400),
    Product("CUP-ESPRESSO-80", "Espresso cup with saucer, 80 ml", "Thick porcelain that keeps the heat.", 1490, 600),
    Product("POT-MOKA-6", "Moka pot, 6 cups", "Aluminium, for gas and electric stoves.", 3990, 150),
    Product("KETTLE-GOOSE-09", "Gooseneck kettle, 0.9 l", "Stainless steel, with a thermometer in the lid.", 6450, 80),
    Product("GRINDER-HAND-S", "Hand grinder, conical burr", "38 mm steel burr, 30 clicks.", 8900, 60),
    Product("DRIPPER-02", "Ceramic dripper 02", "For two to four cups.", 2790, 200),
    Product("FILTER-02-100", "Paper filters 02, 100 pieces", "Unbleached.", 690, 2000),
    Product("SCALE-POCKET", "Pocket scale with timer", "2 kg by 0.1 g.", 4590, 90),
    Product("BEANS-ETH-250", "Coffee from Guji, Ethiopia, 250 g", "Washed; jasmine, peach, black tea.", 1390, 900),
    Product("BEANS-COL-1000", "Coffee from Huila, Colombia, 1 kg", "Natural; red fruit and cocoa.", 3890, 300),
    Product("CARAFE-600", "Glass carafe, 600 ml", "Borosilicate, with a cork sleeve.", 3290, 120),
    Product("MUG-SIGNED", "Signed mug, one of few", "From the potter's own shelf.", 9900, 3),
    Product("TAMPER-58", "Tamper, 58.5 mm", "Walnut handle, flat base.", 4990, 70),
)

CUSTOMERS: Final = (
    Customer("ada", "Ada Byron", "Chausseestraße 12", "10115", "Berlin", "DE"),
    Customer("grace", "Grace Murray", "Herengracht 401", "1017 BP", "Amsterdam", "NL"),
    Customer("alan", "Alan Mathison", "Rue de la Paix 7", "75002", "Paris", "FR"),
    Customer("edsger", "Edsger Wybe", "Lange Haven 88", "3111 CH", "Schiedam", "NL"),
    Customer("barbara", "Barbara Huberman", "Calle Mayor 21", "28013", "Madrid", "ES"),
    Customer("kurt", "Kurt Friedrich", "Josefstädter Straße 43", "1080", "Wien", "AT"),
    Customer("emmy", "Emmy Amalie", "Weender Straße 5", "37073", "Göttingen", "DE"),
    Customer("tony", "Tony Hoare", "Via dei Calzaiuoli 30", "50122", "Firenze", "IT"),
)
