"""An org to connect to."""

from tests.connected import as_at_first, org, other_key, somebody
from tests.simulator.conftest import new_org

__all__ = ["as_at_first", "new_org", "org", "other_key", "somebody"]
