"""A published mart remembers the columns that it had, by which an altered one is noticed."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Those that are published already remember theirs from their next publish on."""
    op.execute("alter table sync.fingerprints add column columns text[]")
