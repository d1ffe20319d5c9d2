"""What people write in Spanish of harm that comes from outside or from oneself; see `danger_spanish`."""

from __future__ import annotations

from collections.abc import Mapping

_TOOK = r"(?:trag\w*|tom\w*|comi\w*|com[eo]\w*|beb\w*|bebi\w*|agarr\w*|ingir\w*|chup\w*|lami\w*|meti\w*)"
_POISON = (
    r"(?:pila\w*|bateri\w*|iman\w*|veneno\w*|cloro|detergente\w*|gasolin\w*|moneda\w*|fabuloso|pinol\w*|"
    r"alcohol|marihuana|mota|droga\w*|hongo\w*|raid|insecticida|sosa|acido|tiner|thinner|quimico\w*|"
    r"suavitel|vape\w*|jabon|mercurio|petroleo|kerosen\w*)"
)
_DRUGS = r"(?:pastilla\w*|medicin\w*|jarabe|pildora\w*|medicament\w*|tableta\w*|capsula\w*|pastillero|remedio\w*)"
_SORBO = r"(?:semill\w*|poc\w*|poqui\w*|sorb\w*|trag\w*|buch\w*|bocad\w*|cuchara\w*)"
_COSA = (
    r"(?:tornill\w*|clav(?:o|os|it\w*)|tuercas?|alfiler\w*|aguja\w*|grapa\w*|"
    r"aret\w*|anill\w*|dije\w*|cadenit\w*|canic\w*|"
    r"cuentit\w*|chaquira\w*|vidrio\w*|metal\w*|plastico\w*|llav(?:e|es|ecit\w*)|boton\w*|juguet\w*|piedr\w*|globo\w*)"
)
_ACEITE = r"aceite(?! de (?:higado|pescado|coco|oliva|bebe|almendra\w*|ricino|arbol))"
_NO_QUEMADA = r"(?! (?:\w+ ){0,4}(?:zapat\w*|tenis|huarach\w*|botas|sandalia\w*|caminar|correr))"
_NO_PEGA = r"(?! (?:(?:la|el|los|las|una|un|mucho|a) )?(?:grip\w*|tos|calentura|catarro|virus|covid|ojos|gana\w*))"
"""What an illness does, or what sticks: `le pegó la gripa`, `se le pegan los ojos`."""
_NO_TOCA = r"(?! (?:el|la|un|una) (?:piano|violin|guitarra|tambor|flauta))"
_HURTS = (
    rf"(?:peg\w*{_NO_PEGA}|golpe\w*|maltrat\w*|amenaz\w*|lastim\w*|abus\w*|viol(?!et|in)\w*|ahorc\w*|avient\w*|avent\w*|"
    rf"jal(?!ea|ape)\w*|pate\w*|cachete(?!s?\b)\w*|empuj\w*|estruj\w*|quem\w*|toc[oa]\w*{_NO_TOCA}|insult\w*|agred\w*)"
)
_SUELTO = r"(?! (?:\w+ ){0,3}(?:pelo|cabello|dient\w*|muel\w*|uña|costr\w*|ombligo|cordon|chupon|pestaña\w*|curita))"
"""What comes off a child by itself: `se le cayó el pelo`, `ya se le cayó su primer diente`."""
_CHILD = r"(?:bebe\w*|bebit\w*|nen[eai]\w*|niñ[oa]\w*|criatura|hij[oa]\w*|niet\w*|sobrin\w*|herman\w*|recien nacid[oa])"
_DE_NADIE = (
    r"(?:oscur\w*|perr\w*|doctor\w*|dentista|inyec\w*|vacuna\w*|monstru\w*|aguja\w*|truen\w*|cohete\w*|payas\w*)"
)
"""Of whom a child is afraid and nobody hurts it."""
_SOLO_DE_NADIE = (
    rf"(?:(?:a|al|de|del|por|con) )?(?:l[oa]s? )?{_DE_NADIE}\b(?! (?:y|o|ni|por|porque|pero|cuando|si|que)\b)"
)
"""Such a fear and nothing after it: whoever is named behind an “and” or a “because” is looked at all the same."""
_WHO = (
    r"(?:espos\w*|marido|pareja|viejo|novi\w*|padrastr\w*|papa\w*|padre|mama|madre|madrastra|ti[oa]|primo|"
    r"abuelo|señor|senor|hombre|vecino|hermano|suegr\w*|cuñado|cunado|padrino|maestro|alguien)"
)
"""Whoever molests; no “he” or “she”, for “it does not bother him” is written with the same words."""
_MAN = (
    r"(?:espos\w*|marido|pareja|viejo|novi\w*|padrastr\w*|papa\w*|padre|mama|madre|madrastra|ti[oa]|primo|"
    r"abuelo|señor|senor|hombre|vecino|ex|hermano|suegr\w*|cuñado|cunado|el|ella|ellos)"
)

HARM: Mapping[str, tuple[str, ...]] = {
    "injury": (
        r"(?:golp\w*|peg\w*|dio|chipote|chichon|abri\w*|romp\w*|estrell\w*|raj\w*|parti\w*)~~(?:cabe\w*|ceja|frente)",
        (
            r"(?:dio|di\w*|peg\w*|llev\w*) (?:un |una )?(?:\w+ )?(?:golp\w*|porrazo|trancazo|chingadazo|madrazo|"
            r"santo golpe)"
        ),
        r"golp[eoa]\w*~(?:fuerte|feo|duro|cara|nuca|espalda|oreja)",
        rf"se (?!les? )(?:\w+ ){{0,3}}(?:cay\w*|call[oó])|se les?~(?:cay\w*|call[oó]){_SUELTO}",
        (
            r"(?:cay[oó]|cay\w*|call[oó]|rod[oó]|resbal\w*)~~(?:escaler\w*|cama|cabeza|piso|techo|ventana|arbol|"
            r"bicicleta|caballo|silla|sofa|cuna|alto)"
        ),
        r"atropell\w*|accident\w*|choc[oó]|chocam\w*|chocaron|volc\w*",
        (
            r"(?:mord\w*|muerd\w*|pic[oó]|pico|pican|ataco)~(?:perr\w*|alacran|vibor\w*|culebr\w*|serpient\w*|"
            r"araña|arana|escorpion|animal|gato|murcielago|avisp\w*)"
        ),
        r"(?:cort\w*|herid\w*|raj\w*)~(?:hond\w*|feo|fea|profund\w*|grande|fuerte)",
        r"quem[oaó]\w*|quemad\w*|kemo",
        rf"(?:plancha|comal|estufa|horno|{_ACEITE}|olla|mofle|brasas?)~~amp(?:oll|uy)\w*{_NO_QUEMADA}",
        r"(?:cay\w*|ech\w*|tir\w*|derram\w*|volte\w*)~~(?:hirviendo|caliente|hirvient\w*)",
        r"no~(?:dej\w*|par\w*|quit\w*|detien\w*)~sangr\w*",
        r"(?:mucha|harta|bastante|chorro\w*)~sangre",
        r"sangra\w*~(?:mucho|bastante|para|demasiado)",
        (
            r"(?:quebr\w*|fractur\w*|romp\w*|zafo|zaf\w*|disloc\w*|descompus\w*)~(?:brazo\w*|pierna|hueso|mano|"
            r"dedo|pie|clavicula|muñeca|tobillo|muneca|nariz|brazito)"
        ),
        r"(?:piso|pisar|enterr\w*|encaj\w*)~(?:clavo|vidrio|aguja|alambre)",
        r"hueso~(?:ve|sale|salido|afuera|fuera)|ve~hueso",
        r"(?:dio|agarr\w*|peg\w*) (?:la )?(?:corriente|toques|electric\w*|luz)|electrocut\w*",
        r"descalabr\w*|chipote",
        r"(?:machuc\w*|aplast\w*|prens\w*|magull\w*)~(?:dedo\w*|mano|pie|brazo)",
        r"balaz\w*|apuñal\w*|apunal\w*|machetaz\w*",
    ),
    "poisoning": (
        rf"(?:encontr\w*|hall\w*)~~{_DRUGS}~(?:abiert[oa]|vaci[oa])",
        rf"{_TOOK}~~{_POISON}",
        rf"(?:trag\w*|tomo(?! \w+ (?:dias?|semanas?))|comi\w*|bebi\w*|agarr\w*|ingir\w*|metio)~~{_DRUGS}",
        rf"{_DRUGS}~~(?:comi\w*|trag\w*)",
        rf"(?:demas|doble|de mas|equivoc\w*|otra|much\w*(?! (?:mejor|bien)))~{_DRUGS}",
        r"(?:jarabe|medicina\w*|pastill\w*|gotas)~~tod[oa] (?:el|la) (?:frasco|bote|botella|caja|tira)",
        rf"{_DRUGS}~(?:demas|de mas|doble|equivocad\w*|completo|entero)",
        r"veneno\w*|envenen\w*|enbenen\w*|sobredosis|sobre dosis|intoxic\w*",
        rf"(?:tom\w*|trag\w*|comi\w*) (?:[1-9]\d|[5-9]) (?!m[lg]|dias?|semanas?)(?:{_DRUGS}|tylenol|ibuprofeno|advil)",
        rf"trag[oó] (?:algo|una?\b(?! {_SORBO}\b))|trag(?:o|ue|ad[oa]|aron|arse)~{_COSA}",
        r"monoxido|fum[oó]~(?:algo|mota|marihuana)",
    ),
    "self_harm": (
        r"navaja\w*~~(?:piern|braz|munec|muslo)\w*",
        r"suicid\w*",
        (
            r"(?:quier\w*|queri\w*|quis\w*|gana\w*|dese\w*|piens\w*|trat\w*|intent\w*|pensa\w*|va|voy|para|"
            r"mejor)~(?:mor[ií]\w*|muer\w*|matar\w*|ahorcar\w*|colgar\w*|colg\w*)"
        ),
        r"(?:mejor|ojala)~me muer\w*|me quiero mori\w*",
        r"(?:no|ni)~quier\w*~(?:viv\w*|existir|estar aqui|despertar mas)|cansad\w*~vivir",
        r"(?:quit\w*|acab\w*)~(?:la|su|mi) vida|quitarse la vida|se quit[oó] la vida",
        r"(?:se|me) (?:\w+ )?ha[cgs]\w* dano|ha[cs]er(?:se|me)~dano",
        r"(?:se (?:corta|raja)|me (?:corto|rajo))\b",
        r"(?:se|me) (?:lastim[ao] (?:sol[oa]|ella|el))",
        r"cortarse|cortarme",
        r"cortad\w*~(?:brazo\w*|muñeca\w*|muneca\w*)",
        r"(?:se|me)~(?:cort\w*|raj\w*)~(?:brazo\w*|venas|piernas|munecas?)|(?:se|me)~abri\w*~venas",
        r"lastim\w*~(?:sol[oa]|misma|mismo)",
        r"auto ?les\w*|quier\w*~ir(?:se|me)?~cielo",
        r"(?:mensaje\w*|carta|nota|recado|video)~~(?:adios|despid\w*|despedi\w*)",
        r"(?:no|sin)~(?:sentido|vale)~(?:vida|vivir|pena)|no vale la pena",
        r"mejor~sin (?:el|ella|mi)",
        r"desaparecer|estar muert\w*|no~~nacid\w*",
        r"intent\w*~(?:matar\w*|ahorc\w*|mori\w*)|ahorcarse",
    ),
    "unsafe": (
        r"(?:espos[oa]|marido|novi[oa]|padrastro|niñera|alguien)~sacud\w*|zarande\w*|fue sacudid[oa]",
        r"l[oa]s? (?:ha\w* )?sacud(?:[oei]|en|io|imos|ieron|ia|ian|ido)|sacud(?:ir|iendo|e)l[oa]s?",
        rf"sacud\w* (?:\w+ ){{0,2}}(?:al|a (?:mi|su|la|las|los|nuestr[oa])) (?:\w+ )?{_CHILD}",
        rf"(?:me|nos|le|la|lo|les|los|las)~{_HURTS}",
        rf"{_MAN}~(?:me|nos|le|la|lo|les) {_HURTS}",
        (
            r"(?:miedo|temor|pavor)~(?:el|ella|mi|casa|espos\w*|marido|regres\w*|volver|papa|padre|pareja|ellos|"
            r"señor|senor)"
        ),
        rf"(?:tengo|tiene|tenemos|da) (?:mucho )?miedo(?! {_SOLO_DE_NADIE})",
        rf"{_WHO}~(?:me|nos|le|la|lo|les) molest\w*|{_WHO} molest\w* (?:a )?(?:mi|su|la|el|nuestr[oa])\b",
        r"le (?:tengo|tenemos|tiene)~miedo",
        r"no~(?:segur\w*|a salvo|salvo)~(?:casa|aqui|el)?",
        r"no~(?:estoy|estamos|esta|siento|sentimos|siente)~(?:a salvo|segur\w*)",
        (
            rf"{_MAN}~(?:me|nos|le|la|lo|les) (?:hace|hizo|hacia|hacen) (?:cosas|algo|"
            rf"cochinadas)(?! (?:de|para|ric|bonit))"
        ),
        r"(?:padrastro|ti[oa]|primo|abuelo|señor|senor|vecino|hermano|papa|hombre|alguien|maestro)~toc[oóa]\w*",
        r"tocar\w*~(?:partes|cuerpo)|manose\w*",
        r"toc[oóa]\w*~(?:partes|cuerpo)",
        r"abus\w*|maltrat\w*|amenaz\w*|viol[oóa]\b|violaron|violad\w*|violar\w*|violacion|violen\w*",
        r"(?:cinturonazo\w*|cintarazo\w*|golpiza\w*|paliza\w*|cachetada\w*|chinga|nalgada\w*)",
        r"(?:no|ni)~deja~(?:salir|ir)|encerrad\w*~(?:casa|cuarto)|nos corre\b|corrio de la casa",
        r"(?:pistola|arma|cuchillo|machete)",
        r"alguien~(?:ha[cs]e~dano|lastim\w*|peg\w*|golpe\w*|toc\w*|abus\w*)",
        r"quiso (?:ahorcar|matar|pegar)",
    ),
}  # fmt: skip
