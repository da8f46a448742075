// Where each seat stands: rooms and seats on one grid of tracks. Columns and rows with seats share the window's room;
// aisles (columns and rows without) stay visible but narrow, so the hall keeps its shape and the tiles their size.

const PAD = 8;
const HEADER = 26;
const AISLE = 14;
const VOID = 10;
const MOST = { width: 250, height: 220 };
/** In less a time beside its word would be cut off. */
const LEAST = { width: 58, height: 38 };

/** A tile at 100 %: everything on it can be read. Zoomed tiles are this times the factor. */
export const FULL = { width: 150, height: 116 };

/** Rooms that are missing from the plan are measured by their seats; rooms that overlap are set below each other. */
function placedRooms(rooms, seats, all) {
  const found = rooms.map((room) => ({ pillars: [], ...room }));
  for (const seat of seats) {
    let room = found.find((one) => one.id === seat.room);
    if (!room) found.push((room = { id: seat.room, name: seat.room, x: 0, y: 0, width: 1, height: 1, pillars: [] }));
    room.width = Math.max(room.width, seat.x + 1);
    room.height = Math.max(room.height, seat.y + 1);
  }
  const used = all ? found : found.filter((room) => seats.some((seat) => seat.room === room.id));
  if (used.some((a, i) => used.slice(i + 1).some((b) => overlap(a, b)))) {
    let y = 0;
    for (const room of used) {
      Object.assign(room, { x: 0, y });
      y += room.height;
    }
  }
  return used;
}

const overlap = (a, b) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Tracks along one axis: {lines: Map name -> index, sizes: px or null for a seat track}. */
function tracks(rooms, occupied, start, extent, head, everyCell) {
  const sizes = [];
  const line = new Map();
  const add = (name, size) => {
    line.set(name, sizes.length + 1);
    sizes.push(size);
  };
  const end = Math.max(...rooms.map((room) => room[start] + room[extent]));
  for (let at = Math.min(...rooms.map((room) => room[start])); at <= end; at += 1) {
    if (rooms.some((room) => room[start] + room[extent] === at)) add(`e${at}`, PAD);
    if (at === end) break;
    if (rooms.some((room) => room[start] === at)) add(`s${at}`, head);
    const inside = rooms.some((room) => room[start] <= at && at < room[start] + room[extent]);
    add(at, occupied.has(at) || (everyCell && inside) ? null : inside ? AISLE : VOID);
  }
  return { line, sizes };
}

function fitted(sizes, room, gap, least, most) {
  const flexible = sizes.filter((size) => size === null).length;
  const fixed = sizes.reduce((sum, size) => sum + (size ?? 0), 0) + gap * (sizes.length - 1);
  return Math.max(least, Math.min(most, Math.floor((room - fixed) / Math.max(1, flexible))));
}

const zoomed = (zoom, kind) => Math.max(LEAST[kind], Math.round(FULL[kind] * zoom));

/** Where each track begins, in px from the grid's edge. */
function starts(sizes, flexible, gap) {
  let at = 0;
  return sizes.map((size) => {
    const here = at;
    at += (size ?? flexible) + gap;
    return here;
  });
}

/**
 * The layout of one hall in a box of `width` by `height` px: grid tracks, tile size, and where everything lies (rooms and
 * pillars as areas of the grid, seats by their corners in px). With a `zoom` the tiles have their own size and the floor
 * may be larger than the box; with `everyCell` aisles are as wide as seats, for the editing of the plan.
 */
export function layout(planRooms, seats, width, height, { zoom = null, everyCell = false } = {}) {
  const rooms = placedRooms(planRooms, seats, everyCell);
  const byId = new Map(rooms.map((room) => [room.id, room]));
  const cell = (thing, room) => [room.x + thing.x, room.y + thing.y];
  const cells = seats.map((seat) => cell(seat, byId.get(seat.room)));
  const columns = tracks(rooms, new Set(cells.map(([x]) => x)), 'x', 'width', PAD, everyCell);
  const rows = tracks(rooms, new Set(cells.map(([, y]) => y)), 'y', 'height', HEADER, everyCell);
  const gap = Math.max(columns.sizes.length, rows.sizes.length) > 18 ? 4 : 6;
  const w = zoom ? zoomed(zoom, 'width') : fitted(columns.sizes, width, gap, LEAST.width, MOST.width);
  const h = zoom ? zoomed(zoom, 'height') : fitted(rows.sizes, height, gap, LEAST.height, MOST.height);
  const [lefts, tops] = [starts(columns.sizes, w, gap), starts(rows.sizes, h, gap)];
  const corner = (x, y) => ({ left: lefts[columns.line.get(x) - 1], top: tops[rows.line.get(y) - 1] });
  const area = (x, y) => `${rows.line.get(y)} / ${columns.line.get(x)}`;
  return {
    gap,
    tile: { width: w, height: h },
    columns: columns.sizes.map((size) => `${size ?? w}px`).join(' '),
    rows: rows.sizes.map((size) => `${size ?? h}px`).join(' '),
    rooms: rooms.map((room) => ({
      room,
      box: `${rows.line.get(`s${room.y}`)} / ${columns.line.get(`s${room.x}`)} / ${
        rows.line.get(`e${room.y + room.height}`) + 1
      } / ${columns.line.get(`e${room.x + room.width}`) + 1}`,
      name: `${rows.line.get(`s${room.y}`)} / ${columns.line.get(`s${room.x}`) + 1} / auto / ${
        columns.line.get(`e${room.x + room.width}`)
      }`,
      pillars: room.pillars.map(([x, y]) => area(room.x + x, room.y + y)),
      cells: everyCell ? cellsOf(room).map(([x, y]) => [x, y, area(room.x + x, room.y + y)]) : [],
    })),
    seats: new Map(seats.map((seat, i) => [seat.id, corner(...cells[i])])),
  };
}

/** All cells of a room, row by row. */
const cellsOf = (room) =>
  Array.from({ length: room.width * room.height }, (_, n) => [n % room.width, Math.floor(n / room.width)]);

/** How much a tile of this size can say: its width class and the number of its lines. */
export function density({ width, height }) {
  const name = width >= 140 ? 'wide' : width >= 92 ? 'middle' : width >= 68 ? 'narrow' : 'tiny';
  const [frame, line] = { wide: [62, 18], middle: [50, 17], narrow: [38, 15], tiny: [30, 13] }[name];
  return { name, lines: Math.max(2, Math.min(5, 2 + Math.floor((height - frame) / line))) };
}
