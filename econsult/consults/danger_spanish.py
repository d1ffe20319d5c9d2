"""What people write of each sign of danger in Spanish: at home, in the country, in Mexico and in Central America.

They are patterns over words as these sound, which are written here as the dictionary has them: `fold` makes of both the
same, so that `combulcion`, `se callo` and `inchada` are found. A `~` stands for up to three words in between.
"""

from __future__ import annotations

from collections.abc import Mapping

from econsult.consults.danger_harm_spanish import HARM

_AIR = r"(?:respir\w*|rrespir\w*|aire|aigre|aliento|resoll\w*|resuell\w*|resuello|respirac\w*)"
_COLOR = r"(?:azul\w*|morad\w*|gris\w*|negr\w*|ceniz\w*)"
_SKIN = r"(?:labi\w*|car[ai]\w*|piel|boc[ai]\w*|boqui\w*|lengua|ded\w*|manos|manitas)"
_SWELLS = r"(?:hinch\w*|inflam\w*|grande|hinchadit\w*|cierr\w*|cerr\w*|bot\w*)"
_HEAD = r"(?:car[ai]\w*|labi\w*|lengua|garganta|oj[oi]\w*|boc[ai]\w*|boqui\w*)"
_VOMIT = r"(?:vom\w*|gom\w*|devuelv\w*|devolv\w*|arroj\w*|guacar\w*|basc\w*|escup\w*|deposi\w*|regres\w*)"
_STOOL = (
    r"(?:popo\w*|heces|cac[ai]\w*|diarre\w*|pañal\w*|panal\w*|bacinica|excremento|evacu\w*|obr\w*|del bano|"
    r"suci\w*|atras|recto|el ano|colita|zurr\w*)"
)
_SIENTE = (
    r"(?:esta|estaba|muy|bien|tan|super|mas|toda|como|una|se|le|la|me|siente\w*|pone|puso|ve|quedo|y|tiene|hinchad\w*|"
    r"inflamad\w*|inflad\w*|grande)"
)
_BELLY = r"(?:panz\w*|barrig\w*|estomago|vientre|abdomen)"
_HARD = r"(?:dur[ao]|durit[ao]|tabla|piedra)"
_HARD_BELLY = (
    rf"{_BELLY} (?!y dur)(?:{_SIENTE} ){{1,5}}(?<!le ){_HARD}|"
    rf"(?<!de )(?<!del )(?<!de la )(?<!en el )(?<!en la ){_BELLY} {_HARD}"
)
"""Not a pain of it that lasts: "dolor de panza que dura", "le dura", "y dura dos horas"."""
_PANTALLA = (
    r"(?! (?:(?:la|el|los|las|su|un|una|sus) )?(?:tele\w*|tablet\w*|celular\w*|telefono\w*|caricatur\w*|video\w*|"
    r"pantalla\w*|pelicula\w*|monito\w*|libro\w*))"
)
"""What a child looks at that is busy and not absent."""

_ILLNESS: Mapping[str, tuple[str, ...]] = {
    "breathing": (
        (
            rf"(?:no|apenas|mal|cuesta\w*|dificult\w*|dificil|trabajo|puede|rapido|falta\w*|batall\w*|dej\w*|sin|"
            rf"alcanz\w*|luch\w*|jal\w*|va|problemas?|puja\w*|como si|quej\w*)~{_AIR}"
        ),
        rf"{_AIR}~(?:mal|feo|rapid\w*|dificult\w*|dificil|agitad\w*|trabajo|raro|hondo|cort\w*|fuerte|ruido)",
        r"(?:se|me|est[ao]\w*|sient\w*)~ahog\w*",
        r"ahog\w+|asfix\w*|(?:se|me) (?:esta |estaba )?oga\w*",
        r"(?:se|me)~(?:atragant\w*|ator\w*)|atragant\w*",
        rf"{_SKIN}~{_COLOR}",
        rf"{_COLOR}~(?:{_SKIN}|alrededor)",
        rf"ded\w*~~como (?:una? )?(?:uvas?|moras?)|uñ(?:as|itas)~{_COLOR}|jade(?:a|o|ando|aba)",
        r"respir\w* como",
        (
            r"(?:esta|anda|puso|manos|pies) (?:\w+ )?(?:helad[oa]s?|palid[oa]|"
            r"fri[oa]s?)~(?:palid[oa]|sudand\w*|sudoros\w*|fri[oa])"
        ),
        r"sud(?:ando|or\w*) (?:frio|helado)|(?:como|de) marmol|marmolead\w*|jaspead\w*",
        rf"(?:esta\w*|pus\w*|pone\w*|poni\w*|quedo|vuelve|volvio|ve) (?:\w+ )?{_COLOR}",
        r"(?:hund\w*|sum\w*|met\w*|jal\w*)~(?:pecho|pechito|costill\w*|estomago|panza|cuello)",
        r"(?:hund\w*|sum\w*|met\w*|jal\w*)~~costill\w*",
        r"(?:pecho|costill\w*|pechito)~(?:hund\w*|sum\w*|met\w*|cierra\w*|apret\w*)",
        r"(?:silb\w*|chifl\w*|hierv\w*|ronc\w*|pitid\w*)~pech\w*|pecho~(?:silb\w*|chifl\w*|hierv\w*|pita)",
        r"(?:cierra\w*|cerr\w*)~pecho",
        r"respir\w*~~nada~~respir\w*|labi\w*~cambi\w*~color|cambi\w*~color~labi\w*",
        rf"{_AIR}~~(?:quejid\w*|gemid\w*|pujid\w*)",
        r"agitac\w*|agitad\w*|sofoc\w*|fatigad\w*",
        r"apnea\w*|(?:alete|abr)\w*~nari\w*|nari\w*~(?:alete|abr)\w*",
        r"no~habl\w* (?:bien )?(?:de|por|con) (?:\w+ ){0,2}(?:tos|aire|ahog\w*)",
        r"no (?:puede|pudo|podia) ni (?:hablar|llorar|comer)|apenas (?:puede |pudo )?(?:habl|llor)\w*",
    ),
    "unresponsive": (
        r"no~(?:manten\w*|abre|abrir)~ojos",
        r"(?:no|cuesta|dificil|imposible|nunca|sin)~~despert\w*|(?:no|ni)~despiert\w*",
        r"(?:no|ni) (?:\w+ )?(?:reaccion\w*|respond\w*|contest\w*|mueve|movia|movi[oa])",
        r"(?:no|ni|apenas)~(?:abr\w*|habr\w*)~oj\w*",
        r"(?:ni|sin|no tiene) fuerzas?~(?:llorar|mamar|chupar|comer)|no~volver~(?:en si)?|se (?:me )?fue de lado",
        r"inconci?s?ient\w*|inconscient\w*",
        r"desma[yl]l?\w*|desmall\w*|desvanec\w*|desvanes\w*",
        r"(?:perdi\w*|pierde|sin)~(?:conocimiento|sentido|conciencia|consciencia)",
        r"fl?ojit\w*|fl[ao]cid\w*|aguad\w*|guang\w*|desguanz\w*|desguans\w*|decaid\w*|trapo|trapito|muneco",
        r"(?:esta|anda|qued[oa]|como) (?:\w+ )?(?:ido|ida|privad\w*)|se (?:me )?priv\w*|privad\w*",
        r"no~(?:reconoce|conoce|sabe~(?:donde|quien))",
        r"desorientad\w*|confundid\w*|confus\w*|delir\w*|desvari\w*|incoherenc\w*|cosas sin sentido",
        r"mirada (?:perdida|ida)|oj\w* perdidos",
        rf"qued\w*~(?:viendo|mirando){_PANTALLA}~~(?:no~(?:caso|contest\w*)|babea\w*)|sacud\w*~~qued\w*~floj[oa]",
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
        r"(?:brazo|pierna|pie|mano)~brinc\w*~sol\w*|(?:quijada|mandibula|dientes)~~baba\w*",
        r"sacudidas?~minutos|cae~lado de la (?:boca|cara)",
        r"temblorina|tembladera|espuma|espumarajo\w*|espasm\w*",
        r"(?:volte\w*|fueron|van|blanco|atras|torc\w*|tuerc\w*)~oj\w*",
        r"oj\w*~(?:blanco|atras|volte\w*|torc\w*|volteados|arriba)",
        r"(?:torcio|tuerce|chuec\w*)~boca|mord\w*~lengua~~(?:sacud|tembl|tiembl)\w*|(?:sacud|tembl)\w*~~lengua",
        r"(?:brinc\w*)~(?:brazo|pierna|cuerpo|solo|lado (?:derech|izquierd)\w*|mitad)",
        r"(?:cabeza~caen?|caen?~cabeza)~~(?:una y otra vez|muchas veces|a cada rato|seguid\w*|sin parar)",
        r"cabece\w*~~(?:una y otra vez|muchas veces|a cada rato|seguid\w*|sin parar)",
        r"(?:se )?(?:pus\w*|qued\w*|pone) (?:\w+ )?(?:ties\w*|engarrotad\w*|engarrut\w*)",
    ),
    "non_blanching_rash": (
        (
            r"(?:manch\w*|punt\w*|ronch\w*|pint\w*|granit\w*)~~no~(?:quit\w*|borr\w*|desaparec\w*|blanc\w*|va|van|"
            r"desvanec\w*)"
        ),
        r"no~(?:blanc\w*|borr\w*)~vaso|(?:vaso|vidrio)~~no~(?:blanc\w*|borr\w*|quit\w*|desaparec\w*|van?)",
        r"(?:manch\w*|punt\w*|ronch\w*|pint\w*)~(?:morad\w*|negras|sangre)",
        r"(?:morad\w*)~(?:manch\w*|punt\w*|ronch\w*)",
        r"moret\w*|cardenales|hematoma\w*",
        r"(?:sali\w*|salen|tiene|aparec\w*)~morados",
        r"(?:sarpullid\w*|salpullid\w*|ronch\w*|punt\w*)~~(?:salpicad\w*|tinta|pluma roja)",
        r"petequi\w*|purpura|sangre~debajo~piel",
    ),
    "anaphylaxis": (
        rf"(?:hinch\w*|infl[ao]\w*(?! (?:los|sus) cachetes)|cierr\w*|cerr\w*|cerrando)~~{_HEAD}",
        rf"{_HEAD}~~{_SWELLS}",
        r"(?:abeja|avispa|cacahuate\w*|mani|nuez|nueces|camaron\w*|marisco\w*) (?:\w+ ){0,9}garganta",
        r"anafil\w*|(?:en|de|un|el|hizo|entro) (?:\w+ )?shock",
        r"(?:reaccion\w*|alergi\w*)~(?:alergic\w*|fuerte\w*|grave\w*|hinch\w*)",
        r"ronch\w*~~(?:vomit\w*|hinch\w*|todo el cuerpo)|ronch\w* (?:\w+ ){0,10}(?:voz|ronc[oa])",
        r"(?:labi\w*|lengua|cara|boca|oj\w*)~al doble",
        r"(?:gord\w*|grues\w*)~(?:lengua|labi\w*|garganta)|(?:lengua|labi\w*|garganta)~(?:gord\w*|grues\w*)",
        r"epinefrina|adrenalina|epipen",
        r"(?:se|le)~hinch[oa]\w*",
    ),
    "stiff_neck": (
        r"(?:cuello|nuca|pescuezo)~~(?:ties\w*|rigid\w*|dur\w*|trabad\w*)",
        r"(?:rigid\w*|ties\w*)~(?:cuello|nuca|pescuezo)",
        (
            r"no~(?:dobl\w*|mov\w*|muev\w*|baj\w*|toc\w*|volte\w*|gir\w*|agach\w*|peg\w*|junt\w*)~(?:cuello|"
            r"cabeza|pecho|nuca|barb(?:a|illa)|pescuezo)"
        ),
        r"duele\w*~(?:cuello|nuca|pescuezo)",
        r"(?:mollera|moller\w*)~(?:hinch\w*|salt\w*|inflam\w*|abult\w*|bot\w*|alta|dur\w*|levant\w*)",
        r"(?:hinch\w*|salt\w*|inflam\w*|abult\w*|boto)~moller\w*",
        r"(?:llor|grit)\w*~(?:muev|mov|volte|dobl)\w*~(?:cuello|cabeza)",
        r"(?:inflad\w*|hinchad\w*|abultad\w*|botad\w*)~~arriba~cabe\w*|arriba~cabe\w*~(?:inflad|hinchad|abultad)\w*",
        r"rigidez|torticolis|meningitis",
    ),
    "bilious_or_bloody_vomit": (
        rf"{_VOMIT}~~(?:sangre|verd\w*|bilis|cafe|negr\w*|poso\w*)",
        rf"{_VOMIT}~(?:parece|como|color)~(?:pasto|zacate|espinaca\w*|cesped|aguacate)",
        rf"sangre~~(?:{_STOOL}|{_VOMIT})",
        rf"{_STOOL}~~(?:sangre|jalea|gelatina|mermelada|grosella|chapopote)",
        r"(?:popo\w*|heces|cac[ai]\w*|excremento|evacu\w*)~(?:negr\w*|blanc\w*)",
        r"(?:tos\w*|escup\w*|saca|sale|ech\w*)~sangre",
        r"(?:hace|hizo|haciendo)~(?:mermelada|frambuesa\w*|grosella\w*)",
        r"(?:jalea|gelatina) roja|hace~sangre|coagulos",
    ),
    "dehydration": (
        (
            r"no~~(?:orin\w*|pipi\w*|pis|pipí|chis|chichi|miado|mea|mear|meado|mia|hecho del uno|hace del uno|"
            r"haser del uno)"
        ),
        r"no~moj\w*",
        r"pañal\w*~sec\w*|panal\w*~sec\w*|sec\w*~(?:pañal|panal)\w*",
        r"no (?:\w+ )?(?:guarda|queda|para)~estomago|ni~~(?:guarda|queda|para)~estomago",
        r"no~(?:retiene|retener|aguanta nada|detiene)",
        r"todo lo que~~(?:vomit\w*|gomit\w*|devuelv\w*|arroj\w*)",
        r"todo~(?:vomit\w*|gomit\w*|devuelv\w*|arroj\w*|regres\w*)",
        r"(?:vomit\w*|gomit\w*|devuelv\w*|arroj\w*)~(?:todo|hasta)",
        r"no~(?:tom\w*|beb\w*|chup\w*|mam\w*|agarra)~(?:nada|agua|pecho|leche|mamila|biberon|liquidos|suero)",
        r"no~quiere~(?:tomar|beber|mamar|agua|pecho)",
        r"no (?:\w+ )?beber",
        r"(?:sin|no|ni)~lagrim\w*|ni (?:pipi|pis|chis)(?! se quiere)",
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
        r"(?:testicul\w*|huevit\w*|[hg]?uev\w*|bolit\w*|compañon\w*|ingle)~~(?:duel\w*|dol\w*|hinch\w*|inflam\w*)",
        r"(?:duel\w*|dol\w*|hinch\w*)~~(?:testicul\w*|huevit\w*|huevo\w*|bolitas)",
        r"(?:duel\w*|dolor\w*)~(?:abajo~derech\w*|lado derecho)|apendic\w*",
        rf"colico\w*~(?:fuert\w*|no~quit\w*)|{_HARD_BELLY}",
        rf"{_BELLY}~tens[oa]|{_BELLY}~~no se deja (?:apretar|tocar)",
        r"cabeza~(?:va a|quiere) (?:explot\w*|revent\w*|estall\w*)",
    ),
}  # fmt: skip
PATTERNS: Mapping[str, tuple[str, ...]] = {**_ILLNESS, **HARM}

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
