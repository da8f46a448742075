// Walking the hall by keys: the tile that lies in the direction of an arrow, on the map and in the list.

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Being beside the way counts more than being far along it. */
const BESIDE = 3;

export const isArrow = (key) => key in STEPS;

/** Where each seat stands on the hall's grid: Map id -> [x, y]. */
export function placesOf(rooms, seats) {
  const corners = new Map(rooms.map((room) => [room.id, room]));
  return new Map(seats.map((seat) => [seat.id, [(corners.get(seat.room)?.x ?? 0) + seat.x, (corners.get(seat.room)?.y ?? 0) + seat.y]]));
}

/** The nearest place in the direction of an arrow key from `from`, or null at the edge. */
export function neighbour(places, from, key) {
  const [dx, dy] = STEPS[key];
  const [x, y] = places.get(from) ?? [0, 0];
  let [best, least] = [null, Infinity];
  for (const [id, [px, py]] of places) {
    const along = (px - x) * dx + (py - y) * dy;
    if (along <= 0) continue;
    const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
    const cost = along + aside * BESIDE;
    if (cost < least) [best, least] = [id, cost];
  }
  return best;
}

/** The next of a list upwards or downwards, or null at its end; left and right are its ends. */
export function inList(ids, from, key) {
  const at = ids.indexOf(from);
  if (key === 'ArrowLeft') return ids[0] ?? null;
  if (key === 'ArrowRight') return ids.at(-1) ?? null;
  return ids[at + STEPS[key][1]] ?? null;
}
