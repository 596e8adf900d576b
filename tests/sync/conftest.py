"""What the tests of whole syncs stand on."""

from tests.desks import desk_of, generated_desk, new_desk, org_folder, read_by, sent

__all__ = ["desk_of", "generated_desk", "new_desk", "org_folder", "read_by", "sent"]
