"""What people write of a fever in a child whose defenses are weak, in English and Spanish.

The patterns are of the kind of `danger_known`: what the child has, and what is happening. A number may be a fever, and
is none where a unit of something else follows.
"""

from __future__ import annotations

import re

_LOW = r"(?:low\w*|weak\w*|poor|bad|suppress\w*|supress\w*|compromis\w*|defici\w*|no)"
_DEFENSES = r"(?:immune|immunity|defen[sc]es?|white (?:blood )?(?:cells?|counts?))"
_NO_HEAT = (
    r"(?! (?:\d{1,2} )?(?:weeks?|wks?|days?|hours?|months?|mos?|years?|yrs?|kg|kilos?|lbs?|pounds?|inch\w*|cm|mg|ml|"
    r"mcg|cc|percent|minutes?|mins?|times|ounces?|oz|units?|semanas?|dias?|mes|meses|anos?|libras?|horas?|minutos?|"
    r"veces|por ciento|centimetros?|gotas|unidades))"
)
_IS = r"(?:is|are|am|feels?|felt|feeling|so|very|really|running|got|getting|too|all|hes|shes)"
_NOT_THEIRS = r"(?! (?:outside|weather|water|days?|bath\w*|tea|food|summer|here|cream|soup|milk))"

HAS_ENGLISH = (
    rf"{_DEFENSES}~{_LOW}",
    rf"{_LOW}~{_DEFENSES}",
    r"im+uno ?(?:suppress\w*|supress\w*|compromi\w*|defici\w*)",
    r"low~(?:counts?|anc|neutrophils?)",
    r"neutropen\w*|scid",
    r"hiv|vih|(?<!hearing )aids",
    r"(?:ch|k)emo\w*|le?u[ck]a?[ei]mia|l[iy]m(?:ph|f)oma\w*|neuroblastoma|sarcoma|cancer\w*|oncolog\w*|brain tumors?",
    r"bone marrow|stem cells?|tran?s?plant\w*",
    (
        r"methotrexate|mtx|humira|remicade|infliximab|adalimumab|etanercept|enbrel|rituximab|mycophenolate|cellcept|"
        r"prograf|cyclosporine?|azathioprine|imuran|mercaptopurine|6 ?mp|tocilizumab|anakinra|biologics?"
    ),
    r"d[iy]al[iy]s[iy]s",
    r"central (?:\w+ )?(?:lines?|venous|cath\w*)|picc?(?: lines?)|picc|broviac\w*|hickman\w*",
    r"medi ?ports?|port ?a ?caths?|portacaths?|ports?(?! (?:wine|of))|cath?[ei]ters?|tpn",
    r"(?:no|without|remov\w*|took|taken|lost|missing)~sple+a?ns?",
    r"sple+a?n~(?:remov\w*|out|taken|gone|not~work\w*)|splenectom\w*|asplen\w*",
    r"sick(?:le|el|el+e)\w*|sickl\w*|sicle|scd|hb ?ss",
)
HAS_SPANISH = (
    r"defensas~(?:baj\w*|debil\w*|mal\w*|pocas)",
    r"(?:baj\w*|pocas|sin|debil\w*|no tiene)~defensas",
    r"in?m+uno ?(?:suprim\w*|supres\w*|depr\w*|defici\w*|comprom\w*)",
    r"neutropeni\w*|sida",
    r"quimio\w*|leucemi\w*|linfom\w*|neuroblastom\w*|cancer\w*|oncolog\w*|tumor (?:cerebral|de la cabeza|en la cabeza)",
    r"medula osea|celulas madre|tran?s?plant\w*",
    r"metotrexat\w*|ciclosporin\w*|micofenolat\w*|azatioprin\w*|biologicos?",
    r"hemodial\w*|dialisis|dializ\w*",
    r"cateter\w*|(?:linea|via) central|reservorio|port ?a ?cat\w*|portacat\w*",
    (
        r"puerto(?! (?:rico|vallarta|penasco|plata|escondido|montt|cabello|barrios|cortes|limon|morelos|madero|"
        r"aventura|lempira|la cruz|de))"
    ),
    r"(?:sin|no tiene|no tengo) (?:el |su )?bazo(?! de)",
    r"(?:quit\w*|sac\w*|extirp\w*|oper\w*) (?:el |su |del )?bazo(?! de)",
    r"bazo~(?:extirpad\w*|no~(?:funciona|sirve|trabaja))|esplenectom\w*|asplen\w*",
    r"drepanoc\w*|falc[ie]form\w*|fal[ck]emi\w*|celulas (?:falc\w*|en forma de hoz|de hoz)|anemia de celulas",
)
NOW_ENGLISH = (
    r"feve?rs?\w*|feber|febrile|temps?|temperatures?",
    rf"{_IS} (?:\w+ )?(?:hot|warm){_NOT_THEIRS}",
    r"(?:hot|warm) to~touch|(?:forehead|head|skin|body)~(?:hot|warm)|burn\w* up|chills?|shivers|shivering",
    rf"(?:38|39|4[01]|100 [3-9]|10[1-6]){_NO_HEAT}",
)
NOW_SPANISH = (
    r"fiebr\w*|feibre|fiebe|febril\w*|calentur\w*|calentua|temperatur\w*",
    r"(?:esta|muy|siente|sigue|amanecio|anda|pone|puso|bien|todo|toda) (?:\w+ )?calient\w*",
    r"(?:cuerpo|cuerpito|frente|cabeza|piel)~calient\w*",
    r"tiembla de frio|ardiendo|hirviendo|arde en|escalofri\w*|destemplad\w*|quemando",
)

_DENIED = re.compile(
    r"\b(?:no|without|denies|(?:not|never|n['\u2019]?t) (?:have|had|having|has|run|running)(?: an?| any)?|sin|ni|"
    r"no (?:tiene|ha tenido|tuvo|hay|trae|presenta)) +(?:any +)?"
    r"(?:fevers?|fiebres?|calentura|temperatura|temp(?:erature)?)"
    r"(?=[ \t]*(?:$|[.,;:!?)\r\n]|(?:and|but|or|so|now|today|yet|anymore|at all|y|pero|ni|o|hoy|ahora|por)\b))",
    re.IGNORECASE,
)


def without_denied(text: str) -> str:
    """The text without the plain words that there is no fever.

    Families of such children write them with each question. Only what stands together in one breath counts: after "Does
    she eat? No. Fever since noon" and before "no fever medicine helps" the fever stays, as does any number.
    """
    return _DENIED.sub(" ", text)
