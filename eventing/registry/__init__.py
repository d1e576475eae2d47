"""The schema registry, any that speaks the Confluent REST API: where others find the schemas of what they read."""

from eventing.registry.client import FULL_TRANSITIVE, Registry
from eventing.registry.subjects import subject_of

__all__ = ["FULL_TRANSITIVE", "Registry", "subject_of"]
