"""What the draft understands of a prompt: framing, camera move, place, light, weather, person.

Patterns are tried in order and the first match counts, so the more specific ones come first.
"""

import re
from dataclasses import dataclass

Table = tuple[tuple[str, str], ...]

SHOTS: Table = (
    (r"extreme close|macro|right up to the lens|eyes only", "extreme_close"),
    (r"extreme wide|establishing|aerial|drone|bird'?s.eye|panorama|double page|skyline shot", "extreme_wide"),
    (r"detail|insert|look what we found|small drawing|still life", "detail"),
    (r"close.?up|selfie|portrait|fills the page|face", "close"),
    (r"medium|over.the.shoulder|waist|cowboy|walk-and-talk|vignette|two.shot", "medium"),
    (r"full shot|full.body|head to toe|filmed by a friend|one figure|silhouette", "full"),
    (r"\bwide|long shot|quick look round|whole page|landscape", "wide"),
)
MOVES: Table = (
    (r"hand.?held|shak(y|ing)|never quite still", "handheld"),
    (
        r"push(es)? in|pushing in|push.in|doll(y|ies) in|zooms? in|creeps forward|drives forward|moves? closer|"
        r"runs? up close|leans in|tracks? in",
        "push_in",
    ),
    (r"pull(s)? (out|back|away)|pull.out|doll(y|ies) out|zooms? out|steps? back|cranes? up|leans? back", "pull_out"),
    (r"pans? (to the )?left|whips left|sweeps? left|wanders back|moves? left", "pan_left"),
    (r"pans? (to the )?right|whips right|sweeps? right|wanders across|moves? right|\bpans?\b", "pan_right"),
    (r"tilts? up|looks up|cranes upward|rises?\b", "tilt_up"),
    (r"tilts? down|sinks down|looks down|lowers\b", "tilt_down"),
    (r"orbit|circles|\barc\b|swings round|revolves|around (her|him|them)", "orbit"),
    (r"drift|glides?|floats?|slides?|tracking|sideways|steadicam", "drift"),
    (r"static|locked|holds? still|does not move|rests\b|tripod", "static"),
)
PLACES: Table = (
    (r"\bstage\b(?! light)|concert|club\b|\bshow\b|crowd|spotlight|karaoke|dance ?floor", "stage"),
    (r"\bcar\b|taxi|truck|windscreen|windshield|steering|\bdriv(es|ing)\b|behind the wheel", "car"),
    (r"rooftop|(?<!under the )(?<!under a )\broofs?\b|balcon", "rooftop"),
    (
        r"\broom\b|kitchen|bedroom|window|motel|hotel|apartment|\bhall\b|house|curtain|attic|corridor|studio|\bbar\b|"
        r"diner|bulb|church|train\b|bathroom|mirror",
        "room",
    ),
    (r"\bsea\b|beach|ocean|\bpier\b|shore|\blake\b|river|\bwater\b|harbou?r|waves?\b|boat|island|coast", "water"),
    (r"forest|trees?\b|woods|park\b|jungle|garden|orchard", "forest"),
    (r"mountain|peaks?\b|valley|cliff|summit|glacier|canyon", "mountain"),
    (r"\bspace\b|galaxy|planet|astronaut|cosmos|orbiting|\bstars\b", "space"),
    (r"desert|dunes?|sand\b|\broad\b|highway|field|meadow|hills?\b|plain\b|prairie|horizon", "road"),
    (r"city|street|alley|town|neon|facades?|traffic|subway|urban|downtown|square\b|bridge|market", "street"),
)
LIGHTS: Table = (
    (r"night|moon|midnight|stars\b|stage light|sodium|headlights|torch", "night"),
    (r"dusk|sunset|evening|twilight|dawn|sunrise|golden|last red|lilac|firelight|pink", "dusk"),
    (r"neon", "night"),
    (r"lamp|bulb|candle|room light|indoors?|interior|fireplace", "interior"),
    (r"day|noon|sun\b|overcast|morning|bright|white of the paper|sunny", "day"),
)
WEATHERS: Table = (
    (r"\brain|storm|downpour|drizzl", "rain"),
    (r"snow|blizzard|winter", "snow"),
    (r"fog|mist|haze|smoke", "fog"),
    (r"dust|embers|sparks|petals|confetti|leaves", "dust"),
)
POSES: Table = (
    (r"\bsings?\b|singing|murmurs|shouts|hums|microphone", "sing"),
    (r"\bruns?\b|running|chas(es|ing)|races|leaps?|jumps?", "run"),
    (r"open arms|arms wide|spins?|dances?|dancing|reaches", "arms"),
    (r"\bsits?\b|sitting|kneels?|knees", "sit"),
    (r"\bwalks?|walking|crosses|follows|wanders\b|strolls", "walk"),
)
OBJECTS: Table = (
    (r"letter|envelope|note\b|paper", "letter"),
    (r"\bphone\b(?! camera)|screen\b|\bcalls?\b", "phone"),
    (r"flower|rose|petal|garden|tree|forest|leaf", "flower"),
    (r"candle|flame|fire|lamp|lantern", "candle"),
    (r"microphone|sing|voice|stage|show", "microphone"),
    (r"key|door|car\b|driv|motel|road", "key"),
    (r"record|vinyl|song|music|dance", "record"),
)
COLOURS = {
    "red": "#c03a34", "scarlet": "#c8322f", "crimson": "#a3222f", "orange": "#d9782d", "yellow": "#e3b83a",
    "golden": "#d8a83c", "gold": "#d8a83c", "green": "#3f7d4f", "teal": "#2b7a78", "turquoise": "#35a3a0",
    "blue": "#2f5d9e", "navy": "#22345c", "purple": "#6a3f8f", "violet": "#6a4aa0", "pink": "#d8739a",
    "magenta": "#c03a8a", "brown": "#6b4a34", "beige": "#c9b28d", "white": "#e4e2dc", "silver": "#b5bcc4",
    "grey": "#7d838a", "gray": "#7d838a", "black": "#1b1b20", "denim": "#43618c", "leather": "#2a2321",
}  # fmt: skip
GARMENT = (
    r"coat|jacket|dress|shirt|hoodie|suit|sweater|cape|cloak|overalls|jumpsuit|raincoat|gown|t-?shirt|uniform|scarf|"
    r"kimono|robe|vest|parka"
)
HAIR_COLOURS = {
    "blonde": "#d9b66a", "blond": "#d9b66a", "ginger": "#b5562a", "brunette": "#4a2f22", "dark": "#241a17",
    "black": "#17151a", "red": "#a3402a", "white": "#dcdad4", "silver": "#b9bfc6", "grey": "#8d9299",
    "gray": "#8d9299", "brown": "#4a2f22", "blue": "#3566b0", "pink": "#d677a4", "green": "#4a8a5c",
    "purple": "#6a4494", "auburn": "#7a3a22",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """What is known about the person in the picture; "" leaves it to the palette or the seed."""

    garment_colour: str = ""
    garment: str = ""
    hair_colour: str = ""
    hair: str = ""  # long, short, bun, curly, none
    skin: str = ""
    beard: bool = False
    hat: bool = False
    glasses: bool = False


@dataclass(frozen=True)
class Brief:
    """A prompt as far as the draft understands it. An empty `place` is nowhere in particular."""

    shot: str
    move: str
    place: str
    light: str
    weather: str
    pose: str
    thing: str
    person: Person
    empty: bool  # nobody in the picture


def find(text: str, table: Table) -> str:
    """Return the name of the first entry whose pattern matches, or ""."""
    return next((name for pattern, name in table if re.search(pattern, text)), "")


def camera_words(text: str) -> str:
    """Return the clause on how the camera moves, from the prompt's last "the camera" on, or ""."""
    position = text.rfind("the camera")
    return re.split(r"[.;!?\n]", text[position:])[0] if position >= 0 else ""


def read_prompt(prompt: str) -> Brief:
    """Read an English prompt; anything it leaves open gets the plainest choice."""
    text = prompt.lower()
    place = find(text, PLACES)
    light = find(text, LIGHTS)
    if place == "stage" and light in {"", "interior"}:
        light = "night"
    if place == "room" and light in {"", "day"}:
        light = "interior"
    shot = find(text, SHOTS) or "medium"
    return Brief(
        shot=shot,
        move=find(camera_words(text), MOVES) or find(text, MOVES) or "push_in",
        place=place,
        light=light or "day",
        weather=find(text, WEATHERS),
        pose=find(text, POSES) or "stand",
        thing=find(text, OBJECTS) or "record",
        person=read_person(text),
        empty=shot == "detail" or bool(re.search(r"nobody (in it|is there|there)|empty of people|no people", text)),
    )


def read_person(text: str) -> Person:
    """Read clothes, hair and marks, as far as the text names them."""
    colours = "|".join(COLOURS)
    dressed = re.search(rf"\b({colours})\b(?:\s+[\w-]+)?\s+({GARMENT})", text)
    cut = r"long|short|curly|wavy|straight|messy|thick|cropped|shoulder-length"
    hair_colour = re.search(
        rf"\b({'|'.join(HAIR_COLOURS)})(?:[\s,-]+(?:{cut}))*[\s-]+(?:hair|beard)", text
    ) or re.search(r"\b(blonde?|ginger|brunette)\b", text)
    hair = find(
        text,
        ((r"\bbald\b|shaved head", "none"), (r"curl(y|s)|afro", "curly"), (r"\bbun\b|ponytail|braid", "bun"),
         (r"long[\w\s-]{0,12}hair", "long"), (r"short[\w\s-]{0,12}hair|crew cut", "short"),
         (r"\b(she|her|woman|girl|lady|mother|daughter|sister|queen)\b", "long"),
         (r"\b(he|his|man|boy|guy|father|son|brother|king)\b", "short")),
    )  # fmt: skip
    return Person(
        garment_colour=COLOURS[dressed.group(1)] if dressed else "",
        garment=dressed.group(2)
        if dressed
        else find(text, tuple((rf"\b{word}\b", word) for word in GARMENT.split("|"))),
        hair_colour=HAIR_COLOURS[hair_colour.group(1)] if hair_colour else "",
        hair=hair,
        beard=bool(re.search(r"beard|moustache|mustache", text)),
        hat=bool(re.search(r"\bhat\b|\bcap\b|beanie|\bhood\b", text)),
        glasses=bool(re.search(r"glasses|spectacles|shades", text)),
    )
