-- One row per owner of a company, contact or opportunity in the marts.
with account as (
    select * from staging.account
    where not _is_deleted
),

contact as (
    select * from staging.contact
    where not _is_deleted
),

synced_opportunities as (
    select * from intermediate.synced_opportunities
)

select owner_id from account
union
select owner_id from contact
union
select owner_id from synced_opportunities
