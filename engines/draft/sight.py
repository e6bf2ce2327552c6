"""What is to be seen in a picture, as data: place, light, weather, action, things and people."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from engines.draft.people import Person
from engines.draft.vocabulary import places

# The role of somebody who is only called "her" or "him". Their clothes set them apart from the lead.
COMPANION = "companion"


@dataclass(frozen=True)
class Amount:
    """So many of one thing."""

    name: str
    count: int = 1
    size: float = 1.0  # of its usual height
    color: str = ""  # where it isn't the usual one
    burning: bool = False


@dataclass(frozen=True)
class Member:
    """Somebody in the picture: one person, or several of a kind."""

    person: Person
    count: int = 1


@dataclass(frozen=True)
class Setting:
    """A named place, which looks the same in every scene. `number` fixes what the vocabulary leaves open; the colors
    of its surfaces and of its lamps are "" for the usual ones."""

    name: str
    number: int
    surfaces: str = ""
    lamps: str = ""
    things: tuple[Amount, ...] = ()


@dataclass(frozen=True)
class Sight:
    """What is to be seen, as data. An empty `place` is nowhere in particular; the first of `cast` is the lead."""

    place: str = ""
    light: str = ""
    weather: str = ""
    action: str = ""
    things: tuple[Amount, ...] = ()
    cast: tuple[Member, ...] = ()
    mood: str = ""  # of moods.yaml
    setting: Setting | None = None
    nobody: bool = False  # whoever the words name, nobody is in the picture
    paint: str = ""  # a place and the color of its building, or a café's chairs: "lighthouse #e4e2dc"

    @property
    def building_color(self) -> str:
        """The color of the building at the place, "" for the usual one."""
        own = self.setting.surfaces if self.setting else ""
        return own or self.painted

    @property
    def painted(self) -> str:
        """The color that words give the place's building, or a café's chairs, "" for the usual one."""
        place, _, color = self.paint.rpartition(" ")
        return color if place == self.place else ""

    def to_data(self) -> dict[str, Any]:
        """Return JSON values, without what is left open."""
        cast = [
            {"count": member.count, **{name: value for name, value in asdict(member.person).items() if value}}
            for member in self.cast
        ]
        values = {"place": self.place, "light": self.light, "weather": self.weather, "action": self.action,
                  "mood": self.mood,
                  "things": [_amount_data(thing) for thing in self.things], "cast": cast,
                  "setting": _setting_data(self.setting) if self.setting else None,
                  "nobody": self.nobody, "paint": self.paint}  # fmt: skip
        return {name: value for name, value in values.items() if value}

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> "Sight":
        """Parse `to_data`'s values. Raises ValueError, TypeError or KeyError for anything else."""
        return Sight(
            place=_known(str(data.get("place", ""))),
            light=str(data.get("light", "")),
            weather=str(data.get("weather", "")),
            action=str(data.get("action", "")),
            mood=str(data.get("mood", "")),
            things=tuple(_amount(thing) for thing in data.get("things", ())),
            cast=tuple(
                Member(
                    Person.from_data({key: value for key, value in one.items() if key != "count"}), int(one["count"])
                )
                for one in data.get("cast", ())
            ),
            setting=_setting(data["setting"]) if data.get("setting") else None,
            nobody=bool(data.get("nobody", False)),
            paint=str(data.get("paint", "")),
        )


def _amount_data(amount: Amount) -> dict[str, Any]:
    usual = {"size": 1, "color": "", "burning": False}
    return {name: value for name, value in asdict(amount).items() if value != usual.get(name)}


def _amount(data: Mapping[str, Any]) -> Amount:
    return Amount(
        name=str(data["name"]),
        count=int(data["count"]),
        size=float(data.get("size", 1)),
        color=str(data.get("color", "")),
        burning=bool(data.get("burning", False)),
    )


def _setting_data(setting: Setting) -> dict[str, Any]:
    things = [_amount_data(thing) for thing in setting.things]
    return {name: value for name, value in {**asdict(setting), "things": things}.items() if value}


def _setting(data: Mapping[str, Any]) -> Setting:
    return Setting(
        name=str(data.get("name", "")),
        number=int(data.get("number", 0)),
        surfaces=str(data.get("surfaces", "")),
        lamps=str(data.get("lamps", "")),
        things=tuple(_amount(thing) for thing in data.get("things", ())),
    )


# Places that are stored under an older name.
_FORMER_NAMES = {"theatre": "theater"}


def _known(place: str) -> str:
    name = _FORMER_NAMES.get(place, place)
    return name if name in places() else ""
