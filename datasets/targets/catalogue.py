"""Every target by its name, with a sentence that says what it is."""

from commlab.datasets.targets import agents, danger, destinations, drawn, hearing, others, resources
from commlab.datasets.targets.labels import Target

__all__ = ["TARGETS"]

COLOURS = ("green", "yellow", "red", "blue")

RESOURCES = (
    Target(
        "resource_location",
        "The sector of the map, seen from its centre, in which the stocked crystal nearest to the agent stands.",
        "class",
        resources.sector_of("crystal"),
    ),
    Target(
        "resource_location.cell",
        "The cell, as row and column, in which the stocked crystal nearest to the agent stands.",
        "class",
        resources.cell_of("crystal"),
    ),
    Target(
        "resource_location.offset",
        "The direction from the agent to the stocked crystal nearest to it.",
        "class",
        resources.direction_of("crystal"),
    ),
    *(
        Target(
            f"resource_location.{colour}",
            f"The sector of the map, seen from its centre, in which the nearest stocked {colour} crystal stands.",
            "class",
            resources.sector_of(f"crystal.{colour}"),
        )
        for colour in COLOURS
    ),
    Target(
        "resource_kind",
        "The colour of the stocked crystal nearest to the agent.",
        "class",
        resources.kind_of("crystal"),
    ),
    Target(
        "altar_location",
        "The direction from the agent to the nearest altar.",
        "class",
        resources.direction_of("altar"),
    ),
    Target(
        "converter_location",
        "The direction from the agent to the nearest converter.",
        "class",
        resources.direction_of("converter"),
    ),
    Target(
        "beacon_location",
        "The direction from the agent to the nearest beacon.",
        "class",
        resources.direction_of("beacon"),
    ),
    Target(
        "berry_location",
        "The sector of the map, seen from its centre, in which the berry nearest to the agent stands.",
        "class",
        resources.sector_of("berry"),
    ),
    Target(
        "berry_location.offset",
        "The direction from the agent to the berry nearest to it.",
        "class",
        resources.direction_of("berry"),
    ),
    Target("berry_look", "The look of the berry nearest to the agent.", "class", resources.kind_of("berry")),
    Target(
        "berry_poisonous",
        "Whether the berry nearest to the agent is good or poisonous in this episode.",
        "class",
        resources.berry_poisonous,
    ),
)

DRAWN = (
    Target(
        "poisonous_look",
        "The looks of berries that are poisonous in the episode, joined where there are several.",
        "class",
        drawn.poisonous_look,
    ),
    *(
        Target(
            f"poisonous_look.{look}",
            f"Whether {look} berries are poisonous in the episode.",
            "class",
            drawn.Poisonous(look),
        )
        for look in drawn.LOOKS
    ),
    Target(
        "prices",
        "What one of each action costs the agent in the episode, all together, in joules.",
        "number",
        drawn.total,
    ),
    *(
        Target(
            f"prices.{action}",
            f"What the action {action} costs the agent in the episode, in joules."
            if action not in ("talk", "shield")
            else {
                "talk": "What a symbol said costs the agent in the episode, in joules.",
                "shield": "What a step with the shield up costs the agent in the episode, in joules.",
            }[action],
            "number",
            drawn.Price(action),
        )
        for action in drawn.PRICES
    ),
    Target(
        "prices.altar", "What a use of the altar takes in the episode, in joules.", "number",
        drawn.Value("numbers", "altar_cost"),
    ),
    Target(
        "prices.reward", "The reward for a use of the altar in the episode.", "number",
        drawn.Value("altar_reward", ""),
    ),
    *(
        Target(
            f"prices.{colour}",
            f"What a unit of {colour} crystal is worth in the episode, in joules.",
            "number",
            drawn.Value("values", colour),
        )
        for colour in drawn.VALUES
    ),
)  # fmt: skip

OWN = (
    Target("own_position", "The cell, as row and column, in which the agent stands.", "class", agents.own_cell),
    Target(
        "own_position.sector",
        "The sector of the map, seen from its centre, in which the agent stands.",
        "class",
        agents.own_sector,
    ),
    Target("own_energy", "The energy of the agent, in joules.", "number", agents.own_energy),
    Target("own_next_action", "The action that the agent chooses next.", "class", agents.own_next_action),
    Target(
        "own_destination",
        "The sector of the map in which the place lies that the agent next uses or walks into.",
        "class",
        destinations.own_destination,
    ),
    Target(
        "own_destination.cell",
        "The cell, as row and column, of the place that the agent next uses or walks into.",
        "class",
        destinations.own_destination_cell,
    ),
    Target(
        "own_destination.offset",
        "The direction from the agent to the place that it next uses or walks into.",
        "class",
        destinations.own_destination_offset,
    ),
    Target(
        "own_destination.kind",
        "What is at the place that the agent next uses or walks into; site where nothing is.",
        "class",
        destinations.own_destination_kind,
    ),
    Target("own_facing", "The direction that the agent faces.", "class", agents.own_facing),
    Target("own_body", "The body of the agent.", "class", agents.own_body),
    Target("own_shield", "Whether the agent's shield is on.", "class", agents.own_shield),
    Target("own_frozen", "Whether the agent is frozen.", "class", agents.own_frozen),
    Target("own_message", "The message that the agent chooses in this step.", "class", agents.own_message),
    Target("bonded", "Whether the agent is bonded with another.", "class", agents.bonded),
    Target("carries", "The kinds of crystal of which the agent carries something.", "class", agents.carries),
    Target("faces", "What stands on the cell that the agent faces, as it sees it.", "class", agents.faces),
    Target(
        "reward_soon",
        "Whether the agent earns a reward of its own in this step or one of the next 7.",
        "class",
        agents.reward_soon,
    ),
    Target("time", "The step within the episode, from 0.", "number", agents.time),
)

OTHERS = (
    Target(
        "nearest_kin_location",
        "The direction from the agent to the nearest other agent that is its kin.",
        "class",
        others.nearest_kin_location,
    ),
    Target(
        "nearest_stranger_location",
        "The direction from the agent to the nearest other agent that is not its kin.",
        "class",
        others.nearest_stranger_location,
    ),
    Target(
        "other_position",
        "The sector of the map, seen from its centre, in which the other agent nearest to the agent stands.",
        "class",
        others.other_location,
    ),
    Target(
        "other_position.cell",
        "The cell, as row and column, in which the other agent nearest to the agent stands.",
        "class",
        others.other_cell,
    ),
    Target(
        "other_position.offset",
        "The direction from the agent to the other agent nearest to it.",
        "class",
        others.other_offset,
    ),
    Target(
        "other_energy", "The energy of the other agent nearest to the agent, in joules.", "number", others.other_energy
    ),
    Target("other_kinship", "Whether the other agent nearest to the agent is its kin.", "class", others.other_kinship),
    Target("other_body", "The body of the other agent nearest to the agent.", "class", others.other_body),
    Target(
        "other_next_action",
        "The action that the other agent nearest to the agent chooses next.",
        "class",
        others.other_next_action,
    ),
    Target("agents_near", "How many other agents stand within 5 cells of the agent.", "number", others.agents_near),
    Target(
        "danger",
        "Whether an attack freezes the agent in this step or one of the next 7.",
        "class",
        danger.danger,
    ),
    Target(
        "danger.reach",
        "Whether a stranger that is not frozen stands in line with the agent, within the reach of an attack.",
        "class",
        danger.danger_reach,
    ),
)

TALK = (
    Target(
        "speaker_kinship",
        "The kinship of the speaker that the agent hears, the nearest where there are several.",
        "class",
        hearing.speaker_kinship,
    ),
    Target(
        "audience_kinship", "The kinship of those who hear what the agent now says.", "class", hearing.audience_kinship
    ),
    Target(
        "listener_next_action",
        "The action that the nearest agent to hear what the agent now says chooses on hearing it.",
        "class",
        hearing.listener_next_action,
    ),
    Target(
        "heard_recently",
        "Whether the agent heard anything in this step or one of the 7 before.",
        "class",
        hearing.heard_recently,
    ),
    Target(
        "last_heard", "The last message that the agent heard in the episode, this step included.", "class",
        hearing.last_heard,
    ),
)  # fmt: skip

TARGETS: dict[str, Target] = {target.name: target for target in (*RESOURCES, *DRAWN, *OWN, *OTHERS, *TALK)}
