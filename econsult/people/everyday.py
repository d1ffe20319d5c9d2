"""Words that are names and everyday or clinical words as well, and those that say that a name comes next.

They are folded: small, without marks on their letters.
"""

from __future__ import annotations

_PARTICLES = """
de la las los lo del y e da do dos das van von der den di el al san santa
"""
_FORE = """
hija hijo nina nino bebe paciente llama llamada llamado nombre senora senor sra sr senorita mama papa madre padre
abuela abuelo tia tio hermana hermano soy pequena pequeno daughter son baby child girl boy patient named called name
mrs mr ms miss mom mum dad mother father grandma grandmother grandfather sister brother kid toddler infant
"""
_EVERYDAY = """
rosa rosas mar blanca blanco luz sol cielo flores alba aurora estrella perla violeta rubi celeste clara claro
dolores dolor consuelo esperanza paz piedad mercedes remedios milagros angustias socorro salud pilar reina rey angel
angeles cruz campo rio vega valle sierra montes prado ramos rojo rubio moreno morena delgado crespo calvo bello
bella leon cordero lobo toro cabello cabeza barba mano manos pie pies garganta sangre leche pan sal vino domingo
abril julio enero marzo victoria gracia fe iris dulce serena linda mayor nuevo nueva bueno buena fuerte gordo rico
franco justo santo santos guerra casas torres iglesia marina olivo oliva nieves soledad rose lily daisy violet ivy
olive hazel ginger jasmine poppy holly heather fern willow brook river rain sky summer autumn winter april may june
august dawn eve joy hope faith grace charity honor mercy patience will mark bill rob pat art jack ray drew chase
grant miles rich frank earnest bob chip dale dean duke ernest guy hank jay lance max neil nick norm pierce red rusty
sandy scot skip stone sterling tanner wade ward wells west woods young white black brown green gray grey blue long
short small little strong sharp sweet love day king knight baker cook hunter mason miller parker porter price reed
rice sage scarlet scarlett sears shields speck swan walker weeks wise foot hand head heart bone blood burns
crohn down marsh moles mole rash lyme hives spots ruby pearl amber jade crystal coral opal sienna star bird fox wolf
lamb bush field hill lake park banks bell berry bloom booth carr case cross ford glass good hall hood horn lane law
marks moody moon nail page paul root rush sample test see so an in on no si ten son doe min ana eva ali
"""

PARTICLES, FORE, EVERYDAY = (frozenset(words.split()) for words in (_PARTICLES, _FORE, _EVERYDAY))
