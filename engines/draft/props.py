"""What things are for: ridden, driven, played, worn, or drifting through the air."""

# What somebody rides, by height and the seat's height above the ground, in head heights, and how they sit on it.
MOUNTS = {
    "bicycle": (4.3, 2.6, "ride"), "motorcycle": (4.6, 2.4, "ride"), "scooter": (4.6, 2.2, "ride"),
    "horse": (8.2, 3.9, "ride"), "unicorn": (8.0, 4.2, "ride"), "camel": (9.0, 5.6, "ride"),
    "elephant": (11.0, 7.8, "ride"), "dragon": (12.0, 6.6, "ride"), "skateboard": (1.5, 0.7, "skate"),
    "wheelchair": (4.4, 2.5, "sit"), "shopping cart": (4.4, 2.6, "sit"), "sled": (3.0, 0.9, "sit"),
    "rowing boat": (5.0, 0.2, "row"), "boat": (11.0, 0.4, "row"),
}  # fmt: skip
BOATS = frozenset(("rowing boat", "boat"))
VEHICLES = frozenset((
    "car", "taxi", "truck", "bus", "police car", "tractor", "ambulance", "fire engine", "train", "speedboat",
))  # fmt: skip
# What an action needs where the words name no such thing.
NEEDED = {"row": "rowing boat", "skate": "skateboard", "drive": "car"}
PLAYED_SITTING = frozenset(("piano", "drum"))
HELD_AT_CHEST = frozenset(("guitar", "banjo", "accordion", "violin", "saxophone", "trumpet"))
BAND = ("guitar", "drum", "microphone", "saxophone")
WORN = frozenset((
    "hat thing", "glasses thing", "hood", "boxing glove", "crown", "headphones", "shoes", "wheelchair", "cane",
))  # fmt: skip
# Places whose own chairs take the color that is said of them.
WITH_CHAIRS = frozenset(("cafe", "restaurant"))
DRIFTING = frozenset((
    "petals", "leaves", "butterfly", "firefly", "bubbles", "feather", "bee", "music notes", "heart", "rose",
    "paper plane", "lantern", "balloon", "money", "star",
))  # fmt: skip
# What stands for an action in a picture of one thing.
TOKENS = {
    "sing": "microphone", "drive": "car", "dance": "record", "read": "letter", "cry": "broken heart",
    "row": "rowing boat", "fight": "boxing glove", "hug": "heart", "kiss": "heart", "walk": "traces", "run": "traces",
    "sit": "coffee",
}  # fmt: skip
