"""What a word of three letters or fewer may be beside somebody's name: a test, an element, a month, any short word."""

_SIGNS = """
abo acl act ada afp alb alp alt ama ana ast asa aso bas bil bnp bun ca cbc cea cho ck cl cmp cmv cre crp dna ebv ema
ena eos epo esr fe fsh gad ggt glu hav hb hbv hcg hco hct hcv hdl hg hgb hiv hpv iaa iga ige igg igm inr ket ldh ldl
leu lh lip lym max mch mcv mg min mon mpv na neu nit pb pcr ph plt pro psa pt pth ptt rbc rdw rna rpr rsv se sed seg
spo tg tp tsh ttg uma vih vit vsg wbc zn
"""
_ELEMENTS = "li na al mo as se fe co cr ni in cu ga ba be mg ca zn hg pb ag au bi cs ra ti cl"
_MONTHS = """
ene feb mar abr may jun jul ago sep set oct nov dic jan apr aug dec
mon tue wed thu fri sat sun lun mie jue vie sab dom
"""
_EVERYDAY = """
am an as at be by do go ha he hi if in is it le lo ma me mi my no nu of oh on or pa pm se si so su te ti to tu un up us
va ve vi we ya yo the and for are but not you all any can had her was one our out day get has him his how new now old
see two way who boy did its let put say she too use red mal muy mas por que con sin sus una uno los las del fue era hay
hoy dos eso esa ese asi ser son tan tal voz vez via fin gas pan sal oro mes dia bid tid qid prn iv im po ref tel fax id
ext int pag sex age sta sto top low den dar ver abs avg pos neg non sum end pre per sub dry wet hot ojo pie tos eye ear
leg arm hip lip rib jaw toe gum gut fat
"""
_RESULTS = """
negative positive negativo positivo negativa positiva reactive nonreactive reactivo detected detectado screen test
tests titer titre titulo panel pattern patron antibody antibodies anticuerpos ifa elisa igg igm homogeneous speckled
moteado serum suero level levels nivel neg pos result resultado value valor normal abnormal pending pendiente
"""
_AGES = "y yo yr yrs year years month months mo week weeks day days ano anos mes meses semana semanas dia dias"
_CUES = """
named called name names llama llaman llamo llamada llamado nombre baby bebe nina nino child girl boy infant patient
paciente pt hija hijo daughter son sister brother hermana hermano miss mr mrs ms sr sra srta hello hi dear hola querida
querido estimada estimado mama papa mom mother father madre padre dr dra
"""
SIGNS = frozenset(_SIGNS.split())
"""What tests are called for short, in capitals."""
ELEMENTS = frozenset(_ELEMENTS.split())
MONTHS = frozenset(_MONTHS.split())
EVERYDAY = frozenset(_EVERYDAY.split())
"""Words of English and Spanish that begin with a capital only where any word does."""
RESULTS = frozenset(_RESULTS.split())
"""What stands behind the name of a test and hardly behind that of a child."""
AGES = frozenset(_AGES.split())
CUES = frozenset(_CUES.split())
"""After these somebody is named."""
