"""Scenarios in which everything is drawn at random, as far as the drawn set of features allows."""

import random
from typing import Any

from hypothesis import strategies as st

from commlab.env.scenario import KINDS, Scenario

FEATURES = (
    "beacons", "berries", "bonds", "building", "combat", "crowd", "delay", "ends", "giving", "held out", "inflow",
    "kinship", "layout", "long messages", "many sites", "noise", "poverty", "prices", "ranges", "scatter", "sight",
    "sound", "uneven kinship",
)  # fmt: skip
STRUCTURES = ("selfish", "cooperative", "teams", "clans", "families", "hive", "random", "matrix")
ABLE = ("north", "east", "south", "west", "use")


@st.composite
def scenarios(draw: Any) -> Scenario:
    """A scenario of some features; fewer agents and features are simpler."""
    seed = draw(st.integers(0, 2**32))
    features = draw(st.sets(st.sampled_from(FEATURES)))
    return drawn_scenario(random.Random(seed), features, draw(st.integers(1, 6)))


def any_scenario(rng: random.Random) -> Scenario:
    """A scenario of some features, drawn without hypothesis."""
    features = {feature for feature in FEATURES if rng.random() < rng.choice((0.3, 0.6))}
    return drawn_scenario(rng, features, rng.randint(1, 6))


def drawn_scenario(rng: random.Random, features: set[str], n_agents: int) -> Scenario:
    """A scenario in which all that the features allow is drawn."""
    return Scenario.model_validate(Drawing(rng, features, n_agents).fields())


class Drawing:
    """Draws the parts of one scenario."""

    def __init__(self, rng: random.Random, features: set[str], n_agents: int) -> None:
        self.rng, self.features = rng, features
        crowd = "crowd" in features
        self.n_agents = rng.choice((9, 12, 40, 60)) if crowd else n_agents
        self.many = "many sites" in features and rng.random() < 0.5
        self.drawn_layout = "layout" in features and not self.many and rng.random() < 0.7
        self.n_crystals = rng.randint(55, 62) if self.many and rng.random() < 0.6 else rng.choice((0, 2, 4, 8, 8))
        self.n_berries = rng.randint(1, 4) if "berries" in features else 0
        self.n_sites = self.n_crystals + self.n_berries + rng.randint(1, 5)
        if self.many:
            self.n_sites = max(65, self.n_sites)
        self.n_marked = 0 if self.drawn_layout else rng.randint(0, min(3, self.n_agents))

    def fields(self) -> dict[str, Any]:
        """The whole scenario."""
        rng = self.rng
        board = {"layout": self.layout()} if self.drawn_layout else {"map": self.map()}
        n_beacons = board["map"].count("B") if "map" in board else board["layout"]["beacons"]
        bodies = {name: self.body() for name in ("one", "two", "three")}
        agents = [
            {"body": rng.choice(list(bodies)), "family": i % 2, **({"start": "@"} if i < self.n_marked else {})}
            for i in range(self.n_agents)
        ]
        return {
            "name": "drawn",
            "title": "Drawn",
            "about": "Drawn at random.",
            "steps": rng.choice((60, 40, 40, 3)),
            **board,
            "crystals": self.crystals(),
            **({"berries": self.berries()} if self.n_berries else {}),
            "values": {kind: self.amount(rng.randint(1, 90)) for kind in KINDS},
            "yields": rng.choice(("inventory", "inventory", "inventory", "energy")),
            "bump": rng.random() < 0.5,
            "altar": {
                "cost": self.amount(rng.choice((0, 5, 20, 100))),
                "reward": [0.1, 2.5] if self.ranged() else rng.choice((1, 0.1, 3)),
                "cooldown": self.amount(rng.randint(0, 3)),
            },
            "converter": {"recipes": self.recipes(), **self.thing(), "cooldown": self.amount(rng.randint(0, 3))},
            "wall": self.thing(),
            "beacon": {**self.thing(), **(self.beacon(n_beacons) if self.has("beacons") else {})},
            "prices": self.prices(),
            "combat": {
                "damage": self.amount(rng.choice((0, 5, 30))),
                "freeze": self.amount(rng.choice((0, 1, 2, 5, 5, 200))),
                "range": self.amount(rng.choice((1, 3, 4)), most=5),
            },
            "gift": self.amount(rng.choice((0, 3, 10))),
            "building": {"limit": rng.choice((0, 1, 3, 8))},
            "bodies": bodies,
            "agents": agents,
            "kinship": self.kinship([agent["body"] for agent in agents]),
            "channel": self.channel(),
            "observation": {
                "entities": rng.choice((1, 3, 9)),
                "own_position": rng.random() < 0.5,
                "walls_block": "sight" in self.features,
            },
            **({"start": {"scatter": rng.choice((0.5, 1.0)), "carrying": rng.random()}} if self.has("scatter") else {}),
            **({"end": self.end()} if self.has("ends") else {}),
            **({"held_out": self.held_out(board["map"])} if self.has("held out") and "map" in board else {}),
            "reservoir": self.amount(rng.choice((0, 100) if self.has("poverty") else (300, 10_000, 10_000))),
            "inflow": self.amount(rng.choice((1, 30))) if self.has("inflow") else 0,
        }

    def has(self, feature: str) -> bool:
        """Whether the scenario has a feature."""
        return feature in self.features

    def ranged(self) -> bool:
        """Whether an amount is to be a range."""
        return self.has("ranges") and self.rng.random() < 0.4

    def amount(self, number: int, most: int = 30_000) -> int | list[int]:
        """A number, or a range around it."""
        if not self.ranged():
            return number
        return [
            max(0 if number == 0 else 1, number - self.rng.randint(0, 3)),
            min(most, number + self.rng.randint(0, 3)),
        ]

    def map(self) -> str:
        """A walled map with walls, objects and sites at random, and with enough room."""
        rng = self.rng
        signs = ["@"] * self.n_marked + ["o"] * self.n_sites
        room = (
            len(signs) + self.n_agents + rng.randint(4, 12) + (rng.choice((80, 400, 1500)) if self.n_agents > 12 else 0)
        )
        height, width = rng.randint(5, 7), rng.randint(5, 8)
        while (height - 2) * (width - 2) < 1.5 * room:
            height, width = height + rng.choice((0, 1, 1)), width + 1
        other = ".......###ACC" + ("BBB" if self.has("beacons") else "")
        n_cells = (height - 2) * (width - 2)
        signs += rng.choices(other, k=n_cells - room) + ["."] * (room - len(signs))
        rng.shuffle(signs)
        rows = ["".join(signs[r * (width - 2) : (r + 1) * (width - 2)]) for r in range(height - 2)]
        return "\n".join(["#" * width, *(f"#{row}#" for row in rows), "#" * width])

    def layout(self) -> dict[str, Any]:
        """A layout with room enough."""
        rng = self.rng
        more = rng.choice((8, 30)) if self.n_agents > 12 else 0
        return {
            "kind": rng.choice(("room", "rooms", "caves")),
            "height": rng.randint(13, 16) + more,
            "width": rng.randint(13, 16) + more,
            "rooms": [rng.randint(1, 2), rng.randint(1, 2)],
            "walls": rng.choice((0.1, 0.3, 0.4)),
            "altars": rng.randint(0, 3),
            "converters": rng.randint(0, 3),
            "beacons": rng.randint(0, 3) if self.has("beacons") else 0,
            "sites": self.n_sites,
            "seed": rng.randint(0, 99),
            "variety": rng.choice((1, 2, 3)),
        }

    def crystals(self) -> list[dict[str, Any]]:
        """Crystals one by one; of many, most of one sort."""
        found: list[dict[str, Any]] = []
        left = self.n_crystals
        while left > 0:
            count = left - 3 if left > 10 else self.rng.randint(1, left)
            left -= count
            found.append(
                {
                    "kind": self.rng.choice(KINDS[1:3]),
                    "count": count,
                    "stock": self.amount(self.rng.choice((1, 2, 3, 9))),
                    "regrow": self.amount(self.rng.randint(0, 3)),
                    "moves": self.rng.random() < 0.3,
                    "stay": self.amount(self.rng.choice((0, 0, 0, 1, 4))),
                }
            )
        return found

    def berries(self) -> dict[str, Any]:
        """Berries of some looks."""
        looks = self.rng.randint(1, 4)
        return {
            "count": self.n_berries,
            "looks": looks,
            "poisonous": self.rng.randint(0, looks),
            "good": self.amount(self.rng.choice((0, 7, 60))),
            "poison": self.amount(self.rng.choice((0, 7, 60))),
            "regrow": self.amount(self.rng.randint(0, 5)),
        }

    def thing(self) -> dict[str, Any]:
        """What a wall, converter or beacon embodies and stands."""
        rng = self.rng
        return {"energy": self.amount(rng.choice((0, 5, 20, 60))), "hp": self.amount(rng.choice((0, 1, 1, 2, 3)))}

    def beacon(self, n_beacons: int) -> dict[str, Any]:
        """Beacons that carry messages."""
        rng = self.rng
        return {
            "reach": self.amount(rng.choice((0, 1, 2, 3))),
            "cost": self.amount(rng.choice((0, 0, 1, 5))),
            "links": [rng.choice((0, 0, 1, 7)) for _ in range(rng.randint(0, n_beacons))],
        }

    def prices(self) -> dict[str, Any]:
        """Prices, most of them small."""
        names = ("move", "use", "attack", "shield", "talk", "give", "build", "bond")
        most = (0, 0, 1, 2, 5) if self.has("prices") else (0,)
        return {name: self.amount(self.rng.choice(most)) for name in names}

    def body(self) -> dict[str, Any]:
        """A body that can do some things at some price."""
        rng = self.rng
        most = rng.choice((0, 20, 50)) if self.has("poverty") else rng.choice((50, 250, 250, 250))
        start = rng.choice((0, most // 2, most))
        able = list(ABLE) if rng.random() < 0.8 else rng.sample(ABLE, rng.randint(0, 5))
        chance = rng.choice((0.4, 1))
        for feature, more in (
            ("combat", ("attack", "shield")),
            ("giving", ("give",)),
            ("bonds", ("bond",)),
            ("building", ("build_wall", "build_converter", "build_beacon", "dismantle")),
        ):
            able += [name for name in more if self.has(feature) and rng.random() < chance]
        multipliers = {name: rng.choice((0, 0.5, 1.5, 2)) for name in ("move", "talk", "attack") if rng.random() < 0.3}
        return {
            "view": rng.choice((0, 1, 2, 3, 4, 5, 5)),
            "hearing": rng.choice(("everywhere", "everywhere", 0, 1, 2, 4, 9, 25)),
            "actions": able,
            "carry": self.amount(rng.choice((0, 1, 2, 2, 5, 5))),
            "max_energy": [most, most + 7] if self.ranged() else most,
            "start_energy": [max(0, start - 3), start] if self.ranged() else start,
            "costs": multipliers,
        }

    def recipes(self) -> list[dict[str, int]]:
        """Up to three recipes."""
        rng = self.rng
        kinds = [rng.sample(KINDS[1:3], rng.choice((1, 1, 1, 2))) for _ in range(rng.randint(0, 3))]
        return [{kind: rng.choice((1, 1, 2)) for kind in some} for some in kinds]

    def kinship(self, bodies: list[str]) -> dict[str, Any]:
        """A kinship of some structure, with or without bonds."""
        rng, n = self.rng, len(bodies)
        structure = rng.choice(STRUCTURES) if self.has("kinship") else "cooperative"
        ranged = structure in ("teams", "clans", "random") and self.ranged()
        least = -0.3 if self.has("uneven kinship") else 0.0
        matrix = [[1.0 if i == j else rng.uniform(least, 1) for j in range(n)] for i in range(n)]
        return {
            "structure": structure,
            "share": [max(least, -0.1), 0.8] if ranged else rng.choice((0, 0.3, 1)),
            "size": self.amount(rng.randint(1, 4)),
            "clan": rng.randint(1, 3),
            "clan_share": [0.1, 0.2] if ranged else 0.25,
            "symmetric": rng.random() < 0.5,
            "normalise": least == 0 and rng.random() < 0.5,
            "hidden": rng.random() < 0.1,
            "noise": rng.choice((0, 0.1, 1)) if self.has("noise") else 0,
            "bond_share": rng.choice((0.1, 0.53, 0.9)),
            "bond_steps": self.amount(rng.choice((1, 2, 3, 9))),
            **({"queen": rng.choice(bodies)} if structure == "hive" else {}),
            **({"pedigree": self.pedigree(n)} if structure == "families" else {}),
            **({"matrix": matrix} if structure == "matrix" else {}),
        }

    def pedigree(self, n_agents: int) -> list[list[int] | None]:
        """Parents of the agents of a family, of which there may be several."""
        rng = self.rng
        length = rng.choice([n for n in range(1, n_agents + 1) if n_agents % n == 0])
        rows: list[list[int] | None] = []
        for child in range(length):
            rows.append(rng.sample(range(child), 2) if child > 1 and rng.random() < 0.7 else None)
        return rows

    def channel(self) -> dict[str, Any]:
        """A channel, of longer messages or more delay where the features say so."""
        rng = self.rng
        return {
            "length": rng.randint(2, 3) if self.has("long messages") else 1,
            "vocabulary": rng.choice((2, 9, 9, 256)),
            "slots": rng.choice((1, 2, 4, 8)),
            "direction": rng.random() < 0.5,
            "delay": rng.randint(2, 4) if self.has("delay") else 1,
            "noise": rng.choice((0.2, 1)) if self.has("noise") else 0,
            "walls": self.has("sound"),
        }

    def end(self) -> dict[str, Any]:
        """Something that ends episodes."""
        return {"hearts": self.rng.choice((0, 1, 3)), "exhausted": self.rng.random() < 0.5}

    def held_out(self, drawing: str) -> dict[str, Any]:
        """Sites held out, so many that what is left has room for everything, whichever part is used."""
        rng = self.rng
        rows = drawing.splitlines()
        sites = [(r, c) for r, row in enumerate(rows) for c, sign in enumerate(row) if sign == "o"]
        rng.shuffle(sites)
        wanted = self.n_crystals + self.n_berries + 1
        spare = len(sites) - wanted
        use = rng.choice(("all", "train", "test"))
        held = sites[: wanted if use == "test" else rng.randint(0, spare)]
        pairs = [(rng.choice(KINDS[1:3]), site) for site in sites[len(held) : spare if use != "test" else None]]
        return {"sites": held, "combinations": [{"kind": k, "site": s} for k, s in pairs[:3]], "use": use}
