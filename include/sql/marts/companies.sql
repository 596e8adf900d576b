-- One row per account that exists in Salesforce.
-- key: company_id
-- recomputed by: company_id
-- affected by: account (id) · account (account.parent_id) · user (account.owner_id)
--   · group (account.owner_id) · member_directory (all) · member_overrides (all)
-- indexes: _owner_id · owner_member_id
with account as (
    select * from staging.account
    where not _is_deleted
),

owner_members as (
    select * from intermediate.owner_members
)

select
    account.id as company_id,
    parent.id as parent_company_id,
    owner_members.member_id as owner_member_id,

    account.name as company_name,
    account.type as company_type,
    account.industry,
    account.billing_street as street,
    account.billing_city as city,
    account.billing_state as state,
    account.billing_postal_code as postal_code,
    account.billing_country as country,

    account.created_date as created_at,

    account.parent_id as _parent_id,
    account.owner_id as _owner_id
from account
left join account as parent on account.parent_id = parent.id
left join owner_members on account.owner_id = owner_members.owner_id
