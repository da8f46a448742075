// Zones: some forty neighbouring seats each, in the order of the hall. What changes on a tile makes the browser paint and
// arrange again all that shares a layer with it, so each zone is a layer of its own, and the rest of a large hall stays as
// it is. And a zone that has been scrolled out of sight says so: nobody reads its clocks.

/** Fewer seats a zone are more layers to hold, more are more to paint again: of 1,000 seats a change costs least so. */
const SEATS = 40;
/** A zone's clocks run before it comes into sight. */
const MARGIN = '120px';

/** Seats that belong together: next to each other in the order of their room. */
export function zonesOf(seats) {
  const zones = [];
  const open = new Map();
  for (const seat of seats) {
    let zone = open.get(seat.room);
    if (!zone || zone.length === SEATS) {
      zones.push((zone = []));
      open.set(seat.room, zone);
    }
    zone.push(seat);
  }
  return zones;
}

/** The box around tiles of one size whose corners are given, in px. */
export function boxAround(corners, tile) {
  const [left, top] = [Math.min(...corners.map((one) => one.left)), Math.min(...corners.map((one) => one.top))];
  const [right, bottom] = [Math.max(...corners.map((one) => one.left)), Math.max(...corners.map((one) => one.top))];
  return { left, top, width: right + tile.width - left, height: bottom + tile.height - top };
}

/** Knows which zones can be seen in a box that scrolls. `shown(tiles)` is told the tiles of one that comes into sight. */
export class Sight {
  constructor(box, shown) {
    this.zones = new Map();
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const zone = this.zones.get(target);
        if (!zone || zone.seen === isIntersecting) continue;
        zone.seen = isIntersecting;
        if (isIntersecting) shown(zone.tiles);
      }
    }, { root: box, rootMargin: MARGIN }); // prettier-ignore
  }

  clear() {
    this.observer.disconnect();
    this.zones.clear();
  }

  /** A zone counts as seen until the browser has said that it is not. */
  add(element, tiles) {
    this.zones.set(element, { tiles, seen: true });
    this.observer.observe(element);
  }

  /** The tiles that can be seen. */
  *tiles() {
    for (const { tiles, seen } of this.zones.values()) if (seen) yield* tiles;
  }
}
