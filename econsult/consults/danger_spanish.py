"""What people write of each sign of danger in Spanish: at home, in the country, in Mexico and in Central America.

They are patterns over words as these sound, which are written here as the dictionary has them: `fold` makes of both the
same, so that `combulcion`, `se callo` and `inchada` are found. A `~` stands for up to three words in between.
"""

from __future__ import annotations

from collections.abc import Mapping

_AIR = r"(?:respir\w*|rrespir\w*|aire|aliento|resoll\w*|resuell\w*|resuello|respirac\w*)"
_COLOR = r"(?:azul\w*|morad\w*|gris\w*|negr\w*|ceniz\w*)"
_SKIN = r"(?:labi\w*|car[ai]\w*|piel|boc[ai]\w*|boqui\w*|lengua|ded\w*|manos|manitas)"
_SWELLS = r"(?:hinch\w*|inflam\w*|grande|hinchadit\w*|cierr\w*|cerr\w*|bot\w*)"
_HEAD = r"(?:car[ai]\w*|labi\w*|lengua|garganta|oj[oi]\w*|boc[ai]\w*|boqui\w*)"
_VOMIT = r"(?:vom\w*|gom\w*|devuelv\w*|devolv\w*|arroj\w*|guacar\w*|basc\w*|escup\w*|deposi\w*|regres\w*)"
_STOOL = (
    r"(?:popo\w*|heces|cac[ai]\w*|diarre\w*|pañal\w*|panal\w*|bacinica|excremento|evacu\w*|obr\w*|del bano|"
    r"suci\w*|atras|recto|el ano|colita|zurr\w*)"
)
_TOOK = r"(?:trag\w*|tom\w*|comi\w*|com[eo]\w*|beb\w*|bebi\w*|agarr\w*|ingir\w*|chup\w*|lami\w*|meti\w*)"
_POISON = (
    r"(?:pila\w*|bateri\w*|iman\w*|veneno\w*|cloro|detergente\w*|gasolin\w*|moneda\w*|fabuloso|pinol\w*|"
    r"alcohol|marihuana|mota|droga\w*|hongo\w*|raid|insecticida|sosa|acido|tiner|thinner|quimico\w*|"
    r"suavitel|jabon|mercurio|petroleo|kerosen\w*)"
)
_DRUGS = r"(?:pastilla\w*|medicin\w*|jarabe|pildora\w*|medicament\w*|tableta\w*|capsula\w*|pastillero|remedio\w*)"
_SIENTE = (
    r"(?:esta|estaba|muy|bien|tan|super|mas|toda|como|una|se|le|la|me|siente\w*|pone|puso|ve|quedo|y|tiene|hinchad\w*|"
    r"inflamad\w*|grande)"
)
_BELLY = r"(?:panz\w*|barrig\w*|estomago|vientre|abdomen)"
_HARD = r"(?:dur[ao]|durit[ao]|tabla|piedra)"
_HARD_BELLY = (
    rf"{_BELLY} (?!y dur)(?:{_SIENTE} ){{1,5}}(?<!le ){_HARD}|"
    rf"(?<!de )(?<!del )(?<!de la )(?<!en el )(?<!en la ){_BELLY} {_HARD}"
)
"""Not a pain of it that lasts: "dolor de panza que dura", "le dura", "y dura dos horas"."""
_SORBO = r"(?:semill\w*|poc\w*|poqui\w*|sorb\w*|trag\w*|buch\w*|bocad\w*|cuchara\w*)"
_COSA = (
    r"(?:tornill\w*|clav(?:o|os|it\w*)|tuercas?|alfiler\w*|aguja\w*|grapa\w*|aret\w*|anill\w*|dije\w*|cadenit\w*|canic\w*|"
    r"cuentit\w*|chaquira\w*|vidrio\w*|metal\w*|plastico\w*|llav(?:e|es|ecit\w*)|boton\w*|juguet\w*|piedr\w*|globo\w*)"
)
_HURTS = (
    r"(?:peg\w*|golpe\w*|maltrat\w*|amenaz\w*|lastim\w*|abus\w*|viol\w*|ahorc\w*|avient\w*|avent\w*|"
    r"jal\w*|pate\w*|cachete\w*|empuj\w*|estruj\w*|quem\w*|toc[oa]\w*|insult\w*|agred\w*)"
)
_CHILD = r"(?:bebe\w*|bebit\w*|nen[eai]\w*|niñ[oa]\w*|criatura|hij[oa]\w*|niet\w*|sobrin\w*|herman\w*|recien nacid[oa])"
_MAN = (
    r"(?:espos\w*|marido|pareja|viejo|novi\w*|padrastr\w*|papa\w*|padre|mama|madre|madrastra|ti[oa]|primo|"
    r"abuelo|señor|senor|hombre|vecino|ex|hermano|suegr\w*|cuñado|cunado|el|ella|ellos)"
)

PATTERNS: Mapping[str, tuple[str, ...]] = {
    "breathing": (
        (
            rf"(?:no|apenas|mal|cuesta\w*|dificult\w*|dificil|trabajo|puede|rapido|falta\w*|batall\w*|dej\w*|sin|"
            rf"alcanz\w*|luch\w*|jal\w*|va|problemas?|puja\w*|como si|quej\w*)~{_AIR}"
        ),
        rf"{_AIR}~(?:mal|feo|rapid\w*|dificult\w*|dificil|agitad\w*|trabajo|raro|hondo|cort\w*|fuerte|ruido)",
        r"(?:se|me|est[ao]\w*|sient\w*)~ahog\w*",
        r"ahog\w+|asfix\w*",
        r"(?:se|me)~(?:atragant\w*|ator\w*)|atragant\w*",
        rf"{_SKIN}~{_COLOR}",
        rf"{_COLOR}~(?:{_SKIN}|alrededor)",
        rf"(?:las|sus) uñas {_COLOR}",
        r"respir\w* como",
        rf"(?:esta\w*|pus\w*|pone\w*|poni\w*|quedo|vuelve|volvio|ve) (?:\w+ )?{_COLOR}",
        r"(?:hund\w*|sum\w*|met\w*|jal\w*)~(?:pecho|pechito|costill\w*|estomago|panza|cuello)",
        r"(?:pecho|costill\w*|pechito)~(?:hund\w*|sum\w*|met\w*|cierra\w*|apret\w*)",
        r"(?:silb\w*|chifl\w*|hierv\w*|ronc\w*|pitid\w*)~pech\w*|pecho~(?:silb\w*|chifl\w*|hierv\w*|pita)",
        r"(?:cierra\w*|cerr\w*)~pecho",
        r"agitac\w*|agitad\w*|sofoc\w*|fatigad\w*",
        r"apnea\w*|alete\w*~nari\w*|nari\w*~alete\w*",
        r"no~habl\w* (?:bien )?(?:de|por|con) (?:\w+ ){0,2}(?:tos|aire|ahog\w*)",
    ),
    "unresponsive": (
        r"no~(?:manten\w*|abre|abrir)~ojos",
        r"(?:no|cuesta|dificil|imposible|nunca|sin)~~despert\w*|(?:no|ni)~despiert\w*",
        r"(?:no|ni) (?:\w+ )?(?:reaccion\w*|respond\w*|contest\w*|mueve|movia|movi[oa])",
        r"(?:no|ni)~(?:abr\w*|habr\w*)~oj\w*",
        r"inconci?s?ient\w*|inconscient\w*",
        r"desma[yl]l?\w*|desmall\w*|desvanec\w*|desvanes\w*",
        r"(?:perdi\w*|pierde|sin)~(?:conocimiento|sentido|conciencia|consciencia)",
        r"fl?ojit\w*|fl[ao]cid\w*|aguad\w*|guang\w*|desguanz\w*|desguans\w*|decaid\w*|trapo|trapito|muneco",
        r"(?:esta|anda|quedo|como) (?:\w+ )?(?:ido|ida|privad\w*)|se (?:me )?priv\w*|privad\w*",
        r"no~(?:reconoce|conoce|sabe~(?:donde|quien))",
        r"desorientad\w*|confundid\w*|confus\w*|delir\w*|desvari\w*|incoherenc\w*|cosas sin sentido",
        r"letarg\w*|aletargad\w*|adormilad\w*|muy dormid\w*|como muert\w*",
    ),
    "seizure": (
        r"convul\w*",
        r"ataque\w*",
        r"epilep\w*|epile\w*",
        (
            r"(?:temblo\w*|tiembl\w*|tembl\w*|sacud\w*)~~(?:todo|toda|cuerpo|brazo\w*|piern\w*|contesta|calentura|"
            r"fiebre)"
        ),
        r"(?:todo|toda|cuerpo|ties\w*|dur[oa])~~(?:tembl\w*|tiembl\w*|sacud\w*)",
        r"temblorina|tembladera|espuma|espumarajo\w*|espasm\w*",
        r"(?:volte\w*|fueron|van|blanco|atras|torc\w*|tuerc\w*)~oj\w*",
        r"oj\w*~(?:blanco|atras|volte\w*|torc\w*|volteados|arriba)",
        r"(?:torcio|tuerce|chuec\w*)~boca",
        r"(?:brinc\w*)~(?:brazo|pierna|cuerpo|solo)",
        r"(?:cabeza~caen?|caen?~cabeza)~~(?:una y otra vez|muchas veces|a cada rato|seguid\w*|sin parar)",
        r"(?:se )?(?:pus\w*|qued\w*|pone) (?:\w+ )?(?:ties\w*|engarrotad\w*|engarrut\w*)",
    ),
    "non_blanching_rash": (
        (
            r"(?:manch\w*|punt\w*|ronch\w*|pint\w*|granit\w*)~~no~(?:quit\w*|borr\w*|desaparec\w*|blanc\w*|va|van|"
            r"desvanec\w*)"
        ),
        r"no~(?:blanc\w*|borr\w*)~vaso",
        r"(?:manch\w*|punt\w*|ronch\w*|pint\w*)~(?:morad\w*|negras|sangre)",
        r"(?:morad\w*)~(?:manch\w*|punt\w*|ronch\w*)",
        r"moret\w*|cardenales|hematoma\w*",
        r"(?:sali\w*|salen|tiene|aparec\w*)~morados",
        r"petequi\w*|purpura|sangre~debajo~piel",
    ),
    "anaphylaxis": (
        rf"(?:hinch\w*|inflam\w*|cierr\w*|cerr\w*|cerrando)~~{_HEAD}",
        rf"{_HEAD}~~{_SWELLS}",
        r"anafil\w*|(?:en|de|un|el|hizo|entro) (?:\w+ )?shock",
        r"(?:reaccion\w*|alergi\w*)~(?:alergic\w*|fuerte\w*|grave\w*|hinch\w*)",
        r"ronch\w*~~(?:vomit\w*|hinch\w*|todo el cuerpo)",
        r"epinefrina|adrenalina|epipen",
        r"(?:se|le)~hinch[oa]\w*",
    ),
    "stiff_neck": (
        r"(?:cuello|nuca|pescuezo)~~(?:ties\w*|rigid\w*|dur\w*|trabad\w*)",
        r"(?:rigid\w*|ties\w*)~(?:cuello|nuca|pescuezo)",
        (
            r"no~(?:dobl\w*|mov\w*|muev\w*|baj\w*|toc\w*|volte\w*|gir\w*|agach\w*)~(?:cuello|cabeza|pecho|nuca|"
            r"barbilla|pescuezo)"
        ),
        r"duele\w*~(?:cuello|nuca|pescuezo)",
        r"(?:mollera|moller\w*)~(?:hinch\w*|salt\w*|inflam\w*|abult\w*|bot\w*|alta|dur\w*|levant\w*)",
        r"(?:hinch\w*|salt\w*|inflam\w*|abult\w*|boto)~moller\w*",
        r"rigidez|torticolis|meningitis",
    ),
    "bilious_or_bloody_vomit": (
        rf"{_VOMIT}~~(?:sangre|verd\w*|bilis|cafe|negr\w*|poso\w*)",
        rf"sangre~~(?:{_STOOL}|{_VOMIT})",
        rf"{_STOOL}~~(?:sangre|jalea|chapopote)",
        r"(?:popo\w*|heces|cac[ai]\w*|excremento|evacu\w*)~(?:negr\w*|blanc\w*)",
        r"(?:tos\w*|escup\w*|saca|sale|ech\w*)~sangre",
        r"jalea roja|hace~sangre",
    ),
    "dehydration": (
        (
            r"no~~(?:orin\w*|pipi\w*|pis|pipí|chis|chichi|miado|mea|mear|meado|mia|hecho del uno|hace del uno|"
            r"haser del uno)"
        ),
        r"no~moj\w*",
        r"pañal\w*~sec\w*|panal\w*~sec\w*|sec\w*~(?:pañal|panal)\w*",
        r"no~(?:retiene|retener|aguanta nada|detiene)",
        r"todo~(?:vomit\w*|gomit\w*|devuelv\w*|arroj\w*|regres\w*)",
        r"(?:vomit\w*|gomit\w*|devuelv\w*|arroj\w*)~(?:todo|hasta)",
        r"no~(?:tom\w*|beb\w*|chup\w*|mam\w*|agarra)~(?:nada|agua|pecho|leche|mamila|biberon|liquidos|suero)",
        r"no~quiere~(?:tomar|beber|mamar|agua|pecho)",
        r"no (?:\w+ )?beber",
        r"(?:sin|no)~lagrim\w*",
        r"oj\w*~(?:hund\w*|sumid\w*)|(?:hund\w*|sumid\w*)~oj\w*",
        r"moller\w*~(?:hund\w*|sumid\w*|caid\w*|cay\w*)|(?:cay\w*|hund\w*|sum\w*)~moller\w*",
        r"desh?idrat\w*",
        r"boca~(?:muy )?sec\w*",
    ),
    "severe_pain": (
        (
            r"dolor\w*~(?:fuert\w*|insoport\w*|terrible\w*|intens\w*|horribl\w*|feo\w*|agud\w*|repente|grand\w*|"
            r"espant\w*|tremend\w*)"
        ),
        r"(?:mucho|peor|fuert\w*|bastante|gran|terrible|much[oi]simo)~(?:dolor\w*)",
        r"(?:grit\w*|llor\w*|retuerc\w*|dobl\w*|revuelc\w*|tira)~dolor\w*",
        r"no~(?:aguant\w*|soport\w*)~dolor\w*|dolor\w*~no~(?:aguant\w*|soport\w*|quit\w*)",
        r"duel\w*~(?:mucho|much[oi]simo|bastante|tanto|feo|monton|demasiado|fuerte|muy|horrible|bien|re)",
        r"(?:testicul\w*|huevit\w*|huev\w*|bolit\w*|compañon\w*|ingle)~~(?:duel\w*|dol\w*|hinch\w*|inflam\w*)",
        r"(?:duel\w*|dol\w*|hinch\w*)~~(?:testicul\w*|huevit\w*|huevo\w*|bolitas)",
        rf"colico\w*~(?:fuert\w*|no~quit\w*)|{_HARD_BELLY}",
        r"cabeza~(?:va a|quiere) (?:explot\w*|revent\w*|estall\w*)",
    ),
    "injury": (
        r"(?:golp\w*|peg\w*|dio|chipote|chichon|abri\w*|romp\w*|estrell\w*|raj\w*|parti\w*)~~(?:cabe\w*|ceja|frente)",
        (
            r"(?:dio|di\w*|peg\w*|llev\w*) (?:un |una )?(?:\w+ )?(?:golp\w*|porrazo|trancazo|chingadazo|madrazo|"
            r"santo golpe)"
        ),
        r"golp[eoa]\w*~(?:fuerte|feo|duro|cara|nuca|espalda|oreja)",
        r"se~(?:cay\w*|call[oó])",
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
        r"(?:cay\w*|ech\w*|tir\w*|derram\w*|volte\w*)~~(?:hirviendo|caliente|hirvient\w*)",
        r"no~(?:dej\w*|par\w*|quit\w*|detien\w*)~sangr\w*",
        r"(?:mucha|harta|bastante|chorro\w*)~sangre",
        r"sangra\w*~(?:mucho|bastante|para|demasiado)",
        (
            r"(?:quebr\w*|fractur\w*|romp\w*|zafo|zaf\w*|disloc\w*|descompus\w*)~(?:brazo\w*|pierna|hueso|mano|"
            r"dedo|pie|clavicula|muñeca|tobillo|muneca|nariz|brazito)"
        ),
        r"hueso~(?:ve|sale|salido|afuera|fuera)|ve~hueso",
        r"(?:dio|agarr\w*|peg\w*) (?:la )?(?:corriente|toques|electric\w*|luz)|electrocut\w*",
        r"descalabr\w*|chipote",
        r"(?:machuc\w*|aplast\w*|prens\w*|magull\w*)~(?:dedo\w*|mano|pie|brazo)",
        r"balaz\w*|apuñal\w*|apunal\w*|machetaz\w*",
    ),
    "poisoning": (
        rf"{_TOOK}~~{_POISON}",
        rf"(?:trag\w*|tomo(?! \w+ (?:dias?|semanas?))|comi\w*|bebi\w*|agarr\w*|ingir\w*|metio)~~{_DRUGS}",
        rf"{_DRUGS}~~(?:comi\w*|trag\w*)",
        rf"(?:demas|doble|de mas|equivoc\w*|otra|much\w*)~{_DRUGS}",
        rf"{_DRUGS}~(?:demas|de mas|doble|equivocad\w*|completo|entero)",
        r"veneno\w*|envenen\w*|enbenen\w*|sobredosis|sobre dosis|intoxic\w*",
        rf"(?:tom\w*|trag\w*|comi\w*) (?:[1-9]\d|[5-9]) (?!m[lg]|dias?|semanas?)(?:{_DRUGS}|tylenol|ibuprofeno|advil)",
        rf"trag[oó] (?:algo|una?\b(?! {_SORBO}\b))|trag(?:o|ue|ad[oa]|aron|arse)~{_COSA}",
        r"monoxido|fum[oó]~(?:algo|mota|marihuana)",
    ),
    "self_harm": (
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
        r"auto ?les\w*",
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
        r"(?:tengo|tiene|tenemos|da) (?:mucho )?miedo",
        r"le (?:tengo|tenemos|tiene)~miedo",
        r"no~(?:segur\w*|a salvo|salvo)~(?:casa|aqui|el)?",
        r"no~(?:estoy|estamos|esta|siento|sentimos|siente)~(?:a salvo|segur\w*)",
        r"(?:padrastro|ti[oa]|primo|abuelo|señor|senor|vecino|hermano|papa|hombre|alguien|maestro)~toc[oóa]\w*",
        r"tocar\w*~(?:partes|cuerpo)",
        r"toc[oóa]\w*~(?:partes|cuerpo)",
        r"abus\w*|maltrat\w*|amenaz\w*|viol[oóa]\b|violaron|violad\w*|violar\w*|violacion|violen\w*",
        r"(?:cinturonazo\w*|cintarazo\w*|golpiza\w*|paliza\w*|cachetada\w*|chinga|nalgada\w*)",
        r"(?:no|ni)~deja~(?:salir|ir)|encerrad\w*~(?:casa|cuarto)|nos corre\b|corrio de la casa",
        r"(?:pistola|arma|cuchillo|machete)",
        r"alguien~(?:ha[cs]e~dano|lastim\w*|peg\w*|golpe\w*|toc\w*|abus\w*)",
        r"quiso (?:ahorcar|matar|pegar)",
    ),
}  # fmt: skip

_COUNT = r"(?:un|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|\d{1,2})"
_FEW = r"(?:[1-3]|un|una|dos|tres)"
_BABY = r"(?:bebe\w*|bebit\w*|nen[eai]\w*|niñ\w*|nin[oa]\w*|criatura|hij[oa]|chiquit\w*|bb)"
NEWBORN = (
    r"recien nacid\w*",
    r"tierni\w*|bebe tiern\w*|ninito tierno",
    rf"{_BABY}~de (?:{_COUNT} (?:dias|semanas|semanitas)|{_FEW} mes\w*|mes y medio)",
    rf"(?:{_COUNT} (?:dias|semanas)|{_FEW} mes\w*) de (?:nacid\w*|edad)",
    r"nacio hace~(?:dias|semanas)|nacio hace (?:un|dos|2|1) mes\w*",
    rf"{_FEW} mesecit\w*",
)
"""Ages below three months, or about it, that cannot be the time since something began."""
NEWBORN_MAYBE = (
    rf"(?:de|tiene|con) (?:{_COUNT} (?:dias|semanas)|{_FEW} mes\w*|mes y medio)",
    rf"{_FEW} mes\w*",
)
"""What may be an age as well as a time: it counts for a child who may be so young."""
FEVER = (
    r"fiebr\w*",
    r"calentur\w*",
    r"temperatur\w*",
    r"calient\w*",
    r"hirviendo|ardiendo|arde",
    r"38|39|4[01]|10[0-5]",
)  # fmt: skip
