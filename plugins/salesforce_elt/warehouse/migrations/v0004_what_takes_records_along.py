"""A field remembers which objects' deleted records take its own record along (rule 8)."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The next sync of each org fills it, from the describes of the parents."""
    op.execute("alter table sync.fields add column deleted_with text[] not null default '{}'")
