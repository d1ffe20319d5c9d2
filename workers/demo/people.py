"""The made-up people of the demo: clinics, staff, caregivers and children. None of them exists."""

from __future__ import annotations

from dataclasses import dataclass

from econsult.people.persons import Role


@dataclass(frozen=True)
class Clinic:
    """A medical home; `region` is all that a specialist learns of where its children live."""

    name: str
    phone: str
    region: str


@dataclass(frozen=True)
class Staff:
    """Somebody who signs in; the address is `key@demo.test`."""

    key: str
    name: str
    role: Role
    clinic: str = ""
    specialties: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True)
class Child:
    """A child; `months` is the age when the demo is filled, `caregivers` pairs of (key, relation)."""

    key: str
    name: str
    sex: str
    months: int
    clinic: str
    mrn: str
    phone: str
    language: str = "en"
    caregivers: tuple[tuple[str, str], ...] = ()
    own: str = ""
    """The key of the young person's own account, where they have one."""


CLINICS = {
    "taos": Clinic("Taos Family Clinic (demo)", "505-555-0110", "Northern mesa"),
    "redmesa": Clinic("Red Mesa Children's Clinic (demo)", "505-555-0120", "Western plateau"),
    "riosur": Clinic("Rio Sur Pediatrics (demo)", "575-555-0130", "Southern valley"),
}

STAFF = (
    Staff("parent", "Ana Marín", Role.CAREGIVER, language="es"),
    Staff("parent2", "Grace Redfern", Role.CAREGIVER),
    Staff("pcp", "Dr. Miriam Hale", Role.PCP, "taos"),
    Staff("derm", "Dr. Kofi Osei", Role.SPECIALIST, specialties=("dermatology",)),
    Staff("derm2", "Dr. Helena Brandt", Role.SPECIALIST, specialties=("dermatology",)),
    Staff("neuro", "Dr. Sven Lindqvist", Role.SPECIALIST, specialties=("neurology",)),
    Staff("coordinator", "Rosa Jiménez", Role.COORDINATOR),
    Staff("nurse", "Tessa Cole, RN", Role.TELEPRESENTER, "redmesa"),
    Staff("director", "Dr. Paul Verrier", Role.DIRECTOR),
    Staff("privacy", "Nadia Blum", Role.PRIVACY),
    Staff("admin", "Jo Castellan", Role.ADMIN),
    Staff("pcp2", "Dr. Daniel Reyes", Role.PCP, "redmesa"),
    Staff("pcp3", "Dr. Joan Abbott", Role.PCP, "riosur"),
    Staff("parent3", "Denise Brooks", Role.CAREGIVER),
    Staff("parent4", "Jorge Arroyo", Role.CAREGIVER, language="es"),
    Staff("cleft", "Dr. Ingrid Solheim", Role.SPECIALIST, specialties=("cleft",)),
    Staff("endo", "Dr. Layla Farouk", Role.SPECIALIST, specialties=("endocrinology",)),
    Staff("nephro", "Dr. Marcus Webb", Role.SPECIALIST, specialties=("nephrology",)),
    Staff("genetics", "Dr. Anneke de Wit", Role.SPECIALIST, specialties=("genetics",)),
    Staff("metabolic", "Dr. Rafael Ibarra", Role.SPECIALIST, specialties=("metabolic",)),
    Staff("cardio", "Dr. Wanjiru Mwangi", Role.SPECIALIST, specialties=("cardiology",)),
    Staff("gi", "Dr. Alan Chen", Role.SPECIALIST, specialties=("gastroenterology",)),
    Staff("cf", "Dr. Orla Quinn", Role.SPECIALIST, specialties=("cystic_fibrosis",)),
    Staff("asthma", "Dr. Samir Haddad", Role.SPECIALIST, specialties=("asthma",)),
)

PERSONAS = (*(person.key for person in STAFF[:11]), "teen")
"""Those for whom a sign-in link is printed."""

CHILDREN = (
    Child("lucia", "Lucía Marín", "female", 50, "taos", "004417", "505-555-0151", "es", (("parent", "mother"),)),
    Child("ava", "Ava Redfern", "female", 5, "redmesa", "RM-2093", "505-555-0152", "en", (("parent2", "mother"),)),
    Child("noah", "Noah Whitcomb", "male", 111, "taos", "003982", "505-555-0153"),
    Child("diego", "Diego Salcedo", "male", 172, "taos", "002750", "505-555-0154", "es"),
    Child("imani", "Imani Brooks", "female", 90, "redmesa", "RM-1187", "505-555-0155", "en", (("parent3", "mother"),)),
    Child("elias", "Elias Morningstar", "male", 29, "redmesa", "RM-1820", "505-555-0156"),
    Child("mei", "Mei Lindgren", "female", 137, "taos", "003310", "505-555-0157"),
    Child("tomas", "Tomás Arroyo", "male", 76, "riosur", "S-5521", "575-555-0158", "es", (("parent4", "father"),)),
    Child("zoe", "Zoe Hartley", "female", 198, "riosur", "S-4410", "575-555-0159", own="teen"),
    Child("samuel", "Samuel Castle", "male", 0, "redmesa", "RM-2140", "505-555-0160"),
    Child("priya", "Priya Anand", "female", 160, "taos", "002901", "505-555-0161"),
    Child("owen", "Owen Fairbanks", "male", 230, "riosur", "S-3075", "575-555-0162"),
)
