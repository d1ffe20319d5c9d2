"""What people write of each sign of danger in English, as patterns over small letters without marks.

Contractions are spelled out before they are compared (`can't`, `cant` and `cannot` are all `can not`). A `~` stands for
up to three words in between. Misspellings that are common stand here too.
"""

from __future__ import annotations

from collections.abc import Mapping

from econsult.consults.danger_harm_english import HARM

_BREATH = r"b?r(?:ea|e|ee|ae)th\w*"
_NOT = r"(?:not|no|never|hardly|barely)"
_PAINT = r"(?! (?:(?:from|with|the|a|his|her|nail) )*(?:polish|paint\w*|markers?|socks?|shoes?|gloves|mittens))"
_COLOR = rf"(?:blue|bluish|blueish|gr[ae]y|grayish|greyish|purple|purply|purplish|dusky|blueberr\w*){_PAINT}"
_SKIN = r"(?:lips?|face|skin|tongue|fingers?|fingertips|toes?|(?:finger|toe)?nails?|mouth|hands?)"
_SWELLS = r"(?:swell\w*|swol+en|swole|puff\w*|huge|blew up|blown up|bigger|big|closing|tight|fat)"
_HEAD = r"(?:face|lips?|tongue|throat|eyes?|mouth)"
_STOOL = r"(?:stools?|poop\w*|poo|poos|diapers?|diarr?h?o?ea|dia?r+h?ea|bottom|butt|bowel\w*|potty)"
_VOMIT = r"(?:throw\w* up|threw up|vom+it\w*|puk\w*|spit\w* up|throw up|barf\w*)"
_SEIZURE = r"(?:s|c)(?:ei|ie|ee|ea|e)[zs][ue]+r\w*"
_SICK = r"(?:cold|icy|fever\w*|hot|pale|sweat\w*|clammy|sleepy|limp|sick)"
_CAN = r"(?:can|could) (?:not|barely|hardly)"
_FEELS = (
    r"(?:is|was|are|feels?|felt|gets?|got|looks?|turn\w*|went|hurts?|and|very|so|"
    r"really|too|rock|as|all|super|pretty|kind|"
    r"of|swol+en|bloated|distended|big|tight|tender|stays?|has|been|it|still|now|also|like|area)"
)
_SOFT = rf"(?:to (?!(?:the )?touch)|{_STOOL})"
_GROIN = r"(?:testic\w*|balls?|scrotum|groin|nuts?)"

_NO_MOAN = (
    r"(?! (?:about (?!(?:\w+ )?(?:head|belly|stomach|tummy|pain|neck|back|legs?)\b)|over |when (?:i|we|you) "
    r"(?:brush|comb|say|tell|ask|turn)\w*))"
)
_NO_FIT = r"(?! (?:about|over|if|when (?:i|we|you|he|she) (?:\w+ )?(?:turn|take|say|tell|ask|want|lose)))"
_LAUGH = r"(?:laugh\w*|giggl\w*|smil\w*|excite\w*)"
_PUSHED = r"(?:press|push)\w*(?! (?:away|off))"

_ILLNESS: Mapping[str, tuple[str, ...]] = {
    "breathing": (
        (
            rf"(?:{_NOT}|hard|tough|rough|trouble|struggl\w*|diff?icult\w*|problems?|issues?|short\w*|stop\w*|fast|"
            rf"fight\w*|labored|heavy)~{_BREATH}"
        ),
        (
            rf"{_BREATH}~(?:hard|fast|badly|heavy|heavily|trouble|diff?icult\w*|funny|weird|problems?|issues?|"
            rf"stopp?\w*|rapid\w*|loud\w*|noisy|shallow|quick\w*)"
        ),
        rf"(?:catch|get|got|out of|lost)~{_BREATH}",
        r"(?:work\w*|fight\w*|gasp\w*|struggl\w*|enough|get\w*|no|need\w*|hungry)~air",
        rf"(?:grunt\w*|squeak\w*|squeal\w*|high pitch\w*|wheez\w*|whistl\w*|rasp\w*|gurgl\w*)~~{_BREATH}",
        r"gasp\w*",
        r"chok(?:e|es|ed|ing)\b",
        rf"{_COLOR}(?! (?:spots?|dots?|streaks?|lines?))~(?:{_SKIN}|around)",
        r"wheez\w*~~(?:not|hardly|barely)~(?:talk|speak|sleep|eat|drink|lay|lie|play|walk)\w*",
        r"(?:now|sting|stung|started) (?:\w+ )?wheez\w*|wheez\w*~(?:now|bad\w*|loud\w*|hard|a lot|all night|worse)",
        r"get~words? out~~cough\w*|cough\w*~~get~words? out",
        rf"(?:see|show\w*|count)~ribs?~~{_BREATH}",
        rf"{_BREATH} like (?:(?:he|she|they) (?:just |has |had )*(?:ran|run)|an? (?:dog|puppy|fish|train))",
        r"panting~(?:hours?|minutes?|rest\w*)",
        rf"{_COLOR}~(?:sweat\w*|clammy|cold)|(?:pale|white)~(?:cold|clammy|sweat\w*)",
        rf"(?<!a )(?:cold|sweat\w*|clammy)~(?:{_COLOR}|clammy|pale)|(?<!a )cold (?:and |very )?sweaty",
        rf"(?:mottl\w*|marbl\w*)~~{_SICK}|{_SICK}~~(?:mottl\w*|marbl\w*)",
        rf"(?<!painted my )(?<!painted her )(?<!painted the ){_SKIN}~{_COLOR}",
        rf"(?:is|are|looks?|looked|turn\w*|went|going|goes|gets?|got|was) (?:\w+ )?{_COLOR}",
        (
            r"(?:ribs?|chest|belly|stomach|tummy|neck)~(?:suck\w*|pull\w*|sink\w*|cav\w*|in and out|"
            r"go(?:es|ing)? (?:way )?in)"
        ),
        r"(?:suck\w*|pull\w*)~(?:ribs?|chest|neck)",
        r"suffocat\w*|ap+n+ea\w*|(?:barely|hardly) (?:even )?(?:talk|speak|cry)\w*",
        r"whistl\w*~~(?:pull|tak|suck)\w*~(?:air|breath)",
        rf"{_BREATH}~nothing~~(?:{_BREATH}|again)|lips?~chang\w*~colou?rs?|too weak~(?:cry|suck|nurse|eat|feed)\w*",
        rf"{_BREATH}~~grunt\w*|(?:nose|nostrils?)~opens? (?:up|wide)",
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
        r"like a (?:wet )?(?:noodle|dishrag|jelly)|slump\w*|gibberish|slur\w*|not get (?:him|her|them) (?:going|awake)",
        r"limp|flop+y|flop+ed|rag doll",
        r"let?harg\w*|confus(?:ed|ion)|disorient\w*|delirious|delirium",
        r"(?:not|no)~(?:know|knows|recogni[sz]e\w*)~(?:where|who|me|us|mom|dad)",
        r"out of it|not~keep~eyes open|eyes~half (?:open|shut|closed)~~not",
        rf"(?:just|only|keeps?) (?:moan|whimper)\w*{_NO_MOAN}",
        r"not (?:even )?look~(?:me|us)~~(?:moan\w*|limp|whimper\w*)",
        r"(?:see\w*|hear\w*)~things~~(?:fever|not there)|talk\w* nonsense|not mak\w* (?:any )?sense|hallucinat\w*",
        r"sleep\w*~(?:all|whole) day~~(?:not|hard\w*)~(?:get up|eat|drink|wake)",
        rf"(?:sleep\w*|slept)~{_CAN} (?:get|make) (?:him|her|them) (?:to )?(?:get )?(?:up|eat|drink|awake)",
        r"not (?:mov\w*|respond\w*|wak\w*|alert|herself|himself)",
    ),
    "seizure": (
        _SEIZURE,
        r"seizing|convul[sz]\w*|epilep\w*",
        (
            r"(?<!throw )(?<!throws )(?<!threw )(?<!throwing )(?:had|have|has|having|another|a) "
            rf"(?:a |an |another )?fits?{_NO_FIT}"
        ),
        (
            r"(?:shak\w*|jerk\w*|twitch\w*)~(?:all over|arms?|legs?|body|side|and|uncontrol\w*|eyes?|"
            r"head(?! (?:no|yes)\b))"
        ),
        r"(?:body|arms?|legs?|uncontrol\w*|side)~(?:shak\w*|jerk\w*|twitch\w*|shook|stiff\w*)",
        r"(?:stiff\w*|went stiff)~(?:shak\w*|shook|jerk\w*)",
        r"(?:arm|leg|hand|foot|face|side)~(?:jump|jerk|twitch|shak)\w*~(?:it is own|itself)|jaw~~drool\w*",
        r"eyes~roll\w*",
        r"eyes~(?:went|go\w*) (?:up|back)~~(?:shook|shak\w*|stiff\w*)|shook for~(?:min\w*|sec\w*)",
        r"rolled (?:back )?(?:his|her|their) eyes",
        r"(?:foam\w*|froth\w*)~mouth",
        r"star(?:e|es|ed|ing) (?:spells?|episodes?|off~not)|(?:fell|drop\w*)~(?:ground|floor) (?:and )?shak\w*",
        r"tongue~~(?:shak|jerk|stiff)\w*|(?:shak|jerk)\w*~~tongue",
        rf"shaking(?! (?:with|from) {_LAUGH})~then~(?:slept|asleep|sleeping)(?! {_LAUGH})",
        r"shak\w* (?:fit|spell|attack|episode)s?",
        r"grand mal|spasms?|(?:shak\w*|jerk\w*|twitch\w*)~minutes?",
        r"head~(?:drop|nod|bob)\w*~~(?:over and over|again and again|in a row|clusters?|many times|spells?|episodes?)",
    ),
    "non_blanching_rash": (
        (
            r"(?:spots?|rash|dots?|marks?|blotches|patches|bumps?)~~(?:not|never)~(?:fade\w*|go away|going away|"
            r"turn\w*|disappear\w*|blanch\w*|change)"
        ),
        r"(?:spots?|rash|dots?|blotches|patches|marks?) (?:that )?(?:stays?|remains?)~(?:press\w*|push\w*|glass)",
        rf"{_PUSHED}~(?:glass|cup)(?! (?:\w+ )?(?:away|off)\b)~~(?:not|still|stay\w*)",
        r"glass~~(?:not|never)~(?:fade\w*|go away|disappear\w*)",
        r"(?:rash|spots?|dots?)~~(?:red pen|pen marks?|ink|splatter\w*)",
        r"non ?blanching|(?:rash|spots?)~like bruis\w*",
        r"(?:purpl\w*|violet|blood|bloody|black)~(?:spots?|rash|dots?|patch\w*|blotch\w*|speck\w*|marks?)",
        r"(?:spots?|rash|dots?|patch\w*|blotch\w*)~(?:purpl\w*|like blood|under~skin)",
        r"p[ei]te[ck]h?i\w*|purpura",
        r"bruis\w*~~(?:all over|everywhere|no reason|nothing|fever|by themselves|not know|did not)",
        r"(?:new|unexplained|random|many|lots of)~bruis\w*",
        r"pin ?pricks?~(?:spots?|dots?|red)|pinpoints?",
    ),
    "anaphylaxis": (
        rf"{_HEAD}~{_SWELLS}",
        rf"(?:swell\w*|swol+en|puff\w*)~~{_HEAD}",
        r"ana?phyla\w*|throat~~clos\w*",
        rf"{_HEAD}~(?:doubl\w*|twice~size|triple\w*)",
        r"allergic~(?:reaction|shock)",
        r"(?:stung|sting|bee|wasp|hornet|peanut\w*|cashew\w*|walnut\w*|almond\w*|shrimp|nuts?)~~throat",
        r"(?:hives|rash|welts)~~(?:throw\w*|vomit\w*|threw|breath\w*|swell\w*|swol+en|all over)",
        r"(?:swell\w*|swol+en)~~hives",
        r"epi ?pens?|epinephrine|auvi q",
    ),
    "stiff_neck": (
        r"(?:neck|jaw)~~(?:stif+\w*|hard|rigid|lock(?:s|ed|ing)?)",
        r"(?:stif+\w*|rigid)~neck",
        r"not~(?:bend|move|turn|lift|touch|put|get)\w*~(?:neck|chin|head)|neck~~not (?:bend|move|turn)",
        r"(?:hurts?|scream\w*|cry|cries)~(?:bend|move|turn)\w*~(?:neck|head)",
        r"(?:neck~(?:pain|hurts?|sore)|(?:pain|hurts?|sore)~neck)~~(?:fever|li(?:ght|te)s?|head\w*|vomit\w*|bend)",
        r"(?:fever|li(?:ght|te)s?|head\w*|vomit\w*)~~(?:neck~(?:pain|hurts?|sore)|(?:pain|sore)~neck)",
        (
            r"(?:soft spot|font[ae]n?el+e?)~~(?:bulg\w*|swol+en|swell\w*|stick\w*|pok\w*|pop\w*|rais\w*|"
            r"out|puff\w*|big|hard|full)"
        ),
        r"bulging (?:soft spot|font\w*)|top of (?:\w+ ){0,3}head~(?:puff|swol|swell|bulg|sunk)\w*",
        r"meningitis",
    ),
    "bilious_or_bloody_vomit": (
        rf"{_VOMIT}~~(?:blood\w*|green\w*|bile|coffee|black|brown|red)",
        rf"(?:blood\w*|green\w*|bile|bilious|coffee ground\w*)~~(?:{_VOMIT}|{_STOOL})",
        rf"{_VOMIT}~(?:like|color of)~(?:grass|spinach|peas?|antifreeze)",
        rf"{_STOOL}~like~(?:coffee|tar|asphalt|ketchup|licorice|raspberr\w*|currant\w*|jam)",
        rf"{_STOOL}~(?:blood\w*|black|red jelly|tar|tarry|jelly|white|pale)",
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
        r"not (?:keep|hold)\w*~~down|nothing (?:\w+ )?(?:stay\w*|stays) down",
        r"only~(?:pee\w*|urin\w*) (?:once|one time|1 time)|(?:pee\w*|urin\w*) only (?:once|one)",
        rf"{_VOMIT}~(?:everything|every|all (?:he|she|the))|throws? up everything|everything~(?:comes|came) back up",
        r"(?:sunken|sunk|hollow)~(?:eyes?|soft spot)|(?:eyes?|soft spot)~(?:sunk\w*|hollow)",
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
        r"(?:scream\w*|howl\w*|cry\w*|cries)~(?:hold\w*|grab\w*|clutch\w*)~(?:belly|stomach|tummy|head|side)",
        r"pain\w*~(?:lower right|right lower|right side)",
        r"(?:lower right|right lower)~~(?:pain\w*|hurt\w*)|app?endi[cx]\w*",
        r"(?:sharp|stabbing)~pain\w*~~(?:private\w*|woke|belly|stomach|tummy|chest|head)",
        r"(?:scream\w*|woke|sudden\w*)~~privates?~(?:hurt\w*|pain\w*|swol+en|swell\w*)",
        r"(?:belly|stomach|tummy|abdomen)~(?:so|too|very|really|super) (?:tight|tense)",
        r"not let~touch~(?:belly|stomach|tummy)|hurts? (?:that|this) bad",
        r"hurts?~(?:so much|so bad|really bad|very bad|a lot|badly|very much|like hell|too much)",
        rf"{_GROIN}~~(?:hurt\w*|pain\w*|swol+en|swell\w*|twice|double|{_COLOR}|black)|(?:hurt\w*|pain\w*|swol+en)~~(?:testic\w*|balls?|scrotum)",
        rf"agony|(?:belly|stomach|tummy|abdomen) (?:{_FEELS} ){{0,5}}(?:hard(?! {_SOFT})|rigid)",
        r"(?:hard|rigid) (?:(?:and )?swol+en )?(?:belly|stomach|tummy|abdomen)",
    ),
}  # fmt: skip
PATTERNS: Mapping[str, tuple[str, ...]] = {**_ILLNESS, **HARM}

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
