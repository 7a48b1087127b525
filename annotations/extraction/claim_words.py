"""The words by which claims are told: what speaks for a check, and what against it."""

from annotations.extraction.words import DAYS, MONTHS, TITLES, word_set

#: numbers in words, fractions among them; "one" is left out, it mostly counts nothing
NUMBERS = word_set(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds "
    "thousand thousands million millions billion billions trillion trillions dozen dozens half halves "
    "quarter third thirds fifth tenth tenths quarters majority minority"
)
#: comparatives, which compare only together with "than" or "compared"
COMPARATIVES = word_set(
    "more fewer less higher lower larger smaller greater better worse faster slower cheaper older younger "
    "bigger stronger weaker poorer richer earlier later longer shorter closer further safer compared"
)
#: one thing measured by another: "twice the price", "four times as many", "half as often"
MULTIPLES = word_set(
    "twice thrice double doubled doubles doubling triple tripled tripling quadruple quadrupled halved "
    "halving tenfold fivefold threefold twofold"
)
#: figures that move
CHANGES = word_set(
    "increase increased increases increasing decrease decreased decreases decreasing declined decline "
    "declines declining grow grew grows grown growing growth rose rise rises risen rising fell fall falls "
    "fallen falling drop dropped drops dropping soared soaring plunged surged surging shrank shrinks "
    "shrunk shrinking cut cuts cutting lost lose losing gained gains raise raised raises lowered lowers "
    "slashed expanded expands reduced reduces reducing slowed stalled climbed collapsed swelled worsened "
    "improved"
)
#: the highest, the first, the only: one counter-example refutes it
SUPERLATIVES = word_set(
    "most least largest biggest highest lowest worst best fastest slowest oldest youngest longest "
    "shortest greatest smallest strongest weakest poorest richest busiest deadliest cheapest cleanest "
    "safest tallest deepest hardest first only record unprecedented unique ranks ranked ranking rank tops "
    "leading sole"
)
#: every, none, never: likewise
UNIVERSALS = word_set("every none never ever always nobody entire entirely all nothing no neither")
#: rules and those who make, break and apply them
LAW = word_set(
    "law laws bill bills act ban banned bans court courts ruled ruling illegal illegally constitution "
    "amendment treaty treaties legislation tax taxes taxed taxpayers voted vote votes voting veto vetoed "
    "signed repeal repealed sanctions convicted indicted sentenced pleaded sued sue lawsuit regulation "
    "regulations legal outlawed charter permit permits licence license licensed statute statutes "
    "ordinance decree subpoena prohibited prohibits forbids forbidden fined fine arrested charged "
    "prosecuted acquitted appealed ratified enacted passed resolution supreme loophole loopholes"
)
#: what led to what
CAUSES = word_set(
    "because due caused cause causes causing led leads leading resulted result results responsible linked "
    "thanks therefore thereby consequence consequences prevented prevents allowed allows forced forces "
    "blame blamed contributed triggered"
)
#: what public argument is about
PUBLIC_LIFE = word_set(
    "jobs job unemployment unemployed employment economy economic deficit deficits debt budget budgets "
    "spending spend trade wages wage salaries income incomes revenue revenues costs cost prices price "
    "premiums poverty poor crime crimes murder murders deaths casualties troops soldiers nuclear weapons "
    "missiles oil gas coal energy emissions pollution healthcare health hospitals insurance insured "
    "uninsured medicare medicaid pensions welfare education schools school students teachers universities "
    "immigrants immigration refugees border borders population inflation exports imports election "
    "elections poll polls percent war wars military police manufacturing industry industries workers "
    "veterans families children countries nations government administration congress parliament senate "
    "council programme program programs funding funds fund subsidies housing rents rent homes traffic "
    "passengers visitors customers patients residents farmers companies company business businesses banks "
    "loans shares profits terrorists attack attacks"
)
#: past tenses and participles that do not end in "-ed"; those that do are told by their ending
EVENT_VERBS = word_set(
    "was were had did went came took made won lost became began fell rose left sent met got gave spent "
    "paid built broke ran held brought bought sold cut shut hit put kept led grew taken given gone done "
    "seen shown written wrote drawn drove flew shot sank stood struck taught told said thought understood"
)
#: the perfect and other forms in which what somebody did is stated
AUXILIARIES = word_set("has have had hasn't haven't hadn't hasn’t haven’t hadn’t did didn't didn’t been")
#: words that tie an event to a time
DATES = (
    DAYS
    | (MONTHS - {"may", "march"})
    | word_set("yesterday ago decade decades year years month months week weeks since until century annually")
)
#: words in "-ed" that tell of no event
NO_EVENTS = word_set(
    "need indeed united speed hundred concerned excited supposed honored honoured blessed pleased worried "
    "interested tired convinced committed prepared troubled"
)
#: that something exists, is so or goes on now
STATES = word_set(
    "is are has have costs cost contains consists includes include requires require covers cover provides "
    "owns runs employs produces carries serves lives exists remains supports opposes favors favours "
    "refuses works holds sells pays helps contributes comes goes gets takes makes gives says shows means"
)
#: others than speaker and hearer: those whose deeds can be looked up
OTHERS = word_set(
    "he she they his her their himself herself themselves he's she's they've he’s she’s they’ve"
)
#: persons and bodies that act in public
BODIES = TITLES | word_set(
    "president presidents minister premier chancellor king queen prince pope governor governors mayor "
    "senator senators secretary ambassador congressman congresswoman congressmen lawmakers deputy "
    "prosecutors leaders officials police opponent opponents republicans democrats conservatives liberals "
    "government administration congress parliament senate house council committee ministry commission "
    "agency department court company bank union unions party army navy nation country state states city "
    "district county authority authorities board bureau firm operator university hospital scientists "
    "researchers"
)
#: somebody who has looked: what a claim leans on
EVIDENCE = word_set(
    "study studies report reports survey surveys figures statistics data records record census audit "
    "according economists experts researchers scientists independent estimates estimated analysis "
    "evidence documents"
)

#: the speaker
SPEAKER = word_set(
    "i we i'm i’m we're we’re i've i’ve we've we’ve i'd i’d we'd we’d i'll i’ll we'll we’ll me my our us"
)
#: verbs of opinion, when the speaker is their subject
OPINION_VERBS = word_set(
    "think believe hope feel want guess wish love like know mean agree disagree care worry understand "
    "appreciate admire suspect doubt suppose trust prefer expect pledge promise intend"
)
#: what should be done
ADVICE = word_set(
    "should must ought shouldn't shouldn’t hopefully let's let’s please perhaps maybe gonna would "
    "wouldn't wouldn’t need needs gotta"
)
#: what is not yet, or only possible
FUTURE = word_set(
    "will could might may can can't can’t cannot i'll i’ll we'll we’ll they'll they’ll he'll he’ll she'll "
    "she’ll it'll it’ll you'll you’ll won't won’t shall tomorrow promise promises promised vow vows vowed "
    "declined declines"
)
#: conditions, wishes and comparisons with what is not
SUPPOSED = word_set("if unless whether imagine suppose")
#: an assertion that is only rejected
DENIALS = word_set("denied denies deny denying disputed disputes rejected rejects")
#: plans and their praise
PLANS = word_set("plan plans planned proposal proposals propose favor favour goal goals vision ideas idea")
#: judgements of taste, weight and feeling
TASTE = word_set(
    "beautiful wonderful terrible great awful amazing ridiculous shameful thank thanks welcome sorry glad "
    "happy proud important fundamental right wrong fair unfair honest tragic incredible fantastic "
    "outrageous dangerous grateful remarkable lovely nice charming disgrace critical vital crucial "
    "essential imperative extraordinary unique opportunity challenge challenges responsibility dream hope "
    "spirit destiny faith fortunately unfortunately sadly concerned excited honored honoured blessed "
    "pleased worried convinced committed"
)
GREETINGS = word_set(
    "good hello hi thank thanks welcome please yes ok okay well dear god congratulations ladies gentlemen"
)
#: what a service notice is about
NOTICES = word_set(
    "tickets admission tides tonight forecast weather rain wind sunny closed open opening hours doors "
    "adults am pm monday tuesday wednesday thursday friday saturday sunday daily"
)
#: a sentence that begins so orders or leads the reader on
ORDERS = word_set(
    "read see watch listen click follow sign subscribe let's let’s let imagine here's here’s stop join meet"
)
#: what may stand before the subject
CONNECTIVES = word_set(
    "and but so now well yet or then also look remember again because that moreover however indeed actually"
)
