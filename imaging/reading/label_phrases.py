"""The words by which papers of laboratories label what stands beside or under them, folded, English and Spanish."""

_OPENING = (
    "patient name", "patient", "paciente", "nombre del paciente", "nombre", "name", "last name", "first name",
    "surname", "apellido", "apellidos", "date of birth", "birth date", "birthdate", "dob", "d o b", "born",
    "fecha de nacimiento", "fecha nacimiento", "fecha nac", "f nacimiento", "nacimiento", "f n", "fn", "f nac",
    "fnac", "fec nac", "f de nac",
    "mrn", "medical record", "medical record no", "record number", "expediente", "no expediente", "historia clinica",
    "historia", "nhc", "chart", "patient id", "id paciente", "id", "identificacion", "curp", "dni", "ssn",
    "social security", "seguro social", "member id", "member", "policy", "poliza", "insurance id", "account",
    "account no", "acct", "cuenta", "accession", "accession no", "folio", "specimen id", "address", "addr", "direccion",
    "domicilio", "phone", "telephone", "tel", "telefono", "celular", "mobile", "fax", "email", "e mail", "correo",
    "guardian", "parent", "mother", "father", "madre", "padre", "tutor", "responsable", "next of kin", "pt name",
    "emergency contact", "contacto de emergencia", "responsible party", "bill to", "guarantor", "subscriber",
    "policy holder", "policyholder", "legal representative", "representante legal", "acudiente", "med rec",
    "medical record number", "med rec no", "hospital number", "hospital no", "requisition no", "encounter no",
    "visit no", "case no", "medicaid id", "no de afiliacion", "numero de afiliacion", "city state zip",
    "citystatezip", "nacido el", "nacida el", "acc", "csn", "har", "nss",
)  # fmt: skip
_WITH_COLON = (
    "pt", "mom", "mama", "dad", "papa", "encargado", "encargada", "representante", "contact", "contacto", "sibling",
    "brother", "sister", "hermano", "hermana", "insured", "asegurado", "asegurada", "titular", "suscriptor", "abuela",
    "abuelo", "grandmother", "grandfather", "tia", "tio", "aunt", "uncle", "caregiver", "cuidador", "cuidadora",
    "foster parent", "acompanante", "birth", "nac", "nacido", "nacida", "visit", "encounter", "requisition", "registro",
    "afiliacion", "record", "case", "nickname", "aka", "known as", "also known as", "goes by", "alias",
    "apodo", "sobrenombre", "conocido como", "conocida como", "le dicen", "nombre preferido", "preferred name",
)  # fmt: skip
"""Words of everyday: they are labels where a colon or a sign for a number stands behind them, nowhere else."""
TEST = ("pt",)
"""The one of them that is the name of a test as well: `PT: 12.5 sec` is a prothrombin time and nobody."""
_CLOSING = (
    "collected", "collection date", "received", "reported", "report date", "specimen", "ordered by", "provider", "test",
    "ordering provider", "physician", "result", "flag", "unit", "units", "reference range", "reference", "toma", "sex",
    "informe", "muestra", "solicitado por", "medico", "prueba", "resultado", "nota", "unidad", "valores de referencia",
    "sexo", "age", "edad", "status", "fasting", "fecha de toma", "fecha de informe", "fecha", "date", "page", "pagina",
)  # fmt: skip
OF_DATES = frozenset(
    tuple(phrase.split())
    for phrase in ("collected", "collection date", "date collected", "collected on", "received", "date received",
                   "reported", "report date", "date reported", "report", "toma", "fecha de toma", "fecha de informe",
                   "informe", "recolectado", "recolectada", "recoleccion", "fecha de recoleccion", "recibido",
                   "recibida", "fecha de recepcion", "reportado", "informado", "fecha de reporte", "specimen collected",
                   "collection", "drawn", "muestra tomada", "reporte")
)  # fmt: skip
"""Labels of a day on which a laboratory did something: for a newborn it may be the day of birth."""
NAME_HEADS = frozenset(
    tuple(phrase.split()) for phrase in ("patient", "paciente", "patient name", "nombre del paciente", "pt name")
)
NUMBER_HEADS = frozenset(
    tuple(phrase.split())
    for phrase in ("mrn", "medical record", "medical record no", "medical record number", "med rec", "med rec no",
                   "record number", "expediente", "no expediente", "historia clinica", "nhc", "chart", "patient id",
                   "id paciente", "dob", "date of birth", "fecha de nacimiento", "curp", "dni", "ssn")
)  # fmt: skip
"""Heads of columns under which each row of a table names somebody, or gives somebody's number or birth date."""
PHRASES = sorted(
    [(tuple(phrase.split()), True) for phrase in (*_OPENING, *_WITH_COLON)]
    + [(tuple(phrase.split()), False) for phrase in _CLOSING]
    + [(phrase, False) for phrase in OF_DATES],
    key=lambda entry: len(entry[0]),
    reverse=True,
)
EVERYDAY = frozenset(tuple(phrase.split()) for phrase in _WITH_COLON)
LABEL_WORDS = frozenset(word for phrase, _ in PHRASES for word in phrase)
"""None of them is taken for a name that could not be read."""
