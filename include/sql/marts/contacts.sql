-- One row per contact that exists in Salesforce.
-- key: contact_id
-- recomputed by: contact_id
-- affected by: contact (id) · account (contact.account_id) · user (contact.owner_id)
--   · group (contact.owner_id) · member_directory (all) · member_overrides (all)
-- indexes: _owner_id · company_id
with contact as (
    select * from staging.contact
    where not _is_deleted
),

account as (
    select * from staging.account
    where not _is_deleted
),

owner_members as (
    select * from intermediate.owner_members
)

select
    contact.id as contact_id,
    account.id as company_id,
    owner_members.member_id as owner_member_id,

    contact.name as contact_name,
    contact.first_name,
    contact.last_name,
    contact.email,
    contact.phone,
    contact.title,

    contact.created_date as created_at,

    contact.account_id as _account_id,
    contact.owner_id as _owner_id
from contact
left join account on contact.account_id = account.id
left join owner_members on contact.owner_id = owner_members.owner_id
