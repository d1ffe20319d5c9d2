"""Words in a free text that may tell of danger, in English and Spanish: fixed lists, kept as data.

They are a hint only. What they find is asked about and looked at by a person; what they do not find means nothing, and
nobody is told that a text is harmless. They know no negation: "no seizure" is found as well, for one hint too many
costs a question and one too few may cost a child. The text is compared in small letters without accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

LISTS: Mapping[str, tuple[str, ...]] = {
    "breathing": (
        # English
        r"(can ?not|can ?t|not|hard|trouble|struggl\w*|difficult\w*) (to |with )?breath\w*",
        r"(stop\w*|barely|fast|short\w*) (to |of )?breath\w*",
        r"(breath\w*) (is |are )?(hard|fast|badly|heavy|trouble|difficult\w*)",
        r"gasp\w*",
        r"chok(e|es|ed|ing)",
        r"(blue|gray|grey|purple) (lips|face|skin|tongue|fingers)",
        r"(lips|face|skin|tongue) (are |is |look\w* |turn\w* |went )+(blue|gray|grey|purple)",
        r"(he|she|baby|they) (is|are|looks|turned|went) (so |very )?blue",
        # Spanish
        r"(no|apenas|mal|cuesta|dificultad|dificil|trabajo|puede|rapido) (\w+ ){0,2}(respir\w+|aire|aliento)",
        r"(deja de|dejo de|falta|falta de) (\w+ ){0,2}(respir\w+|aire|aliento)",
        r"respir\w+ (muy |mal|rapido|con dificultad|dificil)\w*",
        r"se (ahoga|ahogo|esta ahogando|asfixia|atraganta|atraganto)",
        r"ahog\w+",
        r"(labios|cara|piel|boca|lengua|dedos) (\w+ ){0,2}(azul\w*|morad\w*|gris\w*)",
        r"(esta|se puso|se pone) (azul|morad[oa]|gris)",
    ),
    "unresponsive": (
        r"(can ?not|can ?t|hard to|won ?t|does ?n ?t|not|will not|does not) wake",
        r"(unresponsive|not responsive)",
        r"unconscious",
        r"passed out",
        r"faint(ed|s|ing)",
        r"limp",
        r"(very|so|suddenly|seems|is) confused",
        r"not (moving|responding|waking)",
        r"no (se )?despierta",
        r"(cuesta|dificil) (de )?despertar\w*",
        r"no (responde|reacciona|se mueve)",
        r"inconsciente",
        r"se desmay\w+",
        r"desmay\w+",
        r"(muy )?(confundid[oa]|desorientad[oa])",
        r"flacid[oa]",
    ),
    "seizure": (
        r"seizure\w*",
        r"convuls\w+",
        r"(is |keeps |was )?(shaking|jerking) (all over|and)",
        r"having a fit",
        r"convulsion\w*",
        r"ataque\w*",
        r"crisis epilept\w+",
        r"esta temblando todo",
    ),
    "non_blanching_rash": (
        r"(spots|rash) (\w+ ){0,4}(not|n ?t) (fade|go away)",
        r"purple (spots|rash|dots)",
        r"(manchas|puntos) (moradas?|morados?|rojas?|rojos?) (\w+ ){0,3}no (se )?(quitan|borran|desaparecen)",
        r"(manchas|puntos) morad\w+",
    ),
    "anaphylaxis": (
        r"(face|lips?|tongue|throat|eyes) (\w+ ){0,2}(swell\w*|swollen|puff\w*)",
        r"swoll?en (face|lips?|tongue|throat)",
        r"swelling of (the |his |her )?(face|lips?|tongue|throat)",
        r"anaphyla\w+",
        r"(cara|labios?|lengua|garganta) (\w+ ){0,2}hinchad\w+",
        r"se (le )?(hincha|hincho|inflama|inflamo) (\w+ ){0,2}(cara|labios?|lengua|garganta)",
        r"anafila\w+",
    ),
    "stiff_neck": (
        r"stiff neck",
        r"neck (is )?stiff",
        r"(cuello|nuca) (esta )?(ties[oa]|rigid[oa]|dur[oa])",
        r"rigidez",
    ),
    "bilious_or_bloody_vomit": (
        r"(throw\w*|threw|vomit\w*|puk\w*|cough\w*) (up )?(\w+ ){0,2}(blood|green)",
        r"blood\w* (\w+ ){0,3}(stool|poop|vomit|diaper)",
        r"(green|bloody) vomit",
        r"(vomit\w+) (\w+ ){0,3}(sangre|verde)",
        r"sangre (\w+ ){0,4}(popo|heces|vomito|panal|caca)",
        r"(popo|heces|caca) con sangre",
    ),
    "dehydration": (
        r"(no|not|n ?t) (\w+ ){0,2}(pee\w*|urin\w*|wet diaper\w*)",
        r"not keep (\w+ )?(water|anything|fluids) down",
        r"no (\w+ ){0,2}(orin\w+|hace pipi|hecho pipi|moja el panal)",
        r"no retiene (nada|agua|liquidos)",
    ),
    "severe_pain": (
        r"(severe|terrible|unbearable|worst|extreme|awful) (\w+ )?pain",
        r"scream\w* (in|with|from) pain",
        r"dolor (\w+ ){0,2}(fuerte|insoportable|terrible|intenso|horrible)",
        r"grita de dolor",
    ),
    "injury": (
        r"hit (his|her|their|the) head",
        r"(fell|fall|dropped) (\w+ ){0,3}(stairs|head|window|bed|roof)",
        r"(bad|big|deep) (burn|cut|wound)",
        r"burn(ed|t)? (\w+ ){0,3}(face|hand|arm|body|leg)",
        r"(golpe|pego|golpeo) (\w+ ){0,3}cabeza",
        r"se cayo",
        r"quem(o|adura|aduras|ada|ado)\b",
        r"no (deja|para) de sangrar",
        r"(not|n ?t) stop bleeding",
    ),
    "poisoning": (
        r"swallow\w* (\w+ ){0,3}(pill\w*|battery|batteries|magnet\w*|poison|bleach|cleaner|medicine|coin)",
        r"(drank|ate|took) (\w+ ){0,4}(pills|poison|bleach|cleaner|detergent|gasoline)",
        r"overdos\w*",
        r"poison\w*",
        r"(trago|se comio|tomo|bebio) (\w+ ){0,4}(pastilla\w*|pila\w*|bateria\w*|iman\w*)",
        r"(trago|se comio|tomo|bebio) (\w+ ){0,4}(veneno|cloro|detergente|gasolina|moneda)",
        r"veneno",
        r"sobredosis",
        r"intoxic\w+",
        r"envenen\w+",
    ),
    "self_harm": (
        r"(kill|hurt|harm|cut|cutting|hurting|killing|harming) (my|him|her|them|your)sel(f|ves)",
        r"suicid\w*",
        r"(want\w*|wish\w*) (\w+ ){0,2}(die|dead)",
        r"(does ?n ?t|not) want to live",
        r"end (my|his|her|their) life",
        r"suicid\w+",
        r"(quiere|quiero|queria|ganas de) (morir\w*|matar(se|me))",
        r"(hacerse|hacerme|se hace) dano",
        r"(se corta|cortarse|cortarme|se lastima)",
        r"no quiere vivir",
        r"quitarse la vida",
    ),
    "unsafe": (
        r"(hits|hit|beats|beat|hurts|touches|abuses|threatens|threatened) (me|us|her|him)",
        r"(hits|hit|beats|beat|hurts|touches|abuses|threatens|threatened) my (son|daughter|child|kids?|baby)",
        r"(not|n ?t) (feel )?safe (here|at home|with)",
        r"(i am|i m|we are|we re) not safe",
        r"afraid of (him|her|my (husband|wife|partner|father|boyfriend))",
        r"abus(e|ed|es|ing)\b",
        r"(me|nos|le|la|lo) (pega|golpea|maltrata|amenaza|lastima|abusa)",
        r"abus[oa]\w*",
        r"no (estoy|estamos|esta) (a salvo|segur\w+)",
        r"tengo miedo de (el|ella|mi)",
        r"maltrat\w+",
        r"violencia",
    ),
    "young_infant_fever": (
        r"(newborn|weeks? old|month old|new baby) (\w+ ){0,6}(fever|hot)",
        r"(fever|hot) (\w+ ){0,6}(newborn|weeks? old|month old)",
        r"(recien nacid[oa]|semanas de nacid[oa]) (\w+ ){0,6}(fiebre|calentura)",
        r"(fiebre|calentura) (\w+ ){0,6}(recien nacid[oa]|semanas)",
    ),
}
"""By the code of a danger sign: what people write of it, as patterns over words."""
_FOUND = {code: re.compile(r"\b(?:" + "|".join(patterns) + r")\b") for code, patterns in LISTS.items()}
_LONGEST = 20_000


def words_of_danger(*texts: str) -> tuple[str, ...]:
    """The signs that words in these texts may tell of. None found says nothing about the child."""
    told = [_plain(text) for text in texts if text]
    return tuple(code for code, pattern in _FOUND.items() if any(pattern.search(text) for text in told))


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text[:_LONGEST].casefold())
    bare = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^\w]+", " ", bare).split())
