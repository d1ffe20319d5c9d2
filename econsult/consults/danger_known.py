"""What people write of the signs that belong to an illness or an operation, in English and Spanish.

Each sign has two lists: what the child has, and what is happening. Both must be told, in any of the texts and in either
language, for the same pain or blood is no such sign in a child without that illness. They are patterns of the kind of
`danger_english` and `danger_spanish`: a `~` stands for up to three words in between, `~~` for up to six.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from econsult.consults import danger_fever as fever


class Known(NamedTuple):
    """The patterns of one sign: the illness or operation, and what is happening."""

    has: tuple[str, ...]
    now: tuple[str, ...]


_PAIN = r"(?:pain\w*|hurt\w*|ach\w*|tight\w*|stab\w*|sharp|sore)"
_DUELE = r"(?:duel\w*|dol\w*|punzad\w*|piquet\w*|apriet\w*|ard\w*)"
_TUBE = (
    r"(?:g ?j? ?tubes?|j ?tubes?|peg(?: tubes?)?|mic ?key\w*|mickey|gastrostomy|(?<!ear )(?<!ear s )tube|"
    r"(?:feeding|stomach|belly|tummy|gastric|g) (?:tubes?|buttons?)|button)"
)
_WENT = r"(?:came|comes?|coming|fell|falls?|fallen|falling|pop\w*|pull\w*|slip\w*|slid|yank\w*|rip\w*|tug\w*|knock\w*)"
_SONDA = r"(?:sond\w*|gastrostomi\w*|mic ?key|mickey|miki|(?:tubo|tubito)(?! del? oid)|boton\w*|manguer\w*|manguit\w*)"
_SALIO = (
    r"(?:sali[oóe]\w*|sale|zaf\w*|cay[oó]|cai?d[oa]|arranc\w*|jal[oó]\w*|quit[oó]|sac[oó]|bot[oó]|despeg\w*|"
    r"desconect\w*|movi[oó]|perdi\w*|fuera|afuera)"
)
_SEAM = r"(?:stitch\w*|sutures?|seam|wound|repair\w*|scar|incision|surger\w*|hole|lips?|palate|roof)"
_OPENS = (
    r"(?:open(?:ed|ing|s)|came (?:open|apart|undone|out)|split\w*|popp\w*|burst\w*|broke\w*|torn|tore|tear\w*|apart)"
)
_PUNTOS = r"(?:punt\w*|sutur\w*|costur\w*|herid\w*|cicatri\w*|operacion|cirugia|labi\w*|paladar)"
_ABRE = r"(?:abri[oóer]\w*|abre|abren|solt\w*|suelt\w*|revent\w*|zaf\w*|despeg\w*|separ\w*|romp\w*|salt[oó]\w*)"
_CUT = r"(?:repair\w*|surger\w*|operat\w*|stitch\w*|closed|fixed)"
_OPERADO = r"(?:oper\w*|cirugi\w*|punt[oi]\w*|sutur\w*|cerraron|repar\w*)"

_VOMIT = r"(?:throw\w* up|threw up|vom+it\w*|puk\w*)"
_NO_STOOL = r"(?:not|no|never|without)~(?:poop\w*|stool\w*|bowel\w*|bms?)"
_HEAT, _SPENT = r"(?:heat|hot (?:days?|weather|outside)|sun)", rf"(?:weak\w*|tired|letharg\w*|sleepy|dizzy|{_VOMIT})"
_VOMITA, _SIN_POPO = r"(?:vomit\w*|devuelv\w*)", r"(?:no|sin)~(?:popo\w*|caca|obra\w*|evacu\w*|del dos)"
_CALOR, _SIN_FUERZA = r"(?:calor\w*|sol)", rf"(?:debil\w*|cansad\w*|desganad\w*|sueno|mare\w*|{_VOMITA})"
_LOW_OXYGEN = r"(?:low\w*|dropp\w*|drops|under|below|[5-8]\d|9[01])"

ENGLISH: Mapping[str, Known] = {
    "weak_defenses_fever": Known(fever.HAS_ENGLISH, fever.NOW_ENGLISH),
    "feeding_tube_out": Known(
        (r"\w*",),
        (
            rf"{_TUBE}~(?:{_WENT}|is|was|got|all the way|half ?way) (?:\w+ )?out",
            rf"{_WENT}~~{_TUBE}~out",
            rf"(?:{_WENT}|took|taken|spit) out~{_TUBE}",
            rf"{_TUBE}~(?:dislodg\w*|is missing|not in)|(?:dislodg\w*|lost)~{_TUBE}",
            rf"{_TUBE} out",
        ),
    ),
    "cystic_fibrosis_illness": Known(
        (r"cystic\w* fibro\w*", r"cf", r"c f"),
        (
            rf"(?:chest|ribs?|lungs?)~{_PAIN}",
            rf"{_PAIN}~~(?:chest|ribs?|lungs?)",
            r"pneumo ?thora\w*|lung~collapse\w*|collapse\w*~lung",
            rf"{_VOMIT}~~{_NO_STOOL}|{_NO_STOOL}~~{_VOMIT}",
            rf"{_HEAT}~~{_SPENT}|{_SPENT}~~{_HEAT}",
        ),
    ),
    "low_sugar_or_calcium": Known(
        (r"\w*",),
        (
            r"(?:blood )?(?:sugars?|glucose)~(?:low|dropp\w*|drops|[1-4]\d|5[0-3])(?! (?:grams?|g|units?|percent))",
            r"low (?:blood )?(?:sugars?|glucose)(?! (?:diet|food|drink|juice|cereal|yogurt)\w*)|hypoglyc\w*",
        ),
    ),
    "low_oxygen": Known(
        (r"\w*",),
        (
            rf"(?:oxygen|o2|sats?|saturation|ox|oximeter)~{_LOW_OXYGEN}",
            r"low (?:oxygen|o2|sats?|saturation)|(?:more|extra) oxygen",
        ),
    ),
    "connective_tissue_pain": Known(
        (r"marfan\w*", r"loeys\w*", r"ehlers\w*", r"danlos", r"eds", r"veds", r"connective tissue", r"aort\w*"),
        (
            rf"(?:chest|back|shoulder\w*|ribs?)~{_PAIN}",
            rf"{_PAIN}~~(?:chest|back|shoulder blades?|ribs?)",
            r"dissect\w*|aort\w*~(?:tear\w*|tore|torn|rupt\w*)",
        ),
    ),
    "cleft_repair_bleeds": Known(
        (r"cleft\w*", rf"(?:lips?|palate)~{_CUT}", rf"{_CUT}~~(?:lips?|palate)", r"palatoplast\w*|cheiloplast\w*"),
        (
            r"bleed\w*|bled",
            r"blood(?! (?:tests?|work|draws?|type|counts?|pressure|sugar))",
            rf"{_SEAM}~{_OPENS}",
            rf"{_OPENS}~{_SEAM}",
        ),
    ),
}
SPANISH: Mapping[str, Known] = {
    "weak_defenses_fever": Known(fever.HAS_SPANISH, fever.NOW_SPANISH),
    "feeding_tube_out": Known(
        (r"\w*",),
        (
            rf"{_SONDA}~{_SALIO}",
            rf"{_SALIO}~{_SONDA}",
        ),
    ),
    "cystic_fibrosis_illness": Known(
        (r"fibrosis (?:quistic\w*|cistic\w*|kistic\w*)", r"fibrosis de los pulmones", r"fq"),
        (
            rf"{_DUELE}~~(?:pech\w*|pulmon\w*|costill\w*)",
            rf"(?:pech\w*|pulmon\w*|costill\w*)~{_DUELE}",
            r"neumotorax|pulmon~(?:colaps\w*|desinfl\w*)|(?:colaps\w*|desinfl\w*)~pulmon",
            rf"{_VOMITA}~~{_SIN_POPO}|{_SIN_POPO}~~{_VOMITA}",
            rf"{_CALOR}~~{_SIN_FUERZA}|{_SIN_FUERZA}~~{_CALOR}",
        ),
    ),
    "low_sugar_or_calcium": Known(
        (r"\w*",),
        (
            r"(?:azucar|glucosa)~(?:baja|bajo|bajita|bajito|bajando|bajo mucho|[1-4]\d|5[0-3])(?! (?:gramos|unidades))",
            r"se le baj\w*~(?:azucar|glucosa)|(?:baja|bajon) de (?:azucar|glucosa)|hipogluc\w*",
        ),
    ),
    "low_oxygen": Known(
        (r"\w*",),
        (
            r"(?:oxigeno|oxigenacion|saturacion|satura\w*|oximetro)~(?:baj\w*|menos|[5-8]\d|9[01])",
            r"baj\w*~(?:oxigeno|oxigenacion|saturacion)|mas oxigeno",
        ),
    ),
    "connective_tissue_pain": Known(
        (
            r"marfan\w*",
            r"loeys\w*",
            r"ehlers\w*",
            r"danlos",
            r"tejid\w* (?:conectiv\w*|conjuntiv\w*|conexiv\w*)",
            r"aort\w*",
        ),
        (
            rf"{_DUELE}~~(?:pech\w*|espald\w*|lomo|omoplat\w*|costill\w*)",
            rf"(?:pech\w*|espald\w*|lomo|omoplat\w*|costill\w*)~{_DUELE}",
            r"diseccion|aort\w*~(?:romp\w*|rasg\w*|desgarr\w*)",
        ),
    ),
    "cleft_repair_bleeds": Known(
        (
            r"labio (?:\w+ )?(?:leporin\w*|lepori\w*|hendid\w*|partid\w*)",
            r"paladar (?:\w+ )?(?:hendid\w*|abiert\w*|partid\w*)",
            r"fisur\w*~(?:labi\w*|palatin\w*|paladar)|hendidur\w*",
            rf"{_OPERADO}~~(?:labi\w*|paladar)",
            rf"(?:labi\w*|paladar)~{_OPERADO}",
            r"palatoplast\w*|queiloplast\w*",
        ),
        (
            r"sangra\w*|sangro\w*|desangr\w*",
            r"(?:sal\w*|ech\w*|escup\w*|tien\w*|con|much\w*|hay|vi|bot\w*|trag\w*|tir\w*)~sangre",
            rf"{_PUNTOS}~{_ABRE}",
            rf"{_ABRE}~{_PUNTOS}",
        ),
    ),
}
