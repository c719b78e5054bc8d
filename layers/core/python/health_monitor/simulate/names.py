"""Invented companies and people; every mail address lies in a domain nobody can own."""

from random import Random

from health_monitor.simulate.chance import pick

FRONTS = (
    "Brindle", "Osker", "Wex", "Tarn", "Quill", "Hazel", "Corb", "Fenn", "Gorse", "Hollin", "Ister", "Jessam",
    "Kestel", "Larch", "Morrow", "Nether", "Orrel", "Pember", "Rook", "Sallow", "Thrax", "Umber", "Varn", "Whin",
    "Yarrow", "Zell", "Alder", "Bracken", "Cinder", "Dray", "Elver", "Farro", "Gannet", "Heron", "Ivel", "Juniper",
    "Kittle", "Linnet", "Mallow", "Nightjar", "Otter", "Plover", "Quarrel", "Rushen", "Sorrel", "Teasel", "Vetch",
    "Wyven",
)  # fmt: skip
BACKS = (
    "mere", "cote", "thwaite", "low", "holt", "garth", "combe", "wick", "shaw", "fell", "mark", "stow", "hythe",
    "beck", "dene", "rigg", "lund", "vale", "sett", "moor", "strand", "keld", "bourne", "ness", "toft", "gate", "worth",
    "croft",
)  # fmt: skip
KINDS = {
    "Logistics": ("Logistics", "Freight", "Haulage", "Cargo"),
    "Software": ("Software", "Systems", "Labs", "Cloud"),
    "Manufacturing": ("Manufacturing", "Tooling", "Industries", "Components"),
    "Healthcare": ("Health", "Clinics", "Care Group", "Diagnostics"),
    "Professional services": ("Partners", "Consulting", "Advisory", "Associates"),
    "Financial services": ("Capital", "Insurance", "Credit", "Mutual"),
    "Retail": ("Stores", "Outfitters", "Market", "Trading"),
    "Education": ("Academy", "Schools", "Learning", "College"),
    "Hospitality": ("Hotels", "Resorts", "Inns", "Travel"),
    "Construction": ("Construction", "Builders", "Civil Works", "Roofing"),
    "Accounting": ("Accountants", "Tax Advisers", "Bookkeeping", "Audit"),
    "Media": ("Media", "Studios", "Press", "Pictures"),
}
"""What a company of each industry calls itself, after its invented place name."""

FIRST = (
    "Amara", "Ben", "Chiara", "Daniel", "Elif", "Farah", "Goran", "Hanna", "Imran", "Jonas", "Keiko", "Lena", "Marco",
    "Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Samir", "Tessa", "Ugo", "Vera", "Wanda", "Xavier", "Yusuf", "Zoe",
    "Aiko", "Bruno", "Carmen", "Dmitri", "Esther", "Felix", "Greta", "Hugo", "Ines", "Jamal", "Karin", "Luis", "Mira",
    "Noah",
)  # fmt: skip
LAST = (
    "Okafor", "Lindqvist", "Moreau", "Tanaka", "Kowalski", "Haddad", "Novak", "Ferreira", "Schneider", "Rao", "Walsh",
    "Petrov", "Castillo", "Nguyen", "Bianchi", "Larsen", "Mensah", "Dubois", "Yilmaz", "Horvat", "Iyer", "Keller",
    "Santos", "Murphy", "Eriksen", "Rossi", "Banerjee", "Fischer", "Alvarez", "Jansen", "Osei", "Marin", "Virtanen",
    "Chowdhury", "Reyes", "Weber", "Costa", "Hughes", "Popescu", "Sato",
)  # fmt: skip
CSMS = {
    "enterprise": ("ines.castillo@example.com", "jonas.keller@example.com"),
    "mid_market": ("priya.rao@example.com", "marco.bianchi@example.com"),
    "smb": ("hanna.larsen@example.com", "samir.haddad@example.com"),
}
"""Six customer success managers, two for each segment."""


def company_name(rng: Random, industry: str, taken: set[str]) -> str:
    """A name no company in this world has yet."""
    while True:
        name = f"{pick(rng, FRONTS)}{pick(rng, BACKS)} {pick(rng, KINDS[industry])}"
        if name not in taken:
            taken.add(name)
            return name


def person_name(rng: Random) -> str:
    """Somebody's first and last name."""
    return f"{pick(rng, FIRST)} {pick(rng, LAST)}"


def address(person: str, company: str) -> str:
    """A mail address that can never reach anybody: `.example` is reserved."""
    return f"{person.lower().replace(' ', '.')}@{domain(company)}"


def domain(company: str) -> str:
    """Its web domain, which nobody can ever register."""
    return f"{company.lower().replace(' ', '-')}.example"
