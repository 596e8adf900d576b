"""
The sync results as a page in Airflow's UI, in the order of a request:

    host       what the page asks of the Airflow around it: who may read what, what runs next
    app        the routes: who is let in, which page or file it is
    orgs       the orgs that a person may see, with their DAGs
    warehouse  the results are read: quickly or not at all
    tables     a sync's results as tables for people
    charts     an org's history as SVG, drawn here
    links      from a sync to its Airflow run and to its tasks' logs
    rendering  HTML from templates/, where everything is escaped
    static/    the style, and the script that follows Airflow's theme

Nothing here imports Airflow: plugins/sync_results_page.py brings the two together.
docs/sync-results.md shows the page, docs/decisions/0014-results-page.md has the reasons.
"""
