"""Objects of the reference world by themselves: where they may appear, growing back, moving on."""

from reference_world.draws import SITE, below, draw
from reference_world.world import BERRY, CRYSTAL, EMPTY, KINDS, Place, Thing, World

FEW = 64  # sites: so many are all looked at


def may_have(world: World, code: int, site: Place) -> bool:
    """Whether what is held out allows a crystal or berry at a site."""
    held = world.scenario.held_out
    if held.use == "all":
        return True
    out = site in held.sites
    if CRYSTAL <= code < BERRY:
        out = out or any((c.kind, c.site) == (KINDS[code - CRYSTAL], site) for c in held.combinations)
    return out == (held.use == "test")


def free_site(world: World, o: int) -> Place | None:
    """A free site drawn for an object, other than where it is or was."""
    thing, sites = world.things[o], world.sites

    def free(site: Place) -> bool:
        return site not in world.cells and site != thing.place and may_have(world, thing.code, site)

    left = [site for site in sites if free(site)]
    if not left:
        world.note("no free site")
        return None
    if len(sites) <= FEW:
        return left[below(draw(world.now, o, SITE, 0), len(left))]
    s = 0
    for index in range(32):
        s = below(draw(world.now, o, SITE, index), len(sites))
        if free(sites[s]):
            world.note("site named by a draw")
            return sites[s]
    while not free(sites[s]):
        s = (s + 1) % len(sites)
    world.note("site far down the list")
    return sites[s]


def appear(world: World, o: int) -> None:
    """Let a crystal or berry that is off the map appear at another site, if there is one and the ground can pay."""
    thing = world.things[o]
    thing.timer = 0
    site = free_site(world, o)
    if site is None:
        return
    if thing.is_berry:
        thing.stock = 1
        world.note("new berry")
    elif thing.stock == 0:
        grow(world, thing, thing.max_stock)
    if thing.stock > 0:
        world.show(o, site)
        thing.timer = thing.stay


def grow(world: World, thing: Thing, units: int) -> None:
    """Let units grow, as many as the ground can pay for."""
    assert thing.kind is not None
    for _ in range(units):
        if world.reservoir < world.values[thing.kind]:
            world.note("ground too poor")
            return
        world.reservoir -= world.values[thing.kind]
        thing.stock += 1


def age(world: World, o: int) -> None:
    """Count an object's timer down; what is due when it is at zero happens."""
    thing = world.things[o]
    if thing.code == EMPTY:
        return
    thing.timer = max(0, thing.timer - 1)
    if thing.timer > 0:
        return
    if thing.is_berry:
        if not thing.here:
            appear(world, o)
    elif thing.kind is not None and thing.moves:
        if not thing.here:
            appear(world, o)
        elif thing.stay > 0 and free_site(world, o) is not None:
            world.hide(o)
            appear(world, o)
            world.note("crystal moved on")
    elif thing.kind is not None and thing.regrow > 0 and thing.stock < thing.max_stock:
        regrow(world, o)


def regrow(world: World, o: int) -> None:
    """Let a unit of a resting crystal grow back, where its cell is free."""
    thing = world.things[o]
    if not thing.here and thing.place in world.cells:
        world.note("in the way of a crystal")
        return
    grow(world, thing, 1)
    if thing.stock > 0:
        world.show(o, thing.place)
        thing.timer = thing.regrow
        world.note("crystal regrew")


def remove(world: World, o: int) -> None:
    """Take an object away for good; its place in the list is free."""
    world.hide(o)
    world.things[o] = Thing(EMPTY)
