"""What the tests of migrations stand on."""

from tests.desks import generated_desk, new_desk

__all__ = ["generated_desk", "new_desk"]
