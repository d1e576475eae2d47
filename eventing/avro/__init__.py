"""Events as Avro bytes: schemas derived from classes and frozen, and the codec that reads and writes by them."""

from eventing.avro.codec import Codec, Encoded

__all__ = ["Codec", "Encoded"]
