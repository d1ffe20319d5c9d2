"""What people write of each sign of danger in English, as patterns over small letters without marks.

Contractions are spelled out before they are compared (`can't`, `cant` and `cannot` are all `can not`). A `~` stands for
up to three words in between. Misspellings that are common stand here too.
"""

from __future__ import annotations

from collections.abc import Mapping

_BREATH = r"b?r(?:ea|e|ee|ae)th\w*"
_NOT = r"(?:not|no|never|hardly|barely)"
_COLOR = r"(?:blue|bluish|blueish|gr[ae]y|grayish|greyish|purple|dusky)"
_SKIN = r"(?:lips?|face|skin|tongue|fingers?|fingertips|nails?|mouth|hands?)"
_SWELLS = r"(?:swell\w*|swol+en|swole|puff\w*|huge|blew up|blown up|bigger|big|closing|tight|fat)"
_HEAD = r"(?:face|lips?|tongue|throat|eyes?|mouth)"
_SEIZURE = r"(?:s|c)(?:ei|ie|ee|ea|e)[zs]ur\w*"
_CHILD = r"(?:me|us|him|her|them|(?:my|our|the) (?:son|daughter|child\w*|kids?|baby|boy|girl)|(?:my|our) \w+)"
_HURTS = (
    r"(?:hit\w*|beat\w*|hurt\w*|slap\w*|kick\w*|punch\w*|chok\w*|push\w*|shov\w*|abus\w*|threat\w*|"
    r"rap(?:e|ed|es)|grab\w*|molest\w*)"
)
_STOOL = r"(?:stools?|poop\w*|poo|poos|diapers?|diarr?h?o?ea|dia?r+h?ea|bottom|butt|bowel\w*|potty)"
_VOMIT = r"(?:throw\w* up|threw up|vom+it\w*|puk\w*|spit\w* up|throw up|barf\w*)"
_DRUGS = (
    r"(?:pills?|meds?|medicine\w*|medication\w*|tablets?|tylenol|ibuprofen|advil|gumm(?:y|ies)|edibles?|"
    r"vitamins?|drugs?)"
)
_POISON = (
    r"(?:batter\w*|magnets?|poison\w*|bleach|cleaner\w*|coins?|penn(?:y|ies)|quarters?|cleaning \w+|"
    r"detergent|pods?|gasoline|gas|alcohol|vape\w*|mushrooms?|chemicals?|antifreeze|lighter fluid|"
    r"hand sanitizer|lamp oil|windex|lysol|fabuloso)"
)
_CAN = r"(?:can|could) (?:not|barely|hardly)"
_FEELS = (
    r"(?:is|was|are|feels?|felt|gets?|got|looks?|turn\w*|went|hurts?|and|very|so|really|too|rock|as|all|super|pretty|kind|"
    r"of|swol+en|bloated|distended|big|tight|tender|stays?|has|been|it|still|now|also|like|area)"
)
_SOFT = rf"(?:to (?!(?:the )?touch)|{_STOOL})"
_GROIN = r"(?:testic\w*|balls?|scrotum|groin|nuts?)"
_SIP = r"(?:little|lot|bit|bites?|sip|mouthful|spoonful|food|seed|glass of)"
_THING = (
    r"(?:screws?|bolts?|(?<!her )(?<!his )(?<!their )(?<!my )nails?|pins?|needles?|tacks?|staples?|beads?|glass(?! of)|"
    r"(?:ear)?rings?|jewelry|marbles?|toys?|legos?|keys?|buttons?|metal|plastic|foil|stones?|balloons?|bottle caps?)"
)
_SELF = r"(?:my|him|her|them|your|our|it)sel(?:f|ves)"
_OURS = (
    r"(?:the|my|our|his|her) (?:\w+ )?(?:bab(?:y|ies)|infant|newborn|twins?|son|daughter|grand\w+|child\w*|kids?|boy|"
    r"girl|nephew|niece|brother|sister)(?! (?:s|bottles?))"
)
_MOVED = r"(?:\w+ )?(?:head|hair|ears?|hands?|arms?|legs?|feet|foot|fists?|fingers?|body|hips|bottom|toys?|rattle)"
"""What a child shakes of its own."""

PATTERNS: Mapping[str, tuple[str, ...]] = {
    "breathing": (
        (
            rf"(?:{_NOT}|hard|tough|rough|trouble|struggl\w*|diff?icult\w*|problems?|issues?|short\w*|stop\w*|fast|"
            rf"labored|heavy)~{_BREATH}"
        ),
        (
            rf"{_BREATH}~(?:hard|fast|badly|heavy|heavily|trouble|diff?icult\w*|funny|weird|problems?|issues?|"
            rf"stopp?\w*|rapid\w*|loud\w*|noisy|shallow|quick\w*)"
        ),
        rf"(?:catch|get|got|out of|lost)~{_BREATH}",
        r"(?:work\w*|fight\w*|gasp\w*|struggl\w*|enough|get\w*|no|need\w*|hungry)~air",
        rf"(?:grunt\w*|wheez\w*|whistl\w*|rasp\w*|gurgl\w*)~~{_BREATH}",
        r"gasp\w*",
        r"chok(?:e|es|ed|ing)\b",
        rf"{_COLOR}~(?:{_SKIN}|around)",
        rf"{_SKIN}~{_COLOR}",
        rf"(?:is|are|looks?|looked|turn\w*|went|going|goes|gets?|got|was) (?:\w+ )?{_COLOR}",
        r"(?:ribs?|chest|belly|stomach|tummy|neck)~(?:suck\w*|pull\w*|sink\w*|cav\w*|in and out)",
        r"(?:suck\w*|pull\w*)~(?:ribs?|chest|neck)",
        r"suffocat\w*|ap+n+ea\w*",
        rf"turning colors|(?:nose|nostrils?|nasal)~flar\w*|(?:{_CAN}|unable to)~finish~sentences?",
    ),
    "unresponsive": (
        (
            rf"{_NOT}~(?:wak\w*|woke\w*|arous\w*|respond\w*|react\w*|answer\w*|open\w*~eyes|mov(?:e|es|ing)$|"
            rf"mov(?:e|es|ing) at all)"
        ),
        r"(?:hard|difficult|impossible|trouble|barely|hardly|tough)~(?:wak\w*|awake|arouse|rouse)",
        r"(?:can|could|will|would|does|do) not~(?:wak\w*|rouse|arouse|stay awake|open (?:his|her|their) eyes)",
        r"(?:keeps?|kept) (?:falling|passing|nodding)~(?:asleep|out|off)",
        r"un ?responsive|uncons?c?ious\w*",
        r"(?:lost|loses|losing)~con(?:s|sc|c)iou?s?ness",
        r"(?:pass(?:ed|es|ing)?|black(?:ed|s|ing)?|knocked|zon(?:ed|ing)) out",
        r"faint(?:ed|s|ing)",
        r"collaps\w*",
        r"limp|flop+y|flop+ed|rag doll",
        r"let?harg\w*|confus(?:ed|ion)|disorient\w*|delirious|delirium",
        r"(?:not|no)~(?:know|knows|recogni[sz]e\w*)~(?:where|who|me|us|mom|dad)",
        r"out of it|not~keep~eyes open",
        r"not (?:mov\w*|respond\w*|wak\w*|alert|herself|himself)",
    ),
    "seizure": (
        _SEIZURE,
        r"seizing|convul[sz]\w*|epilep\w*",
        r"(?:had|have|has|having|another|a) (?:a |an |another )?fits?",
        r"(?:shak\w*|jerk\w*|twitch\w*)~(?:all over|arms?|legs?|body|side|and|uncontrol\w*|head|eyes?)",
        r"(?:body|arms?|legs?|uncontrol\w*|side)~(?:shak\w*|jerk\w*|twitch\w*|shook|stiff\w*)",
        r"(?:stiff\w*|went stiff)~(?:shak\w*|shook|jerk\w*)",
        r"eyes~roll\w*",
        r"rolled (?:back )?(?:his|her|their) eyes",
        r"(?:foam\w*|froth\w*)~mouth",
        r"grand mal|spasms?|(?:shak\w*|jerk\w*|twitch\w*)~minutes?",
        r"head~drop\w*~~(?:over and over|again and again|in a row|clusters?|many times|spells?|episodes?)",
    ),
    "non_blanching_rash": (
        (
            r"(?:spots?|rash|dots?|marks?|blotches|patches|bumps?)~~(?:not|never)~(?:fade\w*|go away|going away|"
            r"turn\w*|disappear\w*|blanch\w*|change)"
        ),
        r"(?:spots?|rash|dots?|blotches|patches|marks?) (?:that )?(?:stays?|remains?)~(?:press\w*|push\w*|glass)",
        r"non ?blanching",
        r"(?:purpl\w*|violet|blood|bloody|black)~(?:spots?|rash|dots?|patch\w*|blotch\w*|speck\w*|marks?)",
        r"(?:spots?|rash|dots?|patch\w*|blotch\w*)~(?:purpl\w*|like blood|under~skin)",
        r"p[ei]te[ck]h?i\w*|purpura",
        r"bruis\w*~~(?:all over|everywhere|no reason|nothing|fever|by themselves|not know|did not)",
        r"(?:new|unexplained|random|many|lots of)~bruis\w*",
        r"pin ?pricks?~(?:spots?|dots?|red)|pinpoint",
    ),
    "anaphylaxis": (
        rf"{_HEAD}~{_SWELLS}",
        rf"(?:swell\w*|swol+en|puff\w*)~~{_HEAD}",
        r"ana?phyla\w*",
        r"allergic~(?:reaction|shock)",
        r"(?:hives|rash|welts)~~(?:throw\w*|vomit\w*|threw|breath\w*|swell\w*|swol+en|all over)",
        r"(?:swell\w*|swol+en)~~hives",
        r"epi ?pens?|epinephrine|auvi q",
    ),
    "stiff_neck": (
        r"neck~~(?:stif+\w*|hard|rigid)",
        r"(?:stif+\w*|rigid)~neck",
        r"not~(?:bend|move|turn|lift|touch|put|get)\w*~(?:neck|chin|head)|neck~~not (?:bend|move|turn)",
        r"(?:hurts?|scream\w*|cry|cries)~(?:bend|move|turn)\w*~(?:neck|head)",
        r"(?:neck~(?:pain|hurts?|sore)|(?:pain|hurts?|sore)~neck)~~(?:fever|light|head\w*|vomit\w*)",
        r"(?:fever|light|head\w*|vomit\w*)~~(?:neck~(?:pain|hurts?|sore)|(?:pain|sore)~neck)",
        r"(?:soft spot|font[ae]n?el+e?)~(?:bulg\w*|swol+en|swell\w*|stick\w*|out|puff\w*|big|hard|full|raised)",
        r"bulging (?:soft spot|font\w*)",
        r"meningitis",
    ),
    "bilious_or_bloody_vomit": (
        rf"{_VOMIT}~~(?:blood\w*|green\w*|bile|coffee|black|brown|red)",
        rf"(?:blood\w*|green\w*|bile|bilious|coffee ground\w*)~~(?:{_VOMIT}|{_STOOL})",
        rf"{_STOOL}~(?:blood\w*|black|red jelly|tarry|jelly|white|pale)",
        rf"(?:black|tarry|jelly|red)~{_STOOL}",
        r"(?:cough\w*|spit\w*|poop\w*)~(?:blood\w*|green|bile)",
        r"blood\w*~(?:bottom|butt|poop\w*|rectum|anus|toilet)",
        r"(?:throwing|thrown|threw|vomit\w*|puk\w*)~(?:blood\w*|green\w*)",
        r"jelly stools?",
    ),
    "dehydration": (
        r"(?:not|no|never|without|only one|hardly any|barely any)~~(?:pee\w*|urin\w*|wet diapers?|wet nappies|tears)",
        r"(?:has|have|had|did|is|was|will) not~(?:pee\w*|urin\w*)",
        r"(?:diapers?|napp(?:y|ies))~dry|dry~(?:diapers?|napp(?:y|ies))",
        r"not (?:keep|hold)\w*~down",
        rf"{_VOMIT}~(?:everything|every|all (?:he|she|the))|throws? up everything|everything~(?:comes|came) back up",
        r"(?:sunken|sunk)~(?:eyes?|soft spot)|(?:eyes?|soft spot)~(?:sunk\w*)",
        r"(?:not|refus\w*|stopped)~(?:drink\w*|nurs\w*|take (?:a|the|any) bottle|feed\w*)",
        r"de ?hy?drat\w*|dry mouth|mouth~very dry",
    ),
    "severe_pain": (
        (
            r"(?:severe\w*|terribl\w*|unbearabl\w*|worst|extrem\w*|awful|excruciat\w*|intense|horribl\w*|strong|"
            r"sudden\w*|really bad|very bad|so bad|bad|a lot of|lots of|crazy|huge)~(?:pain\w*|headaches?|cramps?)"
        ),
        r"pain\w*~(?:so bad|severe|terrible|unbearable|10|ten out|worse|awful|extreme|intense|too much|sudden\w*)",
        r"worst head\w*",
        r"(?:scream\w*|cry\w*|cries|cried|doubl\w*|roll\w*|writh\w*|howl\w*)~~pain\w*",
        r"pain\w*~~(?:scream\w*|howl\w*)|doubl\w* over",
        r"hurts?~(?:so much|so bad|really bad|very bad|a lot|badly|very much|like hell|too much)",
        rf"{_GROIN}~~(?:hurt\w*|pain\w*|swol+en|swell\w*)|(?:hurt\w*|pain\w*|swol+en)~~(?:testic\w*|balls?|scrotum)",
        rf"agony|(?:belly|stomach|tummy|abdomen) (?:{_FEELS} ){{0,5}}(?:hard(?! {_SOFT})|rigid)",
        r"(?:hard|rigid) (?:(?:and )?swol+en )?(?:belly|stomach|tummy|abdomen)",
    ),
    "injury": (
        r"(?:hit|kick\w*|bump\w*|bang\w*|crack\w*|smack\w*|hurt|bonk\w*|split|land\w* on)~(?:head|forehead|skull)",
        r"head~(?:injur\w*|trauma|wound|cut open)",
        r"concuss\w*",
        (
            r"(?:fell|fall\w*|dropp\w*|tumbl\w*|roll\w*)~~(?:stairs?|head|window|bed|bunk|roof|floor|couch|"
            r"changing table|tree|bike|high\w*|steps|sofa|crib|swing)"
        ),
        r"dropp?ed~(?:baby|him|her|child)",
        r"(?:bad|big|deep|large|terrible|serious|horrible)~(?:burn\w*|cuts?|wounds?|gash\w*|injur\w*|bites?)",
        r"burn(?:ed|t|s|ing)?~(?:face|hands?|arms?|body|legs?|water|oil|stove|iron|chest|fingers?|foot|feet|fire)",
        (
            r"(?:boil\w*|hot|scald\w*)~(?:water|oil|coffee|tea|soup|grease)~~(?:arm\w*|chest|face|hand\w*|leg\w*|"
            r"body|him|her|skin|foot|feet|belly)"
        ),
        r"(?:car|truck|bike|motorcycle|atv|auto) (?:accident|crash|wreck)",
        r"(?:car|truck|van|bike|bus) (?:\w+ )?(?:hit|struck|ran)",
        r"(?:hit|struck|run over|ran over|runn?ed over) by|run over",
        (
            r"(?:broke|broken|fractur\w*|dislocat\w*)~(?:arms?|legs?|bones?|wrist|ankle|collar\w*|neck|nose|"
            r"fingers?|hand|foot)"
        ),
        r"bone~(?:stick\w*|out|show\w*)",
        r"(?:not|wo not)~stop~bleed\w*",
        r"bleed\w*~~(?:not|never)~stop\w*|bleed\w*~(?:a lot|bad\w*|heav\w*)",
        r"keeps? bleeding|(?:cuts?|wounds?|gash\w*)~(?:deep|bad|open)",
        r"(?:dog|cat|snake|scorpion|spider|animal|raccoon|bat)\w* (?:\w+ )?(?:bit\w*|stung|sting|attack\w*)",
        r"(?:bit(?:ten)?|stung|attacked)~(?:dog|snake|scorpion|spider|bat|raccoon|animal)",
        r"(?:electr\w*|shock\w*)~(?:outlet|plug|wire|current)|electrocut\w*",
        r"(?:smash\w*|crush\w*|cut off|sliced)~(?:finger\w*|hand|toe\w*|foot)",
        r"drown\w*|stab\w*|gun ?shot|under ?water|(?:bit|chew\w*)~(?:cord|wire)|burn\w*~firework\w*",
    ),
    "poisoning": (
        (
            rf"(?:swall?ow\w*|ate|eat\w*|drank|drink\w*|took|take\w*|chew\w*|got into|gets into|ingest\w*|lick\w*|"
            rf"inhal\w*|in (?:his|her|the) mouth)~~(?:{_POISON}|rat \w+)"
        ),
        (
            rf"(?:swall?ow\w*|ate|eaten|got into|gets into|chewed|ingest\w*|too many|too much|bunch of|"
            rf"whole bottle|all the|bottle of)~~{_DRUGS}"
        ),
        rf"took~(?:my|his|her|our|grand\w*|mom s?|dad s?|too|all|some|a bunch|a lot|someone)~{_DRUGS}",
        rf"{_POISON}~in~mouth",
        r"over ?dos\w*|poi[sz][oe]n\w*",
        r"(?:two|double|triple|ten times|wrong|extra)~(?:doses?|medicine\w*|meds?|dosage|pills?)",
        rf"(?:took|ate|swall?ow\w*) (?:[1-9]\d|[5-9]|ten|twenty|thirty) (?!m[lg]|mcg|days?|weeks?)(?:\w+ )?{_DRUGS}",
        rf"swall?owed (?:something|an? (?!{_SIP}\b)\w+)|swall?ow\w*~{_THING}",
        r"carbon monoxide|smoked (?:something|weed|pot)",
    ),
    "self_harm": (
        rf"(?:kill\w*|hurt\w*|harm\w*|cut\w*|hang\w*|starv\w*|shoot\w*|hit\w*|burn\w*) {_SELF}",
        r"su[is]c?[is]?cid\w*|sucid\w*|suicid\w*",
        r"(?:wan\w*|wish\w*|going|gonna|try\w*|tried|pills)~to (?:die|end it)|should not~(?:be here|exist)",
        r"wanna die|wan\w*~be dead|wish\w*~dead|(?:rather|better)~dead",
        r"not (?:\w+ )?(?:want|wanna|like)~(?:live|be here|be alive|exist|go on|wake up)",
        r"(?:end|take|taking|took|ending) (?:it all|(?:my|his|her|their|your) (?:own )?life)",
        r"better off without|(?:better|good) if~(?:not here|gone|dead)",
        r"(?:no|not) (?:\w+ )?reason to live|(?:not|nothing) (?:\w+ )?(?:worth|to) (?:living|live)",
        r"self ?harm\w*|self ?injur\w*",
        r"(?:she|he|they|i|daughter|son) cuts?$",
        r"cuts? on~(?:arms?|wrists?|legs?|thighs?)~~(?:made|did|her|him)",
        r"cut(?:s|ting)~(?:arms?|wrists?|legs?|thighs?)",
        r"never~born|goodbye (?:note|letter)|suicide note",
        r"hang (?:him|her|my|them)self|jump off|(?:slit\w*|slash\w*)~wrists?|wrists? (?:\w+ )?(?:slit|slashed)",
        r"cut (?:open )?(?:(?:her|his|my|their|own|both|left|right) ){1,2}wrists?",
    ),
    "unsafe": (
        rf"{_HURTS} (?:on )?{_CHILD}",
        (
            r"(?:is|was|are|were|been|being|gets?|got) (?:\w+ )?(?:hit|hitting|beaten|beating|slapped|raped|"
            r"molested|abused|hurting|choked|threatened|kicked|touched)"
        ),
        r"(?:drunk|drinks?|drinking|angry|mad)~~(?:hit\w*|beat\w*|hurt\w*|break\w*|gun)",
        r"not~safe~(?:here|home|house|with|around)",
        r"(?:not|never)~(?:feel\w*|felt) safe",
        r"(?:i am|i m|we are|we re|she is|he is|kids are) not safe|unsafe",
        (
            r"(?:afraid|scared|terrified|fear\w*|frightened)~(?:him|her|them|home|house|(?:my|the|her|"
            r"his) (?:husband|wife|partner|father|mother|boyfriend|girlfriend|dad|mom|uncle|brother|ex|step\w*|"
            r"stepdad|man)|what (?:he|she|they))"
        ),
        (
            r"(?:someone|somebody|uncle|cousin|stepdad|stepfather|stepbrother|grandpa|grandfather|neighbor|dad|"
            r"father|boyfriend|teacher|coach|brother|man|he|they)~touch(?:ed|es|ing)~(?:me|her|him|private\w*|"
            r"(?:my|our) \w+)"
        ),
        r"touch\w*~private\w*",
        r"abus(?:e|ed|es|ing|ive)\b",
        r"violen(?:t|ce)",
        r"molest\w*|rap(?:e|ed|ist)|incest|sexual assault|threat\w*",
        r"(?:he|husband|boyfriend|ex|dad|father|wife|partner)~(?:gun|knife|weapon)",
        r"not let (?:me|us|her)~(?:leave|go|out)|lock\w* (?:me|us|her) (?:in|out|up)",
        r"bruis\w*~from~(?:husband|boyfriend|dad|father|mom|mother|him|her|partner|step\w*|ex)",
        rf"by the (?:neck|hair|throat)|shaken baby|(?:shak(?:es?|ed|ing)|shook) (?:him|her(?! {_MOVED})|{_OURS})",
        rf"(?:{_OURS}|he|she) (?:was|got|is being|has been|gets?) (?:\w+ )?shaken(?! up)",
    ),
}  # fmt: skip

NEWBORN = (
    r"new ?born\w*",
    r"new baby",
    (
        r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|"
        r"few)(?: \w+)? ?d(?:ays?)? old"
    ),
    r"(?:1[0-3]|[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|few) ?(?:weeks?|wks?|w) old",
    r"(?:[1-3]|one|two|three|a) ?(?:months?|mos?|m) old",
    r"born~(?:days?|weeks?) ago",
    r"baby (?:is |of )?(?:[1-3]|one|two|three) months?",
)
"""Ages below three months, or about it, that cannot be the time since something began."""
NEWBORN_MAYBE = (r"is (?:[1-3]|one|two|three) months?", r"(?:1[0-3]|[1-9]|two|three|four|five|six|seven|eight) weeks?")
"""What may be an age as well as a time: it counts for a child who may be so young."""
FEVER = (
    r"fe[bv]e?r\w*",
    r"hot",
    r"warm",
    r"temp\w*",
    r"burn\w* up",
    r"10[0-6]",
    r"38",
    r"39",
    r"4[01]",
)  # fmt: skip
