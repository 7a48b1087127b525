"""Closed classes of English words, and the few open ones that delimit a noun phrase."""


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list that is separated by white space."""
    return frozenset(text.split())


SUBJECT_PRONOUNS = word_set(
    "he she they i we it you who one some many most others another everyone somebody someone both "
    "several few none neither"
)
OBJECT_PRONOUNS = word_set("him her them me us it you himself herself themselves myself ourselves")
RELATIVES = word_set("who which that whom whose")
DETERMINERS = word_set(
    "the a an this that these those his her its their our my your some any no each every another several "
    "both all many most few one two three four five six seven eight nine ten"
)
POSSESSIVES = word_set("his her its their our my your")
PREPOSITIONS = word_set(
    "of for in at on from with by to about into over under after before during since until against "
    "between among through across near outside inside around behind beyond amid despite without within "
    "toward towards upon via per following regarding concerning like as than except"
)
#: prepositions that tie a phrase to the noun before it within a name of office
NOUN_TIES = word_set("of for in at from with on to")
CONJUNCTIONS = word_set(
    "and or but nor yet so because although though while whereas if when whenever where unless as that "
    "which after before until since once whether how why what than"
)
AUXILIARIES = word_set(
    "has have had is are was were be been being am do does did will would can could may might must shall "
    "should has've he's hasn't haven't hadn't isn't aren't wasn't weren't don't doesn't didn't won't "
    "wouldn't can't cannot couldn't shouldn't hasn’t haven’t hadn’t isn’t aren’t wasn’t weren’t don’t "
    "doesn’t didn’t won’t wouldn’t can’t couldn’t shouldn’t"
)
BE_FORMS = word_set(
    "is are was were be been being am isn't wasn't aren't weren't isn’t wasn’t aren’t weren’t"
)
NEGATED = word_set(
    "not never hasn't haven't hadn't don't doesn't didn't won't wouldn't can't cannot couldn't isn't "
    "wasn't hasn’t haven’t hadn’t don’t doesn’t didn’t won’t wouldn’t can’t couldn’t isn’t wasn’t"
)
ADVERBS = word_set(
    "also later then not never still often first once just even now recently again already soon earlier "
    "further once twice always sometimes reportedly too only initially instead nevertheless ever so all "
    "both themselves himself herself itself long n't thus simply merely back today yesterday afterwards "
    "afterward meanwhile likewise"
)
#: past tenses that end in no -ed
PAST_TENSES = word_set(
    "became began broke brought built bought came caught chose cost cut drew drove fell felt fought found "
    "gave got grew had heard held hit kept knew laid led left lent let lost made meant met paid put ran "
    "rose sank sat saw sent set shot shut sold spent split spread stood stole struck swept swung taught "
    "thought threw told took understood went were was woke won wore wrote"
)
DAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")
MONTHS = word_set(
    "january february march april may june july august september october november december jan feb mar "
    "apr jun jul aug sep sept oct nov dec"
)
TIMES = DAYS | MONTHS | word_set("today yesterday tomorrow tonight")
TIME_NOUNS = word_set(
    "week month year day night morning afternoon evening weekend summer winter spring fall autumn"
)
TIME_LEADS = word_set("last this next late early earlier later that one each every")
#: nouns of persons and bodies, beside what ends like one (see `names_a_role`)
ROLES = word_set(
    "president chief chairman chairwoman chair secretary minister premier chancellor king queen prince "
    "pope bishop governor mayor senator sheriff judge justice general colonel captain major sergeant "
    "lieutenant admiral officer official officials police analyst analysts expert experts professor "
    "spokesperson economist head boss chef coach critic critics candidate nominee delegate hopeful "
    "frontrunner front-runner rival aide aides adviser advisor attorney counsel lawyer activist host "
    "anchor correspondent reporter columnist author writer pollster strategist scholar student resident "
    "residents witness witnesses victim guest member members colleague friend husband wife father mother "
    "son daughter brother sister neighbor neighbour cousin uncle aunt partner veteran star legend guru "
    "mogul billionaire celebrity envoy ambassador diplomat lawmaker lawmakers congressman congresswoman "
    "congressmen republican republicans democrat democrats deputy agent agents detective prosecutor "
    "prosecutors representative representatives co-founder founder ceo operative surrogate insider native "
    "businessman scientist scientists doctor nurse teacher farmer survivor engineer journalist blogger "
    "comedian actor actress singer tycoon leader leaders"
)
_ROLE_ENDINGS = (
    "man",
    "men",
    "woman",
    "women",
    "person",
    "ist",
    "ists",
    "er",
    "ers",
    "or",
    "ors",
    "ian",
    "ians",
    "ee",
)
_NO_ROLES = word_set(
    "or her over under after other whether rather never ever together either neither another however "
    "number order power paper letter matter summer winter water november december october september later "
    "earlier further former for offer answer error major minor prior door floor labor interior former "
    "human german woman super consider remember river fewer more-or lower higher greater better center"
)
#: small words within a name: Ludwig van Beethoven
NAME_PARTICLES = word_set("de del della der di du el la le van von bin ibn dos da")
TITLES = word_set("mr mrs ms dr sen rep gov gen col lt prof rev st jr sr capt sgt adm hon sir dame lord lady")
#: nouns that speak for whoever wrote them
SPEAKING_NOUNS = word_set(
    "statement report study email e-mail letter tweet post memo poll survey document documents article "
    "editorial newspaper magazine paper filing lawsuit complaint release transcript ad advertisement "
    "website campaign group company department agency ministry government administration committee office "
    "court sources source people"
)


def names_a_role(word: str) -> bool:
    """Whether a lower-case noun can stand before a name as its office or trade."""
    return word in ROLES or (len(word) > 4 and word.endswith(_ROLE_ENDINGS) and word not in _NO_ROLES)


def is_adverb(word: str) -> bool:
    """Whether a word may stand between a subject and its verb."""
    return word in ADVERBS or (
        len(word) > 4 and word.endswith("ly") and word not in {"family", "ally", "reply", "italy"}
    )
