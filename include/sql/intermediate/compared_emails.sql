-- One row per e-mail address, and the form in which addresses are compared.
with owners as (
    select * from intermediate.owners
),

member_directory as (
    select * from staging.member_directory
),

member_overrides as (
    select * from staging.member_overrides
),

-- A union keeps one of each.
addresses as (
    select email from owners
    union
    select email from member_directory
    union
    select salesforce_email as email from member_overrides
    union
    select member_email as email from member_overrides
)

-- Sandboxes append .invalid to the addresses of their users.
select
    email,
    regexp_replace(lower(trim(email)), '\.invalid$', '') as compared_email
from addresses
where trim(email) <> ''
