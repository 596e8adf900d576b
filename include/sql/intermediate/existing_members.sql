-- One row per user or queue whose member exists: in the directory, or imported for what they own.
with owner_members as (
    select * from intermediate.owner_members
),

synced_owners as (
    select * from intermediate.synced_owners
)

select
    owner_members.owner_id,
    owner_members.member_id,

    owner_members.owner_name,
    owner_members.email,

    owner_members.is_imported
from owner_members
left join synced_owners on owner_members.owner_id = synced_owners.owner_id
where not owner_members.is_imported or synced_owners.owner_id is not null
