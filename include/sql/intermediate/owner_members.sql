-- One row per user or queue: the member whom it stands for, and whether it had to be imported.
with owners as (
    select * from intermediate.owners
),

compared_emails as (
    select * from intermediate.compared_emails
),

member_directory as (
    select * from staging.member_directory
),

member_overrides as (
    select * from staging.member_overrides
),

-- Two directory rows with one address match nobody.
addressed_members as (
    select
        compared_emails.compared_email,
        min(member_directory.member_id) as member_id
    from member_directory
    inner join compared_emails on member_directory.email = compared_emails.email
    group by compared_emails.compared_email
    having count(*) = 1
),

overridden as (
    select
        salesforce_side.compared_email,
        min(addressed_members.member_id) as member_id
    from member_overrides
    inner join compared_emails as salesforce_side
        on member_overrides.salesforce_email = salesforce_side.email
    inner join compared_emails as member_side
        on member_overrides.member_email = member_side.email
    inner join addressed_members
        on member_side.compared_email = addressed_members.compared_email
    group by salesforce_side.compared_email
),

matched as (
    select
        owners.owner_id,
        owners.owner_name,
        owners.email,
        coalesce(
            overridden.member_id,
            addressed_members.member_id,
            member_directory.member_id
        ) as member_id
    from owners
    left join compared_emails on owners.email = compared_emails.email
    left join overridden on compared_emails.compared_email = overridden.compared_email
    left join addressed_members
        on compared_emails.compared_email = addressed_members.compared_email
    left join member_directory on owners.owner_id = member_directory.member_id
)

select
    owner_id,
    coalesce(member_id, owner_id) as member_id,

    owner_name,
    email,

    member_id is null as is_imported
from matched
