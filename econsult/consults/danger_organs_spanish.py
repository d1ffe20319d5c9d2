"""What people write of the signs of one part of the body or one specialty in Spanish; see `danger_organs`."""

from __future__ import annotations

from collections.abc import Mapping

from econsult.consults.danger_known import Known

_ANYBODY = (r"\w*",)
_VOMITA = r"vomit\w*|devuelv\w*|devolv\w*"
_FIEBRE = r"fiebr\w*|calentura\w*|temperatura|38|39|4[01]"
_DECAIDO = (
    r"decaid\w*|(?:muy|bien|mucho) (?:debil\w*|cansad\w*|dormid\w*|"
    r"mal|enferm\w*|sueno)|adormilad\w*|confundid\w*|aguad\w*"
)
_CABEZA = r"(?:dolor\w*~cabeza|duel\w*~cabeza|jaqueca\w*|migran\w*)"
_PECHO = r"(?:dol\w*~pecho|duel\w*~pecho|pecho~duel\w*)"
_DESMAYA = r"(?:desmay\w*|perdio el conocimiento|se desvanecio|colapso)"
_DEPORTE = (
    r"(?:corr\w*|jug\w*|jueg\w*|deport\w*|futbol|basquet\w*|"
    r"ejercicio\w*|nad(?:ar|ando)|educacion fisica|recreo)"
)
_CINCO = r"(?:[5-9]|[1-3]\d|cinco|seis|siete|ocho|nueve|diez|once|doce|quince)"
_SEMANA = r"(?:una|dos|tres|[1-3]|toda la|varias) semanas?(?! de (?:nacid|edad))"
_PUNTAS = r"(?!~(?:dedo\w*|mano\w*|pies?|labio\w*|talon\w*|palma\w*|planta\w*))"
"""Skin peels there of eczema, of a cold or in winter; see `danger_organs`."""
_LENTO = r"(?!~~(?:anos?|mes|meses|poco a poco|cuello|axila\w*))"
_PARTE = rf"(?:piel{_LENTO}|herida\w*|llaga\w*|roncha\w*|pierna\w*|brazo\w*|pie|mano\w*|dedo\w*|mancha\w*)"
_PONE = r"(?:pus\w*|pon\w*|volv\w*|vuelv\w*)"
_OSCURA = r"(?:negr\w*|oscur\w*)"
_NO_POPO = r"(?:(?!popo|caca|heces|evacua|moco|lagana|costra|leche|vomit)\w+ ){0,6}"
_SEGUIDO = r"(?:una y otra vez|muchas veces|varias veces|a cada rato|seguid\w*|sin parar|en serie)"
_BEBE = (r"bebe\w*", r"beba", r"recien nacid\w*", r"(?:semanas|dias) de nacid\w*")
_PIERNAS = r"(?:encoge|encogi|encoj|dobl|sub)\w*~(?:piern\w*|rodill\w*)"
_A_RATOS = r"(?:cada~minut\w*|(?<!roncha )(?<!sarpullido )va y viene)"

SPANISH: Mapping[str, Known] = {
    "inhaler_fails": Known(
        (
            r"asma\w*|silbid\w*|chifl\w*",
            r"inhalador\w*|bomba|bombita|albuterol|salbutamol|e?spray|disparos?|nebuliz\w*",
        ),
        (
            (
                r"(?:inhalador\w*|bomba|bombita|albuterol|salbutamol|e?spray|disparos?|terapias?|"
                r"nebuliz\w*)~~(?:no|sin)~(?:ayud\w*|sirv\w*|funcion\w*|hac\w*|quit\w*)"
            ),
            (
                r"no~(?:ayud\w*|sirv\w*|funcion\w*|hac\w*)~(?:inhalador|"
                r"bomba|nebuliz\w*)|cada (?:hora|1|2|dos|una)|otra vez a las?"
            ),
            r"cuidados intensivos|terapia intensiva|intuba\w*",
        ),
    ),
    "choking": Known(
        _ANYBODY,
        (
            r"se atraganto|atragant\w* con|(?:atorad\w*|atoro|atasc\w*)~(?:garganta|cuello)|estridor",
            r"tos~(?:perr\w*|foca)|ruido~(?:al )?(?:respir\w*|jalar)",
            r"babea\w*~~no~(?:trag\w*|pas\w*)|no~(?:trag\w*|pas\w*)~~babea\w*",
        ),
    ),
    "worst_headache": Known(
        _ANYBODY,
        (
            rf"(?:peor|mas fuerte)~{_CABEZA}|{_CABEZA}~~(?:peor|de su vida|mas fuerte|presion)",
            rf"{_CABEZA}~~despiert\w*|despert\w*~~{_CABEZA}|despiert\w*~~{_CABEZA}",
        ),
    ),
    "shunt_illness": Known(
        (r"valvula~(?:cabeza|cerebro)|hidrocefal\w*|derivacion",), (_CABEZA, _VOMITA, _FIEBRE, _DECAIDO)
    ),
    "skills_lost": Known(
        (r"convuls\w*|epilep\w*|espasm\w*",),
        (
            r"(?:ya no|dejo de|se le olvid\w*|perdio)~(?:habl\w*|camin\w*|gate\w*|sent\w*|sonri\w*|palabras|lo que)",
            r"regresion",
        ),
    ),
    "infant_spasms": Known(
        _ANYBODY,
        (
            rf"(?:cabece\w*|cabeza~(?:cae|caen|tumba))~~{_SEGUIDO}|{_SEGUIDO}~~(?:cabece\w*|cabeza~(?:cae|caen))",
            rf"(?:brinc\w*|brinquit\w*|saltit\w*|sacud\w*|tirones|jalones)~~{_SEGUIDO}",
        ),
    ),
    "vision_or_balance": Known(
        _ANYBODY,
        (
            (
                r"ve\w* doble|vision (?:doble|borros\w*)|ve\w* borros\w*|"
                r"perdi\w*~(?:vista|vision|equilibrio)|no ve (?:bien|nada)|no ve~oj[oa]s?"
            ),
            r"camin\w*~(?:borrach\w*|chuec\w*|de lado|mare\w*)|sin equilibrio|se tambale\w*",
        ),
    ),
    "legs_weaken": Known(
        _ANYBODY,
        (
            r"piern\w*~(?:debil\w*|no~(?:respond\w*|muev\w*|fuerza)|sin fuerza|dormid\w*|paraliz\w*)",
            (
                r"(?<!todavia )(?<!aun )no (?:se )?(?:puede|podia|pudo|quiere) (?:ni )?"
                r"(?:caminar|apoyar|pisar|pararse|parar(?! de))(?!~(?:todavia|aun))"
            ),
            r"arrastr\w*~(?:pie|pierna)|no (?:puede|pudo) (?:levantar|mover|alzar)~piern\w*",
            r"dejo de caminar|ya no camina|no~sient\w*~piern\w*|(?:duerm\w*|dobl\w*|venc\w*)~piern\w*~~cae\w*",
            r"(?:debil\w*|fuerza)~piern\w*|no~(?:aguant\w*|control\w*)~(?:orin\w*|pipi|popo)",
        ),
    ),
    "sudden_weakness": Known(
        _ANYBODY,
        (
            r"habl\w* (?:raro|enredad\w*|chistos\w*|mal)~(?:repente|hoy|ayer|desde)|pupila\w*~grande",
            r"(?:repente|hoy|desde)~no puede hablar|no puede hablar~(?:repente|hoy|desde)",
            r"no (?:puede|pudo) (?:levantar|mover|alzar)~(?:brazo|mano)|(?:boca|cara) de lado",
            r"cara~(?:caid\w*|chuec\w*|torcid\w*|colg\w*)|boca~(?:chuec\w*|torcid\w*)|derrame|embolia",
            (
                r"(?:brazo|mano|lado)~(?:debil\w*|sin fuerza|dormid\w*|paraliz\w*|"
                r"no~(?:muev|levant|alz)\w*)|no~m(?:uev|ov)\w*~(?:brazo|mano|lado)|arrastra las palabras"
            ),
        ),
    ),
    "eczema_sores": Known(
        (r"ec?zema\w*|eccema\w*|dermatitis|atopic\w*",),
        (
            r"(?:llag\w*|ulcer\w*|ampoll\w*|hoyit\w*)~(?:redond\w*|duel\w*|dolor\w*)|herpe\w*|fuegos?",
            rf"(?:llag\w*|ampoll\w*|ulcer\w*)~~(?:{_FIEBRE})|(?:{_FIEBRE})~~(?:llag\w*|ampoll\w*|ulcer\w*)",
        ),
    ),
    "blisters_or_raw_skin": Known(
        _ANYBODY,
        (
            r"(?:ampoll\w*|ampuy\w*)~~(?:todo el cuerpo|por todo|todas partes|revent\w*|cara|boca|much\w*)",
            r"(?:much\w*|llen\w*|grand\w*|cubiert\w*)~(?:ampoll\w*|ampuy\w*)",
            r"piel~~(?:cae\w*|cayendo|desprend\w*|quemad\w*)|carne viva|(?:cae|cayendo|desprend\w*)~piel",
            rf"piel{_PUNTAS}~~(?:pela\w*|levanta\w*){_PUNTAS}|(?:pela\w*|levanta\w*)~piel{_PUNTAS}",
            rf"despellej\w*{_PUNTAS}",
            r"roj\w*~~(?:todo el cuerpo|todas partes|pies a cabeza)|(?:todo el cuerpo|pies a cabeza)~roj\w*",
        ),
    ),
    "fast_spreading_skin": Known(
        _ANYBODY,
        (
            (
                r"(?:extend\w*|extiend\w*|expand\w*|crec\w*|avanz\w*|propag\w*|rieg\w*|regando)~~"
                r"(?:rapid\w*|en horas|cada hora|de un dia para otro|desde anoche|desde esta manana)"
            ),
            r"rapid\w*~(?:extend\w*|extiend\w*|crec\w*|avanz\w*|propag\w*)",
            rf"{_PARTE}~{_PONE}~{_OSCURA}{_LENTO}|{_PONE}~{_OSCURA}{_LENTO}~{_PARTE}",
            r"(?:linea|raya|franja)s? roj\w*~(?:sub\w*|brazo|pierna)|celulitis|bacteria~(?:come|piel)|necroti\w*",
        ),
    ),
    "kawasaki_signs": Known(
        (
            rf"(?:{_FIEBRE})~~{_CINCO} dias|{_CINCO} dias~~(?:{_FIEBRE})|kawasaki",
            rf"(?:{_FIEBRE})~~{_SEMANA}|{_SEMANA}~~(?:{_FIEBRE})|(?:{_FIEBRE}) por semanas",
        ),
        (
            r"(?:ojos?|ojit\w*|labios?|lengua|boca)~(?:roj\w*|irritad\w*|partid\w*|agrietad\w*|hinchad\w*)|lengua~fresa",
            r"roj\w*~(?:ojos?|ojit\w*|labios?|lengua|manos|pies)|sarpullid\w*|salpullid\w*|ronch\w*|erupcion|manch\w*",
        ),
    ),
    "adrenal_illness": Known(
        (
            (
                r"suprarrenal\w*|adrenal\w*|addison|(?:esteroid\w*|cortisona|"
                r"hidrocortisona)~(?:diari\w*|cada dia|todos los dias)"
            ),
            r"hipertiroid\w*|graves|tiroid\w*~(?:de mas|acelerad\w*|hiperactiv\w*)",
        ),
        (_VOMITA, _FIEBRE, _DECAIDO, _DESMAYA),
    ),
    "heart_illness": Known(
        (
            (
                r"(?:problema\w*|enfermedad|defecto|operacion|operad\w*|"
                r"mal)~(?:del|de|en el) corazon|cardiopat\w*|miocardiopat\w*"
            ),
            r"kawasaki|marcapasos|arritmi\w*|soplo grande",
        ),
        (_DESMAYA, _FIEBRE, _PECHO, r"(?:pon\w*|piel|labios)~(?:azul\w*|morad\w*)"),
    ),
    "heart_rate": Known(
        _ANYBODY,
        (
            (
                r"(?:corazon|pulso|latid\w*)~(?:1[89]\d|2\d\d)|corazon~(?:acelerad\w*|"
                r"rapido|late)~~(?:descans\w*|acostad\w*|dormid\w*|no para|horas)"
            ),
            (
                r"(?:desfibrilador|marcapasos|aparato)~(?:descarg\w*|choque\w*|"
                r"toque\w*)|(?:descarg\w*|choque)~(?:desfibrilador|marcapasos|aparato)"
            ),
        ),
    ),
    "exertional_syncope": Known(
        _ANYBODY,
        (
            rf"{_DESMAYA}~~{_DEPORTE}|{_DEPORTE}~~{_DESMAYA}",
            rf"{_PECHO}~(?:cuando|al|mientras)~{_DEPORTE}|(?:cuando|al|mientras)~{_DEPORTE}~~{_PECHO}",
        ),
    ),
    "kidney_illness": Known(
        (
            r"(?:orin\w*|pipi)~(?:coca|cola|cafe|oscur\w*)",
            r"(?:popo\w*|caca|diarrea|excremento)~sangre|sangre~(?:popo\w*|caca|diarrea|excremento)",
        ),
        (
            r"hinch\w*|palid\w*|(?:orin\w*|pipi)~(?:coca|cola)",
            r"(?:duel\w*|dolor\w*)~muscul\w*|muscul\w*~duel\w*",
            r"(?:poc\w*|casi no|no)~(?:orin\w*|pipi)",
        ),
    ),
    "bowel_or_liver_illness": Known(
        (r"crohn|colitis|(?:enfermedad|enferm\w*|problema\w*|trasplante)~(?:higado|intestin\w*)|cirrosis|atresia",),
        (r"se ve~(?:mal|enferm\w*)", r"sangra\w*", _DECAIDO, _FIEBRE),
    ),
    "belly_waves": Known(
        (
            r"panz\w*|barrig\w*|estomag\w*|vientre|abdomen|colic\w*",
            rf"{_PIERNAS}~~{_A_RATOS}|{_A_RATOS}~~{_PIERNAS}",
        ),
        (
            r"(?:abajo|bajo)~derech\w*|lado derecho|apendic\w*",
            (
                r"va y viene~~(?:fuerza\w*|aguad\w*|decaid\w*)|(?:popo|"
                rf"caca)~(?:jalea|gelatina)|jalea~roj\w*|{_PIERNAS}"
            ),
        ),
    ),
    "diabetic_crisis": Known(
        (
            r"diabet\w*|mucha sed|tom\w* mucha agua|orin\w* (?:mucho|a cada rato)|mucha orina",
            r"azucar~(?:alt\w*|hi|[3-9]\d\d)|cetonas|insulina",
        ),
        (
            _VOMITA,
            _DECAIDO,
            r"respir\w*~(?:rapid\w*|hondo|profund\w*)|(?:boca|aliento)~frut\w*|baj\w* de peso|mucho sueno",
        ),
    ),
    "metabolic_illness": Known(
        (r"metabolic\w*|fenilcetonuri\w*|ciclo de la urea|jarabe de arce|galactosemi\w*|mitocondri\w*",),
        (
            _VOMITA,
            _FIEBRE,
            _DECAIDO,
            r"no~(?:com\w*|quiere comer)|(?:esta|se puso|se siente) (?:muy )?(?:enferm\w*|mal)",
        ),
    ),
    "hemoptysis": Known(_ANYBODY, (r"tos\w*~sangre|sangre~(?:al toser|tos\w*)",)),
    "sores_with_new_drug": Known(
        (
            (
                r"(?:medicin\w*|medicament\w*|antibiotic\w*|pastill\w*) nuev\w*|"
                r"nuev\w* (?:medicin\w*|medicament\w*|antibiotic\w*|pastill\w*)|"
                r"(?:empez\w*|desde)~(?:antibiotic\w*|amoxicilina|lamotrigina|medicin\w*|medicament\w*)"
            ),
        ),
        (
            r"(?:llag\w*|ampoll\w*|ulcer\w*)~(?:boca|labios|ojos|partes)|(?:boca|labios|ojos)~(?:llag\w*|ampoll\w*|ulcer\w*)",
        ),
    ),
    "baby_not_feeding": Known(
        _BEBE,
        (
            (
                r"no~(?:com\w*|mam\w*|tom\w*|quiere el pecho|agarra)|(?:com\w*|"
                r"mam\w*|tom\w*)~(?:sud\w*|gris|azul|aguad\w*|sin fuerza)"
            ),
            r"dejo de (?:comer|mamar|tomar)",
        ),
    ),
    "newborn_blisters": Known(
        (r"recien nacid\w*", r"(?:semanas?|dias) de nacid\w*", r"(?:bebe\w*|beba)~(?:dias|semanas?)"),
        (r"ampoll\w*|ampuy\w*|pus|vesicul\w*|herpe\w*|fuegos?",),
    ),
    "infant_jaundice": Known(
        _BEBE,
        (
            r"(?:popo|caca|heces|evacua\w*|excremento)~(?:blanc\w*|palid\w*|gris\w*|clarit\w*)",
            r"(?:blanc\w*|palid\w*)~(?:popo|caca|heces|evacua\w*)",
            r"(?:amarill\w*|icteri\w*)~~(?:piel|ojos?|ojit\w*)|(?:piel|ojos?|ojit\w*)~amarill\w*",
            r"(?:esta|sigue|se ve|se puso|color) (?:\w+ )?amarill\w*~~(?:todavia|semanas)",
            r"icteri\w*~~(?:todavia|semanas)",
            rf"(?:todavia|aun|sigue|semanas) {_NO_POPO}(?:amarill\w*|icteri\w*)",
        ),
    ),
    "few_wet_diapers": Known(
        _BEBE,
        (
            r"(?:poc\w*|solo|un|uno|dos|casi no|no)~moj\w*~panal\w*|moj\w*~(?:poc\w*|solo|un|dos)~panal\w*",
            r"(?:poc\w*|solo|un|dos|ningun\w*)~panal\w*~moj\w*|panal\w*~sec\w*|no~(?:recuper\w*|sub\w*)~peso",
        ),
    ),
    "young_infant_vomit": Known(
        _BEBE, (r"vomit\w*~(?:proyectil|chorro|lejos|dispar\w*|fuerza)|(?:chorro|proyectil)~vomit\w*",)
    ),
}
