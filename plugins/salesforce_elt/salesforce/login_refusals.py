"""Why Salesforce refuses a login, in words that an administrator knows, and where it is cured.

Salesforce answers with a code and a few words. Where the same words stand for several causes, the
row lists them in the order of their likelihood.
"""

from salesforce_elt.salesforce.oauth_refusals import OAUTH_REFUSALS
from salesforce_elt.salesforce.refusal_rows import LoginRefusal
from salesforce_elt.salesforce.soap_refusals import SOAP_REFUSALS

LOGIN_REFUSALS: tuple[LoginRefusal, ...] = (*OAUTH_REFUSALS, *SOAP_REFUSALS)


def found_refusal(code: str, description: str, *, method: str) -> LoginRefusal | None:
    """The row that an answer means; None for a code that is not known."""
    return next((row for row in LOGIN_REFUSALS if row.fits(code, description, method)), None)
