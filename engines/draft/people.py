"""The people of a picture: their marks, read from words, and completed the same way in every scene."""

import re
from dataclasses import dataclass, fields, replace
from typing import Any

from engines.draft.vocabulary import people

COLORS = {
    "red": "#c03a34", "scarlet": "#c8322f", "crimson": "#a3222f", "orange": "#d9782d", "yellow": "#e3b83a",
    "golden": "#d8a83c", "gold": "#d8a83c", "green": "#3f7d4f", "teal": "#2b7a78", "turquoise": "#35a3a0",
    "blue": "#2f5d9e", "navy": "#22345c", "purple": "#6a3f8f", "violet": "#6a4aa0", "pink": "#d8739a",
    "magenta": "#c03a8a", "brown": "#6b4a34", "beige": "#c9b28d", "white": "#e4e2dc", "silver": "#b5bcc4",
    "grey": "#7d838a", "gray": "#7d838a", "black": "#1b1b20", "denim": "#43618c", "leather": "#2a2321",
}  # fmt: skip
GARMENT = (
    r"coat|jacket|dress|shirt|hoodie|suit|sweater|cape|cloak|overalls|jumpsuit|raincoat|gown|t-?shirt|uniform|scarf|"
    r"kimono|robe|vest|parka|leather jacket|tutu|armou?r|apron|shorts|skirt|blouse|trenchcoat|trench coat|spacesuit|"
    r"tuxedo|pyjamas|dungarees|sari|scrubs|abaya|burqa|kaftan|kilt|tank top|tunic|swimsuit|bikini|polo"
)
# What else is worn: adjectives before it are not about the person.
_WORN = (
    rf"{GARMENT}|hats?|caps?|beanie|beret|crown|helmet|hood|veil|hijab|turban|headscarf|wig|gloves|boots|shoes|heels|"
    r"sneakers|trousers|jeans|pants|leggings|stockings|glasses|sunglasses|earrings?|necklace|chain|ring|tie|bow tie|"
    r"belt|bag|backpack|leather|silk|outfit|costume|clothes|jewelry|watch|badge|coats|jackets|dresses"
)
_NOT_OF_CLOTHES = (
    r"with|in|and|or|a|an|the|wearing|wears|wear|her|his|their|of|has|having|by|on|who|is|man|woman|girl|boy|lady|guy|"
    r"person|teenager|child|kid|hair|haired|beard|bearded|skin|skinned|eyes|face"
)
_CLOTHING = re.compile(rf"(?:\b(?!(?:{_NOT_OF_CLOTHES})\b)[\w'-]+\s+){{0,3}}\b(?:{_WORN})\b")
HAIR_COLORS = {
    "blonde": "#d9b66a", "blond": "#d9b66a", "ginger": "#b5562a", "brunette": "#4a2f22", "dark": "#241a17",
    "black": "#17151a", "red": "#a3402a", "white": "#dcdad4", "silver": "#b9bfc6", "grey": "#8d9299",
    "gray": "#8d9299", "brown": "#4a2f22", "blue": "#3566b0", "pink": "#d677a4", "green": "#4a8a5c",
    "purple": "#6a4494", "auburn": "#7a3a22",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """What is known about a person in the picture; "" leaves it to the palette or the seed."""

    garment_color: str = ""
    garment: str = ""
    hair_color: str = ""
    hair: str = ""  # long, short, bun, curly, pigtails, mohawk, none
    skin: str = ""
    beard: bool = False
    hat: str = ""
    glasses: bool = False
    role: str = ""  # of people.yaml
    kind: str = ""  # robot, ghost, mermaid, alien, scarecrow
    sex: str = ""  # f or m
    age: str = ""  # child, young, old
    hat_color: str = ""
    gloves: str = ""  # a color
    cape: str = ""  # a color
    build: str = ""  # broad, slim, round
    shades: bool = False  # dark glasses
    does: str = ""  # an action of their own, where the lead does something else; "hat off" holds the hat
    extra: str = ""  # patch, wings, headphones, hood, crowd, band, pair, wheelchair, stick
    subject: str = ""  # the name of whoever it is, of the film's cast
    trousers: str = ""  # a color
    scarf: str = ""  # a color
    tall: float = 0.0  # a factor; 0 for the usual height
    mustache: bool = False
    glasses_color: str = ""
    eyes: str = ""  # a color
    shoes: str = ""  # a color

    @staticmethod
    def of_role(role: str) -> "Person":
        """Return a person with the marks of a role; a plain one for "" and roles unknown."""
        marks = people().get(role, {})
        own = {field.name for field in fields(Person)}
        extra = next((name for name in _EXTRAS if marks.get(name)), "")
        return Person(role=role, extra=extra, **{name: value for name, value in marks.items() if name in own})

    @staticmethod
    def from_data(values: dict[str, Any]) -> "Person":
        """Return a person from stored values; older ones are spelled in British English, and said only whether there is
        a hat. Raises TypeError."""
        marks = {name.replace("colour", "color"): value for name, value in values.items()}
        garment, hat = marks.get("garment", ""), marks.get("hat", "")
        return Person(
            **{**marks, "garment": _GARMENTS.get(garment, garment), "hat": "cap" if hat is True else hat or ""}
        )


_EXTRAS = ("patch", "wings", "headphones", "hood", "crowd", "band", "pair")
_HATS = (
    (r"\bberet\b", "beret"), (r"\bcrown|tiara\b", "crown"), (r"\b(cowboy hat|stetson)\b", "cowboy"),
    (r"\b(hijab|headscarf|head scarf|burqa|niqab|chador)\b", "hijab"), (r"\bturban\b", "turban"),
    (r"\btop hat\b", "tophat"), (r"\b(fedora|bowler)\b", "fedora"),
    (r"\b(bike|bicycle|motorcycle|motorbike|football|army) helmet\b", "army"), (r"\bhard hat\b", "hardhat"),
    (r"\b(helmet)\b", "knight"), (r"\b(straw|sun) ?hat\b|\bsombrero\b", "straw"),
    (r"\b(witch|witch's|wizard|wizard's|pointed|pointy)( \w+)? hat\b", "witch"), (r"\bparty hat\b", "party"),
    (r"\b(chef|cook|chef's|cook's)( \w+)? hat\b", "toque"), (r"\b(pirate|pirate's|tricorn) hat\b", "tricorn"),
    (r"\b(flat|newsboy|tweed) cap\b", "flatcap"), (r"\b(captain|captain's|peaked|police)( \w+)? (cap|hat)\b", "police"),
    (r"\b(beanie|(wool|woolen|woolly|knitted|fur|santa) (hat|cap))\b", "beanie"), (r"\bveil\b", "veil"),
    (r"\bhood\b", "hood"), (r"\bcap\b", "cap"), (r"\bhat\b", "fedora"),
)  # fmt: skip
_SKINS = (
    (
        r"\b(black|african)\b(?= (american|man|woman|girl|boy|lady|guy|teenager|person|kid|child|couple|skin|singer|"
        r"dancer|rapper|musician))",
        "#6a4430",
    ),
    (r"\b(dark skin|dark skinned|african american)\b", "#6a4430"),
    (r"\b(pale|fair) skin|\bpale\b", "#eccdb8"),
    (r"\b(brown|tan+ed|olive) skin\b", "#a8714c"),
    (r"\b(asian|japanese|korean|chinese)\b", "#e3b594"),
    (r"\b(indian|latina?|mexican|arab)\b", "#b57f58"),
)
_HAIRS = (
    (r"\b(bald|shaved head)\b", "none"), (r"\bmohawk\b", "mohawk"), (r"\b(pigtails?|braids|plaits)\b", "pigtails"),
    (r"\b(curly|curls|afro|dreadlocks|dreads)\b", "curly"), (r"\b(bun|ponytail|braid)\b", "bun"),
    (r"\blong[\w\s-]{0,12}hair\b", "long"), (r"\bshort[\w\s-]{0,12}hair\b|\bcrew cut\b", "short"),
)  # fmt: skip
# Garments that are drawn as another.
_GARMENTS = {
    "tuxedo": "suit",
    "armour": "armor",
    "trench coat": "trenchcoat",
    "kimono": "robe",
    "cloak": "cape",
    "t-shirt": "shirt",
    "tshirt": "shirt",
    "dungarees": "overalls",
    "skirt": "dress",
    "blouse": "shirt",
    "pyjamas": "jumpsuit",
    "leather jacket": "jacket",
    "scarf": "coat",
    "sari": "gown",
    "scrubs": "shirt",
    "abaya": "robe",
    "burqa": "robe",
    "kaftan": "robe",
    "kilt": "dress",
    "tank top": "shirt",
    "tunic": "shirt",
    "swimsuit": "shorts",
    "bikini": "shorts",
    "polo": "shirt",
}


def read_marks(text: str, person: Person) -> Person:
    """Add the clothes, hair and other marks that a text names to a person."""
    colors = "|".join(COLORS)
    dressed = re.search(rf"\b({colors})\b(?:\s+[\w-]+)?\s+({GARMENT})\b", text)
    garment = re.search(rf"\b({GARMENT})\b", text)
    worn = dressed or garment
    body = undressed(text)
    return replace(
        person,
        garment_color=COLORS[dressed.group(1)] if dressed else person.garment_color,
        garment=_GARMENTS.get(worn.group(2 if dressed else 1), worn.group(2 if dressed else 1))
        if worn
        else person.garment,
        hair_color=_hair_color(text) or person.hair_color,
        hair=_first(text, _HAIRS) or person.hair,
        skin=_first(body, _SKINS) or person.skin,
        beard=person.beard or bool(re.search(r"\b(beard|bearded|goatee)\b", text)),
        mustache=person.mustache or bool(re.search(r"\b(moustache|mustache)\b", text)),
        hat=_first(text, _HATS) or person.hat,
        hat_color=_colored(text, "beret|hat|cap|beanie|helmet|hood|hijab|turban|headscarf|veil") or person.hat_color,
        glasses=person.glasses or bool(re.search(rf"\b({_GLASSES})\b", text)),
        shades=person.shades or bool(re.search(r"\b(sunglasses|shades)\b", text)),
        sex=person.sex or _sex(text),
        age=person.age or _first(body, ((r"\b(old|elderly|aged)\b(?= \w*(man|woman|lady|\w+er|\w+or)\b)", "old"),)),
        glasses_color=_colored(text, _GLASSES) or _rimmed(text) or person.glasses_color,
        gloves=_colored(text, "gloves|boxing gloves") or person.gloves,
        eyes=_eyes(text) or person.eyes,
        shoes=_colored(text, "shoes|boots|sneakers|heels|trainers|slippers|sandals") or person.shoes,
        trousers=_colored(text, "trousers|jeans|pants|leggings")
        or (COLORS["denim"] if re.search(r"\bjeans\b", text) else person.trousers),
        build=_first(
            body,
            (
                (r"\b(fat|chubby|plump|stout|overweight|obese|round|pregnant|heavy|big belly)\b", "round"),
                (r"\b(broad|muscular|big man|strong|burly|bulky)\b", "broad"),
                (r"\b(thin|slim|skinny|slender|lanky)\b", "slim"),
            ),
        ),
        extra=person.extra or _first(text, _AIDS),
    )


_AIDS = ((r"\bwheel ?chair\b", "wheelchair"), (r"\b(walking stick|walking cane|cane|crutch(es)?)\b", "stick"))


def undressed(text: str) -> str:
    """Return a text without what it says of clothes: "heavy" and "pale blue" are no marks of who wears such a coat."""
    return _CLOTHING.sub(" ", text)


def _first(text: str, table: tuple[tuple[str, str], ...]) -> str:
    return next((name for pattern, name in table if re.search(pattern, text)), "")


def _colored(text: str, nouns: str) -> str:
    found = re.search(rf"\b({'|'.join(COLORS)})\s+(?:\w+\s+)?({nouns})\b", text)
    return COLORS[found.group(1)] if found else ""


_GLASSES = "glasses|sunglasses|spectacles|eyeglasses|shades"
_EYES = {"blue": "#4f86b8", "green": "#5a8a5a", "brown": "#6b452c", "dark": "#3a2a20", "black": "#2a211c",
         "grey": "#808b94", "gray": "#808b94", "golden": "#b58a3a", "amber": "#b5762f", "violet": "#7a64a8",
         "purple": "#7a64a8", "red": "#a83a34", "yellow": "#c8a53a"}  # fmt: skip


def _rimmed(text: str) -> str:
    """Return the color of what frames the glasses: "glasses with red frames"."""
    found = re.search(rf"\b(?:{_GLASSES}) (?:with|in) (?:a )?(?:\w+ )?({'|'.join(COLORS)}) (?:frames?|rims?)\b", text)
    return COLORS[found.group(1)] if found else ""


def _eyes(text: str) -> str:
    found = re.search(rf"\b({'|'.join(_EYES)})(?: \w+)? eyes\b|\b({'|'.join(_EYES)}) eyed\b", text)
    return _EYES[found.group(1) or found.group(2)] if found else ""


def _sex(text: str) -> str:
    return _first(text, ((r"\b(she|her|woman|girl|lady)\b", "f"), (r"\b(he|his|man|boy|guy)\b", "m")))


def _hair_color(text: str) -> str:
    cut = r"long|short|curly|wavy|straight|messy|thick|cropped|shoulder length|and|bushy|full"
    found = re.search(
        rf"\b({'|'.join(HAIR_COLORS)})(?:[\s,-]+(?:{cut}))*[\s-]+(?:hair|beard|haired|bearded|mustache|moustache|"
        r"mohawk|bun|ponytail|pigtails|braids?|curls|afro|dreadlocks|wig)\b",
        text,
    ) or re.search(r"\b(blonde?|ginger|brunette)\b", text)
    return HAIR_COLORS[found.group(1)] if found else ""
