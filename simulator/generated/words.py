"""Names and texts that a generated org is made of; all of them invented or common."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    """
    Aisha Amara Anna Antoine Beatriz Benjamin Camille Carlos Chen Chloé Daniel Diego Elena Emeka
    Emily Fatima Felix Freya Gabriel Grace Hannah Hiroshi Ingrid Isabel Ivan Jakub James Jürgen
    Kenji Laila Lars Léa Liam Lucía Maja Marcus María Mei Mohammed Nadia Nia Noah Olivia Omar
    Paolo Priya Rafael Rania Ravi Rosa Ruth Samuel Sanne Sofia Søren Stefan Tariq Thandiwe Tomás
    Victoria Wei William Yasmin Yuki Zofia Łukasz
    """
)

LAST_NAMES = _words(
    """
    Adeyemi Andersson Bakker Becker Bianchi Brown Byrne Castro Chanda Clarke Costa Dąbrowski
    Dubois Eriksen Fernández Fischer García Gupta Haddad Hansen Hernández Hughes Ibrahim Ito
    Jansen Johnson Kaya Keller Khan Kim Kowalski Lambert Larsen Lefèvre Li Lopez Martin Mbeki
    Meyer Moreau Müller Murphy Nakamura Nguyen Novak Núñez O'Connor O'Neill Okafor Öztürk Patel
    Petrov Ramírez Rossi Sato Schmidt Silva Singh Smith Sørensen Suzuki Tanaka Taylor Wagner Walker
    Wang Weber Williams Wright Yılmaz Zhang Zieliński
    """
)

COMPANY_FIRST = _words(
    """
    Alpine Amber Anchor Apex Atlas Aurora Beacon Birch Blue Bright Cedar Cobalt Copper Coral Crest
    Delta Ember Evergreen Falcon Granite Harbor Helix Horizon Iron Juniper Keystone Lark Lumen
    Maple Meridian Nimbus Noble North Nova Oak Orchid Pacific Pioneer Quartz Raven Ridge River
    Sable Sequoia Silver Solstice Summit Tidal Union Vector Vertex Willow Zenith
    """
)

COMPANY_SECOND = _words(
    """
    Analytics Aviation Biosciences Builders Capital Chemicals Coffee Components Design Devices
    Dynamics Energy Engineering Farms Foods Freight Health Hospitality Industries Instruments
    Insurance Labs Logistics Machinery Materials Media Mobility Motors Networks Optics Partners
    Pharma Plastics Power Robotics Security Semiconductors Shipping Software Solar Steel Systems
    Telecom Textiles Tools Travel Ventures Water
    """
)

COMPANY_LAST = ("Inc", "Inc.", "LLC", "Ltd", "Group", "Corp", "GmbH", "S.A.", "AB", "& Sons", "")

FOREIGN_COMPANIES = (
    "Müller & Söhne GmbH",
    "Crédit Lumière S.A.",
    "北海重工株式会社",
    "Færder Sjømat AS",
    "Compañía Andina de Café",
    "Żubr Logistyka Sp. z o.o.",
    "Ankara Çelik A.Ş.",
    "Ελληνική Ναυτιλία ΑΕ",
    'Smith, Jones "and" Daughters',
)

PLACES = (
    ("San Francisco", "CA", "94105", "United States"),
    ("New York", "NY", "10001", "United States"),
    ("Austin", "TX", "78701", "United States"),
    ("Chicago", "IL", "60601", "United States"),
    ("Seattle", "WA", "98101", "United States"),
    ("Boston", "MA", "02108", "United States"),
    ("Toronto", "ON", "M5H 2N2", "Canada"),
    ("Montréal", "QC", "H2Y 1C6", "Canada"),
    ("London", None, "EC1A 1BB", "United Kingdom"),
    ("Dublin", None, "D02 AF30", "Ireland"),
    ("Paris", None, "75008", "France"),
    ("München", "BY", "80331", "Germany"),
    ("Zürich", "ZH", "8001", "Switzerland"),
    ("Amsterdam", None, "1012 JS", "Netherlands"),
    ("København", None, "1050", "Denmark"),
    ("Madrid", None, "28013", "Spain"),
    ("São Paulo", "SP", "01310-100", "Brazil"),
    ("Ciudad de México", "CDMX", "06000", "Mexico"),
    ("東京都千代田区", None, "100-0001", "Japan"),
    ("Singapore", None, "018956", "Singapore"),
    ("Sydney", "NSW", "2000", "Australia"),
    ("Bengaluru", "KA", "560001", "India"),
)

STREETS = (
    "Market Street",
    "Main Street",
    "Oak Avenue",
    "Station Road",
    "Harbour Lane",
    "Industrial Way",
    "Park Boulevard",
    "Mill Road",
    "High Street",
    "Königsallee",
)

TITLES = (
    "Chief Executive Officer",
    "Chief Financial Officer",
    "Chief Information Officer",
    "VP of Operations",
    "VP of Procurement",
    "Head of IT",
    "Director of Engineering",
    "Purchasing Manager",
    "Office Manager",
    "Plant Manager",
    "Project Lead",
    "Analyst",
    "Buyer",
    "Legal Counsel",
)

DEPARTMENTS = ("Finance", "IT", "Legal", "Operations", "Procurement", "Sales", "Support")
PRODUCTS = (
    ("Starter Plan", "Subscriptions"),
    ("Team Plan", "Subscriptions"),
    ("Enterprise Plan", "Subscriptions"),
    ("Analytics Add-on", "Add-ons"),
    ("Premium Support", "Services"),
    ("Implementation", "Services"),
    ("Training", "Services"),
    ("Edge Gateway", "Hardware"),
)
REGIONS = ("East", "West", "Central", "EMEA", "APAC")
CAMPAIGNS = ("Spring Webinar", "Industry Summit", "Product Launch", "Customer Day", "Roadshow")

NEXT_STEPS = (
    "Send proposal",
    "Schedule demo",
    "Call CFO about budget",
    "Legal review of contract",
    "Waiting for security questionnaire",
    "Follow up after holidays",
)
NOTES = (
    "Met at the trade fair. Very interested, but the budget is decided in Q3.",
    'They asked for a "no surprises" price.\nCompetitor is in the running.',
    "Decision makers:\n- CFO\n- Head of IT\n\nTimeline is tight.",
    "Renewal is due; usage has grown by 40 %.",
    "Asked for references in their industry; sent three.",
    "Technical fit confirmed, procurement is slow.",
)
CALLS = ("Call", "Follow-up call", "Discovery call", "Call about pricing", "Intro call")
MAILS = ("Email: proposal", "Email: next steps", "Send Quote", "Send Letter", "Email: contract")
MEETINGS = ("Demo", "On-site visit", "Quarterly review", "Contract negotiation", "Kick-off")
LOST_WORDS = ("Budget cut", "Chose a competitor", "No decision", "Bad timing")
