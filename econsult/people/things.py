"""What a child eats, meets, has on its body or suffers from, and what else it is called at home.

They are folded: small, without marks on their letters. No list of them is whole, so that each is found in its fond
forms, too, in both languages: `Camaroncito` is a shrimp, `Cabecita` a head, `Wheezy` a wheeze.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from econsult.people.everyday import EVERYDAY

_EATEN = """
peanut cacahuate mani sugar azucar honey miel bean frijol pea pumpkin cookie muffin pickle nugget noodle peach plum
apple manzana uva melon fresa chocolate galleta pepino pollo huevo queso egg milk leche soy trigo wheat nuez nueces
nut fish cod tuna salmon shrimp prawn crab lobster clam oyster mussel scallop squid octopus shellfish seafood trout
tilapia sardine anchovy halibut catfish herring pescado pez atun camaron gamba cangrejo jaiba langosta langostino
almeja mejillon ostion ostra pulpo calamar marisco sardina trucha bacalao robalo mojarra anchoa caracol cashew pecan
walnut almond pistachio hazelnut macadamia coconut sesame mustard garlic onion tomato potato yam carrot celery corn
oat rye barley gluten lentil chickpea soya tofu yogurt butter cheese cream whey casein formula bread bun toast cake
brownie donut pie candy syrup jam jelly cocoa vanilla cinnamon pepper salt salty juice tea coffee soda water banana
kiwi mango papaya pineapple orange lemon lime strawberry blueberry raspberry blackberry grape raisin pear avocado
watermelon fig squash spinach cabbage broccoli lettuce cucumber beet radish mushroom pancake waffle cereal taco
taquito burrito enchilada quesadilla tamal tamale tamalito tortilla torta empanada pupusa arepa pizza pasta spaghetti
macaroni sopa soup caldo broth stew guisado sushi hamburger burger ham bacon sausage hotdog salami meat steak turkey
chicken pork beef jamon tocino salchicha chorizo carne bistec chicharron nopal elote maiz avena cebada centeno arroz
lenteja garbanzo coco platano guineo pina naranja limon cereza cerezo pera durazno mora frambuesa arandano sandia
aguacate palta mamey guayaba tamarindo ciruela higo datil pasa calabaza zanahoria papa papita camote yuca tomate
jitomate cebolla ajo apio lechuga espinaca brocoli betabel rabano hongo champinon chile mostaza ajonjoli canela
vainilla cacao almendra avellana nogal pistache pinon mantequilla margarina crema yogur requeson helado paleta gomita
jalea aceite gelatina flan agua refresco jugo atole cafe caramelo dulce dulcito bombon bizcocho pastel pastelito
chocolatito turron churro bolillo pan panecillo sal vino popcorn palomita chicle gum gummy vitamin chip cracker
pretzel yema clara pill pastilla jarabe medicina alcohol cerveza beer wine
"""
_MET = """
bug bear duck monkey kitten puppy pato pollito oso gato perro mosca pulga gusano pig cow horse goat sheep rabbit dog
cat mouse rat hamster guinea bat bee wasp hornet ant spider tick mite flea louse lice fly moth mosquito gnat chigger
leech snake lizard frog toad turtle worm maggot parrot pigeon hen goose rooster shark whale jellyfish scorpion
centipede raccoon squirrel puerco cerdo cochinito vaca res caballo potro cabra chivo borrego oveja conejo cachorro
cuyo gallina gallo ganso raton rata murcielago abeja avispa hormiga arana alacran escorpion ciempies garrapata acaro
piojo liendre chinche zancudo mosco jejen polilla mariposa vibora culebra serpiente lagartija sapo tortuga lombriz
sanguijuela medusa pajaro pichon perico loro cucaracha pollen dust mold mildew smoke latex grass weed ragweed tree
dander feather fur wool silk nickel polen polvo moho humo pasto zacate lana pluma niquel cotton algodon perfume soap
jabon cloro bleach paint pintura ball bead marble coin magnet battery button toy canica moneda iman pila boton juguete
piedra piedrita palo pelota
"""
_BODY = """
skin hair scalp eye eyelid eyelash eyebrow ear nose nostril mouth lip tooth teeth tongue tonsil throat face forehead
tummy belly bum butt bottom toe toenail finger fingernail fingertip thumb hand foot feet heel ankle leg thigh shin arm
armpit elbow wrist shoulder hip knee chin cheek jaw chest rib breast nipple back spine neck nail head bone skull heart
lung liver kidney brain blood vein bladder bowel gut stomach groin penis testicle vagina anus freckle dimple curl piel
pelo cabello cuero cuerpo bazo ojo parpado pestana ceja oreja oido nariz boca labio diente muela colmillo lengua encia
garganta angina amigdala cara frente cabeza cabecita mollera fontanela barba panza barriga estomago tripa ombligo
pompi pompis nalga cola colita dedo pulgar mano manita manito pie planta talon tobillo pierna pantorrilla muslo ingle
brazo axila sobaco codo muneca hombro cadera rodilla cachete mejilla quijada menton pecho teta chichi pezon costilla
espalda columna cuello nuca una hueso craneo corazon pulmon higado rinon cerebro sangre vena vejiga pene pito
testiculo ano lunar peca hoyuelo rizo rulo remolino pata patita trompa
"""
_SUFFERED = """
bump spot bubble moco mole rash hives hive welt blister wart pimple zit acne boil abscess scab scar patch dot speck
streak lump lumpy knot swelling swollen puffy bruise bruisy cut scrape scratch bite sting burn burnt blotch blotchy
crust crusty flake flaky scale scaly itch itchy scratchy sore ulcer sty pus pussy rashy eczema psoriasis hemangioma
birthmark ringworm scabies thrush yeast diaper limp limpy hobble hop wobble wobbly tumble stumble trip fall floppy
shaky shake shiver tremor twitch tic jerk jerky jumpy fit seizure spasm stiff stiffy tight crooked bent blind blinky
blink squint deaf mute dumb lisp stutter stammer drool drooly snot snotty snore snorer snort sniff sniffle snuffle
sneeze sneezy cough coughy croup croupy wheeze wheezy gasp pant grunt hoarse raspy rattle choke gag gaggy gas gassy
burp burpy hiccup puke pukey barf vomit spit spitty throwup upchuck reflux colic colicky cramp poop poopy poo pee
piddle potty constipated runny runs squirt diarrhea fart toot fever feverish hot hottie cold chilly chill sweat sweaty
clammy pale paley yellow jaundice blue bluish gray ashy sick sicky sickly ill weak weakly faint fainty dizzy woozy
sleepy drowsy tired lazy limping numb tingle ache achy hurt hurty owie ouch ouchie boo booboo pain painful sad gloomy
weepy crybaby fussy fuss cranky grumpy grouchy moody angry mad scream screamer screech crazy hyper nervous anxious
scared hungry thirsty dry skinny bony slim thin scrawny fat fatty fatso chubby chunky puff pudgy lame cripple hunch
lopsided toothless bald baldy cleft cyst hernia fracture broken smelly stinky odor slow abuse accident asleep asthma
attack bleed bleeding breath bulge bulging cancer convulsing cry crying dehydrated epilepsy epileptic fast foam foamy
fontanel hard headache hit huge kick lethargic leukemia moan mess messy poison petechiae pox puncture quick quiet
seizing shallow shock short sink sleepless soft squeak squeaky stare stool strong stuck sunken swallow tarry tear
teary temp urine wet whistle whistly wound worse alive dead dying allergic allergy anemic anemia diabetic autistic
slap spank scald graze splinter swell purpura tipsy wiggle loose mancha manchas bola bolita bolas grano granito roncha
costra verruga ampolla espinilla barro chipote chichon cicatriz caspa llaga fuego postemilla absceso forunculo nacido
tumor quiste nudo moreton cardenal rasguno raspon cortada cortadura herida piquete picadura mordida mordedura quemada
quemadura quemado ardor comezon picazon sarna tina sarpullido salpullido erupcion urticaria dermatitis jiote mezquino
callo rozadura rozado hinchado hinchada hinchazon inflamado inflamada irritado irritada reseco reseca escamoso pelado
pelada cojo coja cojera cojea renco renca rengo renga chueco chueca torcido torcida patojo patoja patizambo zambo cuto
manco manca tullido jorobado joroba tieso tiesa duro dura flojo floja aguado aguada temblor tembloroso tembleque
temblorcito tiembla convulsion espasmo ataque desmayo desmayado mareo mareado mareada sordo sorda mudo muda tartamudo
tartamuda tartajo ciego ciega cegaton bizco bizca bisojo tuerto tuerta turnio vizco lagana laganoso lloroso chimuelo
chimuela molacho molacha mellado mocoso mocosa mocos catarro gripa gripe tos tosigoso tosiento tose resfriado ronco
ronca ronquito ronquido afonico silbido chiflido pitido asma asmatico ahogo ahogado ahogada agitado agitada gemido
quejido quejumbroso hipo eructo eructito flato gases vomito vomita vomiton vomitona basca nausea guacara reflujo
colico empacho empachado diarrea chorro chorrillo popo caca cacas cagon cagona pipi mion miona meon meona orina orines
pedo pedorro pedorra estrenido estrenida babas baba baboso babosa babeado sudor sudado sudoroso fiebre fiebrecita
calentura calenturita caliente frio fria escalofrio debil debilucho cansado cansada decaido decaida desguanzado
flojito pachucho enfermo enferma enfermizo malito malita malo mala dolor dolorcito dolores adolorido dormilon
dormilona dormido dormida sueno lloron llorona chillon chillona llanto triste enojon enojona enojado grunon grunona
latoso nervioso nerviosa loco loca inquieto inquieta lento lenta tonto tonta bobo boba menso mensa hambre sed sediento
flaco flaca delgado delgada huesudo desnutrido gordo gorda panzon panzona barrigon barrigona pelon pelona calvo calva
rapado cabezon cabezona orejon orejona narizon narizona dienton dientona ojon ojona bocon bocona trompudo trompuda
cachetona cacheton patona paton manotas piernudo moreteado amoratado ictericia labihendido leporino golpe golpeado
caida caido fractura roto abultado abultada accidente agitacion ahoga aire alergia alergico alergica anafilaxia
anemico anemica arde asfixia atragantado convulsiona convulso desorientado despierto despierta duele duerme epilepsia
epileptico epileptica espuma grita grito griton gritona guango hondo hundido hundida intoxicado lagrima leucemia
mojado mojada morete muerto muerta pecoso pecosa petequia pica pinto pinta punto puro rasca rajada rajado seco seca
sacudida sangron sumido sumida torticolis varicela viruela verdoso veneno volteado viraco zonzo zonza zurdo zurda
cosquilla ceguito ceguita moretoncito miope cieguito puntada punzada latido soplo apagado apagada
"""
_COLOURS = """
black white red green brown pink purple orange golden gold silver blond blonde dark light negro negra blanco blanca
rojo roja rosa rosado rosada amarillo amarilla anaranjado morado morada verde azul gris cafe colorado colorada palido
palida oscuro oscura prieto prieta guero guera
"""
_CALLED = """
princess princesa bunny chata chato china chino nena nene bebe baby muneca tiger lion panda koala dragon panther
ladybug butterfly dinosaur dino tigre leoncito ardilla mapache pantera mono chango dinosaurio grillo catarina rana
paloma tiburon ballena cherry rosita grena clara big tiny mini tall lil teeny giant grande chico chica chiquito
chiquita chiquis gordis pequenito pequenita peque alto alta bajito bajita girl boy kid child daughter sister brother
sis bro sissy bubba bub toddler infant newborn twin junior nina nino bebita bebito beba bebesita hijo hija mijo mija
hermana hermano gemela gemelo cuate cuata muneco chamaco chamaca chavo chava mami papi mama mamita papito mom mommy
dad daddy sun sunshine sunny sol luna cielo lucero angelito tesoro vida amor amorcito sweetie sweetheart darling lovey
dear cutie happy smiley booger wiggles wiggly squirmy bouncy moreno morena mi my our mr miss don dona the old new
first flower leaf doll florecita hoja
"""
_GIVEN = "borrego candy clara conejo dimple gallo lana mora pinto rosa tina"
"""Words of the lists above by which many families are registered and that hardly tell of danger: written small, too,
these are covered as names. `Iman`, a magnet that was swallowed, or `Trout` is none."""

_FOND_ENDINGS = ("ecito", "ecita", "cito", "cita", "ito", "ita", "ecillo", "ecilla", "cillo", "cilla", "illo", "illa",
                 "azo", "aza", "ote", "ota", "uelo", "uela")  # fmt: skip
_ENGLISH_ENDINGS = ("y", "ie", "ey", "er", "ing", "ed")
_SEVERAL = ((r"s\Z", ""), (r"(?<=[dhjlnrsxz])es\Z", ""), (r"ies\Z", "y"), (r"ces\Z", "z"))
_SHORTEST_WORD, _SHORTEST_STEM = 3, 4
"""Behind three letters an English ending makes a name of its own: Cody, Gary."""
_SPELT = {"c": "z", "qu": "c", "gu": "g"}
"""What stands before a fond ending for the letter that stands without it: `cabecita`, `boquita`, `barriguita`."""

_SAID = frozenset(" ".join((_EATEN, _MET, _BODY, _SUFFERED, _COLOURS)).split())
CLINICAL = _SAID - frozenset(_GIVEN.split())
"""What may be a sign, its cause or its place, so that a name that is such a word needs a capital."""
_THINGS = _SAID | frozenset(_CALLED.split())
_WORDS = EVERYDAY | _THINGS


def is_thing(part: str) -> bool:
    """Whether a part of what a child is called at home is a word of every day too, as it is or in a fond form.

    `part` is folded. What is called so must stay readable.
    """
    return part in _WORDS or any(form in _THINGS for form in _plain_forms(part))


def _plain_forms(part: str) -> Iterator[str]:
    """The word, one of it where it is several, and what it is a fond form of: where two are likely, each."""
    for one in {part, *(re.sub(ending, one, part) for ending, one in _SEVERAL)}:
        yield from (form for form in (one, *_spanish(one), *_english(one)) if len(form) >= _SHORTEST_WORD)


def _spanish(word: str) -> Iterator[str]:
    """`Manchita` is a mancha, `lechita` leche, `pancito` pan, `piecito` pie, `cabecita` a cabeza."""
    for stem, own in ((word.removesuffix(ending), ending[-1]) for ending in _FOND_ENDINGS if word.endswith(ending)):
        spelt = (stem.removesuffix(fond) + plain for fond, plain in _SPELT.items() if stem.endswith(fond))
        yield from (each + vowel for each in (stem, *spelt) for vowel in ("", own, "e"))


def _english(word: str) -> Iterator[str]:
    """`Wheezy` is a wheeze, `rashy` a rash, `spotty` a spot."""
    for stem in (word.removesuffix(ending) for ending in _ENGLISH_ENDINGS if word.endswith(ending)):
        single = stem[:-1] if stem[-2:-1] == stem[-1:] else stem
        yield from (each for each in (stem, f"{stem}e", single) if len(each) >= _SHORTEST_STEM)
