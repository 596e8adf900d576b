"""What the integration user may see and do: objects, fields and records (api.md 6).

``objects``    which objects have permissions of their own, which follow others: data
``rights``     what profile and permission sets grant, read from their rows
``sharing``    which records are left out in silence
``virtual``    objects that are worked out when asked: UserPermissionAccess and the like
``seeding``    the permission rows that a new org has
``granting``   permission sets granted and withdrawn
"""
