-- One row per task or event of a company, contact or opportunity that is synced.
-- key: activity_id
-- recomputed by: activity_id
-- affected by: task (id) · event (id) · contact (task.who_id) · contact (event.who_id)
--   · account (task.what_id) · account (event.what_id) · account (task.account_id)
--   · account (event.account_id) · opportunity (task.what_id) · opportunity (event.what_id)
--   · record_type (opportunity.record_type_id)
--   · business_process (record_type.business_process_id)
--   · user (task.owner_id) · user (event.owner_id) · group (task.owner_id)
--   · group (event.owner_id) · members.member_id (task.owner_id)
--   · members.member_id (event.owner_id) · organization (all) · member_directory (all)
--   · member_overrides (all) · sync_settings (all)
-- indexes: company_id · opportunity_id · owner_member_id
with activity as (
    select * from intermediate.logged_activities
),

account as (
    select * from staging.account
    where not _is_deleted
),

contact as (
    select * from staging.contact
    where not _is_deleted
),

opportunity as (
    select * from intermediate.synced_opportunities
),

owner_members as (
    select * from intermediate.owner_members
),

members as (
    select * from upcoming.members
)

select
    activity.id as activity_id,
    coalesce(subject_company.id, account.id) as company_id,
    contact.id as contact_id,
    opportunity.id as opportunity_id,
    members.member_id as owner_member_id,

    activity.activity_type,
    activity.subject,
    activity.status,

    activity.is_closed,
    activity.is_archived,

    activity.activity_date,
    activity.started_at,
    activity.ended_at,
    activity.created_at,

    activity.who_id as _who_id,
    activity.what_id as _what_id,
    activity.account_id as _account_id,
    activity.owner_id as _owner_id
from activity
left join contact on activity.who_id = contact.id
left join opportunity on activity.what_id = opportunity.id
left join account as subject_company on activity.what_id = subject_company.id
left join account on activity.account_id = account.id
left join owner_members on activity.owner_id = owner_members.owner_id
-- Who owns nothing but activities is not imported.
left join members on owner_members.member_id = members.member_id
-- The activity of an opportunity that was left out does not return through its company.
where
    contact.id is not null
    or opportunity.id is not null
    or subject_company.id is not null
    or (account.id is not null and coalesce(activity.what_id, '') not like '006%')
