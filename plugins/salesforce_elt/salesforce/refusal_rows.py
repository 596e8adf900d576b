"""What a row about a refused login says, and the pages of Setup that such rows name."""

from dataclasses import dataclass

APP = "Setup > External Client App Manager (or App Manager) > the app"
APP_POLICIES = f"{APP} > Edit Policies"
APP_SETTINGS = f"{APP} > Settings > OAuth Settings"
USER = "Setup > Users > Users > the integration user"
LOGIN_HISTORY = "Setup > Identity > Login History tells which it was"
MY_DOMAIN_PAGE = "Setup > Company Settings > My Domain"
API_ENABLED = (
    "give the integration user the permission API Enabled: Setup > Users > Permission Sets > "
    "the user's > System Permissions"
)


@dataclass(frozen=True)
class LoginRefusal:
    """One row: the code and words that Salesforce uses, what they mean, and the way to the cure.

    `words` are looked for in the description, in any case; empty words fit every description.
    `passes` says that waiting helps. `methods` limits a row to some logins.
    """

    code: str
    words: str
    cause: str
    cure: str
    passes: bool = False
    methods: frozenset[str] = frozenset()

    def fits(self, code: str, description: str, method: str) -> bool:
        """Whether this row is about that answer to that login."""
        is_method = not self.methods or method in self.methods
        return code == self.code and self.words in description.lower() and is_method


# (U) that a user bound to a second factor gets no other words than these.
PASSWORD_CAUSES = (
    "Salesforce says no more than that; the causes, the likeliest first: {first}; the password or "
    "the security token is wrong, or a new password has made a new token; the username belongs to "
    "another host (sandboxes: test.salesforce.com); the user is bound to multi-factor "
    "authentication or single sign-on, with which no password login works; the user is locked, "
    "inactive or outside of its IP ranges or login hours"
)

# Causes and cures of several codes.
LOCKED = (
    "the user is locked after too many wrong passwords",
    f"{USER} > Unlock, or wait as long as Setup > Security > Password Policies says; then "
    "correct the connection, or it happens again",
)
INACTIVE_USER = ("the user is inactive", f"{USER} > Edit > Active")
INACTIVE_ORG = (
    "the org is locked, closed, or its trial has ended",
    "ask Salesforce's support, or name another org's host",
)
TOO_OFTEN = (
    "too many logins in an hour (3,600 a user)",
    "find what else logs in as this user so often, in Setup > Identity > Login History; it is "
    "tried again later",
)
