"""What people write of the signs that belong to one part of the body or one specialty, in English and Spanish.

The lists are of the kind of `danger_known`: what the child has, and what is happening; both must be told. Where a sign
needs no illness, `_ANYBODY` stands for what the child has. They are hints alone: what they do not find says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from econsult.consults.danger_known import Known

_ANYBODY = (r"\w*",)
_VOMIT = r"throw\w* up|threw up|vom+it\w*|puk\w*"
_FEVER = r"fe[bv]e?r\w*|38|39|4[01]|10[1-5]"
_SPENT = r"let?harg\w*|(?:very|so|too|really) (?:weak|tired|sleepy|sick|ill)|drows\w*|sleepy|confus\w*|limp"
_HEADACHE = r"(?:head ?aches?|migraines?|head~(?:hurts?|pain\w*|pounding))"
_CHEST_PAIN = r"(?:chest~(?:pains?|hurt\w*|tight\w*)|pains?~chest)"
_FAINTS = r"(?:faint\w*|pass(?:ed|es|ing)? out|black(?:ed|s|ing)? out|collaps\w*)"
_SPORT = (
    r"(?:r[au]n\w*|play(?:s|ed|ing)?|sports?|soccer|basketball|"
    r"football|practice|exercis\w*|swim\w*|swam|gym|recess|rac\w*)"
)
_FIVE = r"(?:[5-9]|[1-3]\d|five|six|seven|eight|nine|ten|eleven|twelve|fourteen)"
_WEEK = r"(?:a|one|two|three|[1-3]|whole|all|past|full|several) weeks?(?! (?:ago|old))"
_FAR_ENDS = r"(?!~(?:fingers?|thumbs?|toes?|hands?|feet|foot|lips?|heels?|soles?|palms?|scalp|knuckles?))"
"""Skin peels there of eczema, of a cold or in winter: it is none of this behind such a word."""
_SLOW = r"(?!~~(?:months?|years?|slowly|neck|armpits?))"
_YELLOW = (
    r"(?:yellow\w*|jaundice\w*)(?! (?:(?:thick|sticky|seedy|greasy|runny) )?(?:poop\w*|stools?|diapers?|crust\w*|"
    r"scal\w*|flak\w*|discharge|goo\w*|gunk|stuff|mucus|snot|pus|spit\w*|vomit\w*|drainage|fluid|seed\w*))"
)
_NOT_STOOL = r"(?:(?!poop|stool|spit|crust|snot|mucus|discharge)\w+ ){0,6}"
_AGAIN = r"(?:again and again|over and over|in a row|clusters?|many times|spells?|episodes?)"
_BABY = (r"bab(?:y|ies)", r"infants?", r"new ?born\w*", r"(?:weeks?|days?) old")
_WALK = r"(?:walk\w*|talk\w*|speak\w*|words?|crawl\w*|sit\w*|smil\w*|eat by)"
_LEGS = r"(?:draw|pull|curl|bring)(?:s|ing)? (?:up )?(?:his|her)~(?:legs|knees)"
_IN_WAVES = r"(?:every~min(?:utes?)?|on and off|comes and goes)"

ENGLISH: Mapping[str, Known] = {
    "inhaler_fails": Known(
        (r"asthma\w*|astma|wheez\w*", r"inhaler\w*|albuterol|nebuli[sz]er\w*|nebs?|rescue pump"),
        (
            (
                r"(?:inhaler\w*|albuterol|nebuli[sz]er\w*|nebs?|pump|"
                r"treatments?|puffs?)~~(?:not|never|no longer|stopped|barely|nothing)~"
                r"(?:help\w*|work\w*|enough|last\w*|do\w* anything)"
            ),
            (
                r"(?:every|each|after) (?:1|2|one|two|half an|an)? ?hours?|"
                r"needs? it again|again (?:after|in) (?:1|2|3|an|one|two)"
            ),
            r"icu|intensive care|intubat\w*",
        ),
    ),
    "choking": Known(
        _ANYBODY,
        (
            r"chok\w* on|(?:stuck|caught|lodged)~(?:throat|airway|windpipe)|stridor|croup",
            r"bark\w*~cough\w*|nois\w*~breath\w* in|breath\w* in~nois\w*",
            r"drool\w*~~(?:not|hardly)~swallow\w*|(?:not|hardly)~swallow\w*~~drool\w*",
        ),
    ),
    "worst_headache": Known(
        _ANYBODY,
        (
            rf"worst~{_HEADACHE}|{_HEADACHE}~~(?:worst|ever had|blood pressure)|thunderclap",
            rf"{_HEADACHE}~~(?:wak\w*|woke)|(?:wak\w*|woke)~~{_HEADACHE}",
        ),
    ),
    "shunt_illness": Known((r"shunts?|hydroceph\w*",), (_HEADACHE, _VOMIT, _FEVER, _SPENT)),
    "skills_lost": Known(
        (r"(?:s|c)(?:ei|ie|ee|ea|e)[zs]ur\w*|epilep\w*|spasms?",),
        (rf"(?:lost|los\w*|forgot\w*|stopp?\w*|no longer|not)~{_WALK}~(?:any ?more|before|used to|now)", r"regress\w*"),
    ),
    "infant_spasms": Known(
        _ANYBODY,
        (
            rf"head~(?:bob\w*|drop\w*|nod\w*)~~{_AGAIN}|{_AGAIN}~~head~(?:bob\w*|drop\w*|nod\w*)",
            rf"(?:jerk\w*|startl\w*|twitch\w*)~~{_AGAIN}|head (?:bob\w*|drop\w*|nod\w*) (?:spells?|episodes?)",
        ),
    ),
    "vision_or_balance": Known(
        _ANYBODY,
        (
            r"see\w* two (?:of|things|every)|(?:see\w*|vision)~double|double vision",
            r"(?:blurr?\w*|lost|losing|loss)~(?:vision|sight|eyesight)",
            r"vision~(?:blurr?\w*|gone|worse)|can not see (?:well|clearly|anything|out)",
            r"walk\w*~(?:drunk|wobbl\w*|unsteady|stagger\w*|crooked)|stagger\w*|(?:los\w*|lost|off|no)~balance",
        ),
    ),
    "legs_weaken": Known(
        _ANYBODY,
        (
            r"legs?~(?:weak\w*|giv\w* out|gave out|numb\w*|paraly\w*|will not (?:move|work))|weak\w*~legs?",
            r"(?:can|could|will) not (?:even |hardly |really )?(?:walk|stand up|stand on|bear weight|stand$)(?!~yet)",
            r"drag\w*~(?:foot|leg)|(?:trip\w*|fall\w*)~over nothing|not~hold~head up~(?:today|any ?more|since)",
            r"stopp?ed walking|not~feel~(?:legs?|feet)",
            r"(?:not|lost|can not)~(?:hold|control)~(?:pee|urine|bladder|bowels?|poop)",
        ),
    ),
    "sudden_weakness": Known(
        _ANYBODY,
        (
            r"(?:face|mouth|smile)~(?:droop\w*|hang\w*|crooked|sag\w*)",
            r"(?:droop\w*|crooked)~(?:face|mouth|smile)|slurr\w*|stroke",
            r"(?:arm|side|hand)~(?:weak\w*|numb|paraly\w*|will not move|can not move)|weak\w*~(?:arm|side|hand)",
            r"can not move~(?:arm|side|hand)|pupils?~(?:bigger|larger|different|uneven|blown)",
            r"(?:woke up|sudden\w*|all of a sudden|today)~~(?:not|no)~(?:talk|speak)\w*",
            r"(?:can|could) not (?:talk|speak)~(?:sudden\w*|all of a sudden|today|since|this morning)",
        ),
    ),
    "eczema_sores": Known(
        (r"e[ckxz]+[sz]?[ei]?ma\w*|atopic",),
        (
            (
                r"(?:punched|round|painful|crater\w*|clusters?)~(?:sores?|"
                r"ulcers?|blisters?|holes?)|herpe\w*|cold sores?"
            ),
            rf"(?:sores?|blisters?|ulcers?)~~(?:{_FEVER})|(?:{_FEVER})~~(?:sores?|blisters?|ulcers?)",
        ),
    ),
    "blisters_or_raw_skin": Known(
        _ANYBODY,
        (
            r"blister\w*~~(?:all over|everywhere|body|face|mouth|burst\w*|pop\w*|spread\w*|raw)",
            r"(?:many|lots of|full of|cover\w*|big|large|huge)~blister\w*",
            r"skin~~(?:com\w* off|came off|fall\w* off|fell off|rub\w* off|slough\w*|in sheets|raw)|raw~skin",
            rf"skin{_FAR_ENDS}~~peel\w*{_FAR_ENDS}|peel\w*~~skin{_FAR_ENDS}",
            r"peel\w*~~(?:layers?|sheets?|all over|raw)|scalded|erythroderma",
            r"red(?! hair)~~(?:all over|everywhere|head to toe|whole body)",
            r"(?:whole body|all over|head to toe)~red(?! hair)",
        ),
    ),
    "fast_spreading_skin": Known(
        _ANYBODY,
        (
            r"spread\w*~~(?:fast\w*|quick\w*|rapid\w*|overnight|hours?|minutes|this morning|last night)",
            r"(?:fast|quickly|rapidly)~spread\w*",
            r"(?:red\w*|dark|black)~~(?:grow\w*|bigger)~(?:fast|quickly|hours?|overnight)",
            rf"(?:skin{_SLOW}|wound|sore|leg|arm|spot)~turn\w*~(?:black|dark|purple){_SLOW}|flesh eating|necroti\w*",
            r"red (?:lines?|streaks?)~(?:up|leg|arm|from|going)|cellulitis",
        ),
    ),
    "kawasaki_signs": Known(
        (
            rf"(?:{_FEVER})~~{_FIVE} ?days?|{_FIVE} ?days?~~(?:{_FEVER})",
            rf"(?:{_FEVER})~{_WEEK}|{_WEEK}~(?:{_FEVER})|(?:{_FEVER}) for (?:days and days|weeks)|kawasaki\w*",
        ),
        (
            r"(?:red|bloodshot|pink)~(?:eyes?|lips?|tongue|palms|hands|feet)|strawberry tongue",
            r"(?:eyes?|lips?|tongue)~(?:red|bloodshot|crack\w*|swol+en|pink)|rash\w*|(?:red|many) spots?",
        ),
    ),
    "adrenal_illness": Known(
        (
            (
                r"adrenal\w*|addison\w*|cah|cortef|stress dos\w*|(?:daily|"
                r"every day)~steroids?|steroids?~(?:daily|every day|each day)"
            ),
            r"graves|hyper ?thyroid\w*|over ?active thyroid|thyroid storm",
        ),
        (_VOMIT, _FEVER, _SPENT, _FAINTS),
    ),
    "heart_illness": Known(
        (
            (
                r"heart (?:problems?|disease|defects?|condition|failure|"
                r"surgery|transplant)|congenital heart|chd|fontan|tetralogy"
            ),
            r"kawasaki\w*|mis c|cardiomyopath\w*|hole in~heart|pace ?maker|long qt|arr?h?ythm\w*",
        ),
        (_FAINTS, _FEVER, _CHEST_PAIN, r"(?:turn\w*|blue)~(?:blue|lips?|skin|spells?)"),
    ),
    "heart_rate": Known(
        _ANYBODY,
        (
            (
                r"(?:heart|pulse)~(?:1[89]\d|2\d\d)|(?:heart|"
                r"pulse)~(?:rac|pound|beat)\w*~~(?:not count|pale|gr[ae]y|dizzy|rest\w*|sit\w*|sleep\w*|"
                r"hours?|not stop)"
            ),
            (
                r"(?:defibrillator|icd|device|pace ?maker)~(?:shock\w*|"
                r"fired|went off)|shock\w*~(?:defibrillator|icd|device)"
            ),
        ),
    ),
    "exertional_syncope": Known(
        _ANYBODY,
        (
            rf"{_FAINTS}~~{_SPORT}|{_SPORT}~~{_FAINTS}",
            rf"{_CHEST_PAIN}~(?:when|while|during)~{_SPORT}|(?:when|while|during)~{_SPORT}~~{_CHEST_PAIN}",
        ),
    ),
    "kidney_illness": Known(
        (
            r"(?:pee|urine)~(?:cola|coke|tea|brown|coffee)|(?:cola|coke|tea|brown|coffee)~(?:pee|urine)",
            r"blood\w*~(?:poop\w*|stools?|diarr?h?ea)|(?:poop\w*|stools?|diarr?h?ea)~blood\w*",
        ),
        (
            r"swol+en|swell\w*|puff\w*|pale|(?:pee|urine)~(?:cola|coke)|(?:cola|coke) (?:colou?r\w* )?(?:pee|urine)",
            r"(?:sore|pain\w*|ach\w*)~muscles?|muscles?~(?:sore|pain\w*|ach\w*|hurt\w*)",
            r"(?:little|hardly|barely|not|less)~(?:pee\w*|urin\w*)",
        ),
    ),
    "bowel_or_liver_illness": Known(
        (r"cr[ho]+h?ns?|colitis|ibd|liver (?:disease|failure|transplant)|biliary|cirr?hosis",),
        (r"(?:looks?|is) (?:\w+ )?(?:sick|ill|awful|terrible)", r"bleed\w*|bled", _SPENT, _FEVER),
    ),
    "belly_waves": Known(
        (r"bell(?:y|ies)|stomach|tummy|abdom\w*|cramps?", rf"{_LEGS}~~{_IN_WAVES}|{_IN_WAVES}~~{_LEGS}"),
        (
            r"(?:lower|low|bottom)~right|right (?:lower|side)|append\w*",
            rf"comes? in waves|(?:currant|red|bloody)~jelly|intussus\w*|{_LEGS}",
        ),
    ),
    "diabetic_crisis": Known(
        (
            r"diabet\w*|thirst\w*|drink\w*~(?:a lot|so much|too much|all|nonstop|constant\w*|tons)",
            r"(?:pee\w*|urinat\w*)~(?:a lot|so much|too much|all|nonstop|constant\w*|tons)",
            r"sugars?~(?:high|hi|[3-9]\d\d)|ketones?|insulin\w*",
        ),
        (_VOMIT, _SPENT, r"breath\w*~(?:fast|fruit\w*|deep\w*|heav\w*)|fruity|(?:lost|losing) weight"),
    ),
    "metabolic_illness": Known(
        (r"metabolic|msud|pku|urea cycle|mcad\w*|organic acid\w*|maple syrup urine|galactos\w*|mitochond\w*",),
        (_VOMIT, _FEVER, _SPENT, r"not~(?:eat\w*|feed\w*|keep\w* down)|(?:is|got|very) sick"),
    ),
    "hemoptysis": Known(_ANYBODY, (r"cough\w*~blood\w*|blood\w*~cough\w*",)),
    "sores_with_new_drug": Known(
        (
            (
                r"new (?:medicine\w*|medication\w*|meds?|drug|antibiotic\w*|pills?)|(?:started|began|since)~"
                r"(?:\w*cillin|antibiotic\w*|lamotrigine|"
                r"lamictal|bactrim|carbamazepine|tegretol|medicine|medication)"
            ),
        ),
        (
            r"(?:sores?|blisters?|ulcers?)~(?:mouth|lips?|eyes?|private\w*)",
            r"(?:mouth|lips?|eyes?)~(?:sores?|blisters?|ulcers?)",
        ),
    ),
    "baby_not_feeding": Known(
        _BABY,
        (
            r"(?:not|will not|stopp\w*|refus\w*)~(?:eat\w*|feed\w*|nurs\w*|latch\w*|breast ?feed\w*|bottles?)",
            (
                r"(?:feed\w*|eat\w*|nurs\w*|bottle)~(?:sweat\w*|gr[ae]y|"
                r"blue|limp)|(?:sweat\w*|limp)~~(?:feed\w*|eat\w*|nurs\w*)"
            ),
        ),
    ),
    "newborn_blisters": Known(
        (r"new ?born\w*", r"(?:days?|weeks?) old"),
        (r"blister\w*|pustul\w*|pus|vesicl\w*|fluid filled|cold sores?|herpe\w*",),
    ),
    "infant_jaundice": Known(
        _BABY,
        (
            r"(?:white|pale|gr[ae]y|clay|chalk\w*)~(?:poop\w*|stools?|diapers?)",
            r"(?:poop\w*|stools?)~(?:white|pale|gr[ae]y|clay|chalk\w*)",
            rf"{_YELLOW}~~(?:skin|eyes?|still|again|weeks?)|(?:skin|eyes?)~{_YELLOW}",
            rf"(?:still|weeks?) {_NOT_STOOL}{_YELLOW}",
        ),
    ),
    "few_wet_diapers": Known(
        _BABY,
        (
            r"(?:few\w*|no|only|less|not enough|not many|hardly any|one|two|1|2)~wet~?(?:diapers?|nappy|nappies)",
            r"(?:diapers?|nappy|nappies)~dry|dry~(?:diapers?|nappy|nappies)|not~birth ?weight",
        ),
    ),
    "young_infant_vomit": Known(_BABY, (r"projectile\w*|(?:vomit\w*|spit up|throw\w* up)~(?:shoot\w*|across|far)",)),
}
