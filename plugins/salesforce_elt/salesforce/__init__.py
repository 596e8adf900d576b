"""
How to speak with Salesforce, without Airflow and without the warehouse.

    login         a connection's secrets become a token: every login that Salesforce offers
    private_keys, assertions, soap_login, versions
                  what a login is made of
    login_refusals, oauth_refusals, soap_refusals, refusal_rows
                  what the refusals of a login mean, as a table
    client        requests: retried, counted, kept inside the quota, errors translated
    refusals      Salesforce's errors, translated in one place
    whoami        who a session is, and in which org
    composite     many questions in one API call
    describes     what the org shows of its SObjects, and what it says is deleted
    soql          the text of the queries
    query         REST: pages of queryAll
    by_id         records that are named by their Ids
    bulk          Bulk API 2.0: a job, its state, its result pages
    picklists     which stages belong to a record type
"""
