"""SOAP login(): the envelope that is sent, and what its answer says.

Source: "login()" in the SOAP API Developer Guide. It exists up to version 64.0 of the API, and
Salesforce retires it in Summer '27.
"""

from xml.parsers import expat
from xml.sax.saxutils import escape

SOAP_PATH = "/services/Soap/u/64.0"  # the last version that has login()
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "login"}
# An answer has some kilobytes; more is none, and not worth reading.
LONGEST_ANSWER = 1_000_000

ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:urn="urn:partner.soap.sforce.com">{header}<env:Body><urn:login>'
    "<urn:username>{username}</urn:username><urn:password>{password}</urn:password>"
    "</urn:login></env:Body></env:Envelope>"
)


class NotSoap(ValueError):
    """An answer that is no XML, or XML that an honest server does not send."""


def envelope(*, username: str, password: str, organization_id: str, client: str) -> bytes:
    """The request's body; the password has the security token at its end."""
    headers = ""
    if client:
        headers += f"<urn:CallOptions><urn:client>{escape(client)}</urn:client></urn:CallOptions>"
    if organization_id:
        headers += (
            "<urn:LoginScopeHeader><urn:organizationId>"
            f"{escape(organization_id)}</urn:organizationId></urn:LoginScopeHeader>"
        )
    header = f"<env:Header>{headers}</env:Header>" if headers else ""
    text = ENVELOPE.format(header=header, username=escape(username), password=escape(password))
    return text.encode()


def texts(answer: bytes) -> dict[str, str]:
    """The text of each element by its name without prefix; the first one where several have it.

    Raises NotSoap. A document type is refused before anything of it is read: no entity is ever
    expanded, and nothing is fetched.
    """
    if len(answer) > LONGEST_ANSWER:
        raise NotSoap("the answer is too long")
    reader = _Reader()
    try:
        reader.parser.Parse(answer, True)
    except NotSoap:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:  # encodings that Python lacks
        raise NotSoap("the answer is not XML") from error
    return reader.found


class _Reader:
    """Collects texts while expat reads."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._open: list[tuple[str, list[str]]] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.CharacterDataHandler = self._text
        self.parser.EndElementHandler = self._end

    def _refuse(self, *_declaration: object) -> None:
        raise NotSoap("the answer has a document type")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._open.append((name.rpartition(":")[2], []))

    def _text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def _end(self, _name: str) -> None:
        name, parts = self._open.pop()
        self.found.setdefault(name, "".join(parts))
