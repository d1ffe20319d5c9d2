"""What people write in English of harm that comes from outside or from oneself; see `danger_english`."""

from __future__ import annotations

from collections.abc import Mapping

_CHILD = r"(?:me|us|him|her|them|(?:my|our|the) (?:son|daughter|child\w*|kids?|baby|boy|girl)|(?:my|our) \w+)"
_HURTS = (
    r"(?:hit\w*|beat\w*|hurt\w*|slap\w*|kick\w*|punch\w*|chok\w*|push\w*|shov\w*|abus\w*|threat\w*|"
    r"rap(?:e|ed|es)|grab\w*|molest(?:ed|er|ers|ing|s|ation)?)"
)
_DRUGS = (
    r"(?:pills?|meds?|medicine\w*|medication\w*|tablets?|tylenol|ibuprofen|advil|gumm(?:y|ies)|edibles?|"
    r"vitamins?|drugs?)"
)
_BRANDS = r"(?:b[ei]n[ae]dr[yi]l+s?|motrins?|aspirins?|aleves?|melatonins?|adderalls?|xanax|zyrtecs?|claritins?)"
_POISON = (
    r"(?:batter\w*|magnets?|poison\w*|bleach|cleaner\w*|coins?|penn(?:y|ies)|quarters?|cleaning \w+|"
    r"detergent|pods?|gasoline|gas|alcohol|vape\w*|mushrooms?|chemicals?|antifreeze|lighter fluid|"
    r"hand sanitizer|lamp oil|windex|lysol|fabuloso)"
)
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
_MAN = (
    r"(?:uncle|cousin|step ?dad|step ?father|step ?brother|grandpa|grandfather|"
    r"neighbou?r|boyfriend|coach|teacher|pastor|"
    r"man|someone|somebody|babysitter|sitter)"
)
_NO_PART = r"(?! (?:knee|ankle|leg|arm|foot|back|hand|hair|phone|bike|room)s?\b)"
_MOVED = r"(?:\w+ )?(?:head|hair|ears?|hands?|arms?|legs?|feet|foot|fists?|fingers?|body|hips|bottom|toys?|rattle)"
"""What a child shakes of its own."""
_SAYS = (
    r"(?<!nurse )(?<!office )(?<!clinic )(?<!doctor )(?<!teacher )(?:text\w*|told|tell\w*|sa(?:ys|id)|wrote|post\w*)"
    r"(?! from (?:\w+ )?(?:nurse|office|clinic|doctor|teacher))"
)
_ON_A_DAY = (
    r"(?! (?:on |this |until )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r" (?:\w+ ){0,3}(?:appointments?|appt|visit|check ?up|class|practice|school|shots))"
)
"""When somebody is away from an appointment or a lesson, and from nothing else."""
_PLAN_AT_SCHOOL = r"(?! (?:for (?!how)|from|with|in place|at (?:school|home)))"
_IRON = (
    r"(?:(?:the|an?|his|her|my|curling|flat|hot|clothes|this) iron(?! (?:drops?|pills?|supplements?|syrup))|iron burn)"
)
_HOT, _OF_IT = (
    r"(?:curling iron|flat iron|stove|burner|oven|grill)",
    r"(?:knobs?|buttons?|dials?|mitts?|lights?|cheese)",
)
_NO_BURN = r"(?! (?:\w+ ){0,4}(?:shoes?|boots?|sneakers?|sandals?|cleats|hik\w*|walking))"

HARM: Mapping[str, tuple[str, ...]] = {
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
        r"(?:wrist|arm|leg|elbow|ankle|finger)~(?:bent (?:wrong|funny|back\w*|the wrong)|deformed)",
        r"(?:grease|oil)~(?:popped|splash\w*)",
        rf"(?:grabbed|touched|(?:he|she) (?:just )?(?:grab|touch))~{_HOT}(?! {_OF_IT})",
        rf"touching~{_HOT}~~(?:burn\w*|blister\w*|red|hands?|fingers?|palms?)",
        rf"(?:{_IRON}|stove|burner|heater|oven|grill|campfire|muffler)~~blister\w*{_NO_BURN}",
        r"(?:nail|screw|glass|needle|stick)~(?:through|into|stuck in)~(?:foot|hand|eye|leg|arm)",
        r"stepped on (?:a|some) (?:nail|glass|needle)",
        r"bone~(?:stick\w*|out|show\w*)",
        r"(?:not|wo not)~stop~bleed\w*",
        r"bleed\w*~~(?:not|never)~stop\w*|bleed\w*~(?:a lot|bad\w*|heav\w*)",
        r"keeps? bleeding|(?:cuts?|wounds?|gash\w*)~(?:deep|bad|open)",
        r"(?:dog|cat|snake|scorpion|spider|animal|raccoon|bat)\w* (?:\w+ )?(?:bit\w*|stung|sting|attack\w*)",
        r"(?:bit(?:ten)?|stung|attacked)~(?:dog|snake|scorpion|spider|bat|raccoon|animal)",
        r"(?:electr\w*|shock\w*)~(?:outlet|plug|wire|current)|electrocut\w*",
        r"(?:smash\w*|crush\w*|cut off|sliced)~(?:finger\w*|hand|toe\w*|foot)",
        r"(?:slam\w*|smash\w*|crush\w*)~(?:door|gate)|(?:finger|toe|ear)\w*~(?:hanging|dangl\w*)",
        r"drown\w*|stab\w*|gun ?shot|under ?water|(?:bit|chew\w*)~(?:cord|wire)|burn\w*~firework\w*",
    ),
    "poisoning": (
        r"found~~(?:opioid|oxy\w*|pills?|medicines?|medications?|meds?) (?:bottle|box)~(?:open\w*|empty)",
        (
            rf"(?:swall?ow\w*|ate|eat\w*|drank|drink\w*|took|take\w*|chew\w*|got into|gets into|ingest\w*|lick\w*|"
            rf"inhal\w*|in (?:his|her|the) mouth)~~(?:{_POISON}|rat \w+)"
        ),
        (
            rf"(?:swall?ow\w*|ate|eaten|got into|gets into|chewed|ingest\w*|too many|too much|bunch of|"
            rf"whole bottle|all the|bottle of)~~{_DRUGS}"
        ),
        rf"took~(?:my|his|her|our|grand\w*|mom s?|dad s?|too|all|some|a bunch|a lot|someone)~{_DRUGS}",
        rf"(?:chug\w*|gulp\w*|downed)~~(?:syrup|{_DRUGS}|{_BRANDS})",
        rf"(?:syrup|{_DRUGS}|{_BRANDS})~(?:whole|entire) bottle|(?:half|most|whole|entire)~bottle~~(?:syrup|{_BRANDS})",
        rf"{_POISON}~in~mouth|found~~(?:vape\w*|nicotine|{_DRUGS}|bottle)~(?:empty|gone|missing|spilled)",
        r"over ?dos\w*|poi[sz][oe]n\w*",
        r"(?:two|double|triple|ten times|wrong|extra)~(?:doses?|medicine\w*|meds?|dosage|pills?)",
        (
            rf"(?:took|ate|swall?ow\w*) (?:[1-9]\d|[5-9]|ten|twenty|thirty) (?!m[lg]|mcg|"
            rf"days?|weeks?)(?:\w+ )?(?:{_DRUGS}|{_BRANDS})"
        ),
        rf"swall?owed (?:something|an? (?!{_SIP}\b)\w+)|swall?ow\w*~{_THING}",
        r"(?:sniff\w*|huff\w*)~(?:glue|paint|gas|gasoline|markers?|aerosols?)|acting (?:high|drunk)",
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
        r"(?:life|living)~not worth|(?:googl|search|look)\w*~how to (?:die|kill|hang|end|do it)",
        r"(?:how|ways?) to (?:die|kill|hang)|made (?:plans?|a plan) to (?:die|kill)",
        r"(?:takes?|took) (?:a )?(?:razors?|blades?|knife|knives)~to (?:her|his|their)~(?:leg|arm|wrist|thigh)s?",
        r"self ?harm\w*|self ?injur\w*",
        r"(?:she|he|they|i|daughter|son) cuts?$",
        r"cuts? on~(?:arms?|wrists?|legs?|thighs?)~~(?:made|did|her|him)",
        r"cut(?:s|ting)~(?:arms?|wrists?|legs?|thighs?)",
        r"never~born|goodbye (?:note|letter|message|text|video)|suicide note",
        r"(?:text\w*|sent|wrote|left|post\w*)~~good ?bye",
        (
            rf"(?:counsel\w*|friends?|(?:told|tells?|telling)~(?:teacher|therapist|nurse))~(?:he|she|they) "
            rf"ha(?:s|ve) a plan{_PLAN_AT_SCHOOL}"
        ),
        rf"{_SAYS}~~(?:he|she) (?:will|would) not be (?:alive|(?:here|around){_ON_A_DAY})",
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
        r"touch\w*~private\w*|made (?:her|him|me|them) (?:touch|undress|take off|do things)",
        rf"{_MAN}~(?:did|does|doing) (?:\w+ )?(?:something|things|stuff)~(?:to|with) (?:me|her|him|them|us){_NO_PART}",
        rf"{_MAN} (?:\w+ )?(?:come|comes|came|goes|went|gets|got) (?:in|into|in to) (?:her|his|my|their) (?:room|bed)",
        (
            r"(?:threw|throw\w*|slam\w*|shov\w*|push\w*) (?:me|her|him|them|us) (?:against|"
            r"across|down|into (?:the|a) (?:wall|door))"
        ),
        r"burn\w* (?:me|her|him|them|us) (?:with|on purpose)|cigarette (?:burns?|marks?)",
        r"hand ?prints?~(?:face|back|leg|arm|bottom|butt|neck)",
        r"bruis\w*~(?:shaped?|like)~(?:hand|fingers?|belt|cord)|belt marks?",
        r"abus(?:e|ed|es|ing|ive)\b",
        r"violen(?:t|ce)",
        r"molest(?:ed|er|ers|ing|s|ation)?|rap(?:e|ed|ist)|incest|sexual assault|threat\w*",
        r"(?:he|husband|boyfriend|ex|dad|father|wife|partner)~(?:gun|knife|weapon)",
        r"not let (?:me|us|her)~(?:leave|go|out)|lock\w* (?:me|us|her) (?:in|out|up)",
        r"bruis\w*~from~(?:husband|boyfriend|dad|father|mom|mother|him|her|partner|step\w*|ex)",
        rf"by the (?:neck|hair|throat)|shaken baby|(?:shak(?:es?|ed|ing)|shook) (?:him|her(?! {_MOVED})|{_OURS})",
        rf"(?:{_OURS}|he|she) (?:was|got|is being|has been|gets?) (?:\w+ )?shaken(?! up)",
    ),
}  # fmt: skip
