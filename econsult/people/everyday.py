"""Words that are names and everyday or clinical words as well, and those that say that a name comes next.

They are folded: small, without marks on their letters.
"""

from __future__ import annotations

from collections.abc import Iterator

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

_FOND = """
peanut peanuts cacahuate mani sugar azucar honey miel bean beans frijol pea peas bug bugs bump bumps spot bubble bubbles
button buttons bear duck monkey bunny kitten puppy pumpkin cookie muffin pickle nugget noodle peach plum apple manzana
uva melon fresa chocolate galleta pepino pollo pollito pato patito oso osito gato gatito perro mosca pulga gusano moco
gorda flaca flaco negra negro prieta prieto guera guero chata chato china chino roja blanquita nena nene bebe baby
princess princesa papa mama ojos dientes panza huevo queso egg milk leche soy trigo wheat nuez nut nuts
"""
"""What children are called at home, and a food, an animal, a colour or a part of the body too: of an allergy to peanut
or a black spot nothing may be covered. They are covered as other words of every day are."""

_AT_HOME = """
fish cod tuna salmon shrimp prawn crab lobster clam oyster squid shellfish seafood pescado pez atun camaron gamba
cangrejo langosta langostino almeja ostion pulpo calamar marisco cashew pecan walnut almond pistachio hazelnut macadamia
coconut sesame mustard garlic onion tomato potato carrot celery corn oat oats rye barley gluten lentil chickpea soya
tofu yogurt butter cheese cream bread cake candy syrup cocoa vanilla cinnamon pepper salt juice tea coffee soda water
banana kiwi mango papaya pineapple orange lemon lime cherry strawberry blueberry raspberry grape pear avocado pancake
waffle taco burrito tamal tamale tortilla nopal elote maiz avena cebada centeno arroz lenteja garbanzo coco platano
guineo pina naranja limon cereza cerezo pera durazno mora frambuesa sandia aguacate palta calabaza zanahoria papita
tomate jitomate cebolla ajo apio chile mostaza ajonjoli canela vainilla almendra avellana nogal pistache mantequilla
crema yogur agua cafe caramelo dulcito bombon pastel pastelito chocolatito turron churro chicken turkey pig pork cow
beef horse goat sheep rabbit dog cat mouse rat hamster bee wasp hornet ant spider tick mite flea fly moth mosquito snake
lizard frog toad turtle worm parrot pigeon shark whale tiger lion panda koala dragon squirrel raccoon panther
ladybug butterfly dinosaur dino puerco cerdo cochinito vaca res caballo potro cabra chivo borrego oveja conejo cachorro
raton rata abeja avispa hormiga arana alacran garrapata piojo chinche zancudo mosco polilla mariposa vibora culebra
lagartija rana sapo tortuga lombriz pajaro pajarito pichon paloma perico loro tiburon ballena tigre leoncito ardilla
mapache pantera mono chango changuito dinosaurio grillo cucaracha catarina skin hair eye eyes ear ears nose mouth lip
lips tooth teeth tongue tummy belly bum butt bottom toe toes finger fingers leg legs arm arms knee knees chin cheek
cheeks chest back neck nails freckle freckles dimple dimples curl curls piel pelo ojo ojito oreja orejas nariz boca
labio labios diente lengua barriga pancita ombligo pompis nalga nalgas dedo dedos pierna piernas brazo brazos rodilla
cachete cachetes pecho espalda cuello una unas corazon cerebro sangrita hueso huesito lunar lunares peca pecas hoyuelo
mancha manchas bola bolita bolitas grano granito granitos roncha ronchas costra verruga ampolla chipote chichon cicatriz
caspa pelon pelona cabezon cabezona orejon orejona narizon dienton panzon panzona trompudo cachetona cacheton barrigon
grena pink yellow purple blond blonde dark light pale rosado rosada rosita amarillo amarilla morado morada verde azul
gris colorado colorada palido palida oscuro oscura clarita negrito negrita morenito morenita guerito guerita rojito big
tiny mini chubby fat fatty skinny slim tall lil teeny giant grande chico chica chiquito chiquita chiquis pequenito
pequenita peque flaquito flaquita gordito gordita gordis alto alta bajito bajita debil girl girls boy boys kid child
daughter sister brother sis bro sissy bubba bub toddler infant newborn twin junior nina nino ninita ninito bebita bebito
beba bebesita hijo hija mijo mija hermana hermano gemela gemelo cuate cuata muneca muneco chamaco chamaca chavo chava
nenita nenito mami papi mamita papito mom mommy dad daddy sun sunshine sunny luna cielito lucero estrellita angelito
tesoro vida amor amorcito sweetie sweetheart darling lovey dear cutie happy smiley sleepy grumpy lazy hungry sick stinky
poopy pee poop popo caca pipi pedo gas drool snot booger burp hiccup itchy scratchy wiggles wiggly squirmy jumpy bouncy
shaky floppy crazy loco loca lento lenta enojon enojona lloron llorona dormilon dormilona grunon mi my our mr miss don
dona the old new first pollen dust mold latex grass tree dander feather feathers wool silk nickel polen polvo moho pasto
lana pluma plumas niquel flower flowers leaf cotton ball bead toy doll florecita hoja algodon pelota canica juguete
piedra piedrita palo
"""
"""The same, for what the record says that a child is called at home. Some of these are given names and surnames too:
whoever is registered as Nina or Paloma is covered by them."""
_FOND_ENDINGS = (("ecito", ""), ("ecita", ""), ("cito", ""), ("cita", ""), ("ito", "o"), ("ita", "a"), ("ito", ""),
                 ("illo", "o"), ("illa", "a"), ("ie", ""), ("y", ""))  # fmt: skip
_SHORTEST_STEM, _ENGLISH = 3, ("ie", "y")
"""Behind three letters an English ending makes a name of its own: Cody, Gary."""

PARTICLES, FORE = (frozenset(words.split()) for words in (_PARTICLES, _FORE))
EVERYDAY = frozenset((_EVERYDAY + _FOND).split())
_THINGS = frozenset((_FOND + _AT_HOME).split())


def is_thing(part: str) -> bool:
    """Whether a part of what a child is called at home is a word of every day too, as it is or in a fond form.

    `part` is folded. What is called so must stay readable: `Camaroncito` is a shrimp, and `Manchitas` are spots.
    """
    return part in EVERYDAY or any(form in _THINGS for form in _plain_forms(part))


def _plain_forms(part: str) -> Iterator[str]:
    for one in {part, part.removesuffix("s"), part.removesuffix("es")}:
        yield one
        stems = ((one.removesuffix(fond), fond, plain) for fond, plain in _FOND_ENDINGS if one.endswith(fond))
        yield from (stem + plain for stem, fond, plain in stems if len(stem) >= _SHORTEST_STEM + (fond in _ENGLISH))
