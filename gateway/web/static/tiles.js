// One tile a seat. A diff redraws the tiles of its seats and no other, and of a tile only what is different; the clocks move
// on row after row through each second, so that no frame has to write them all or to colour the whole floor. The nodes of
// a tile stay as long as the tile: new nodes would make the browser arrange its layers for the whole floor anew. Tiles lie
// above the grid of rooms, each in its own place and size: what changes on one is laid out in that one alone, and painted
// in its zone alone (seats/zones.js).

import { inOrder, words } from './i18n.js';
import { icon } from './icons.js';
import { boxAround, Sight, zonesOf } from './seats/zones.js';
import { clockText, lateness, shownSeconds, stateOf, wordOf } from './states.js';

/** A tile whose state has changed is bright for so long. Two steps, no animation: an animation is sixty frames a second of
 * the whole floor, for as long as anything moves anywhere. */
const FRESH_MS = 700;

const still = matchMedia('(prefers-reduced-motion: reduce)');

function element(tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}

/** A text of an element that can be written again and again. */
function written(parent) {
  return parent.appendChild(document.createTextNode(''));
}

function put(part, box) {
  for (const side of ['left', 'top', 'width', 'height']) part.style[side] = `${box[side]}px`;
}

function write(text, value) {
  if (text.data !== value) text.data = value;
}

class Tile {
  constructor(id) {
    this.root = element('article', 'seat');
    this.root.dataset.seat = id;
    this.root.tabIndex = -1;
    this.root.setAttribute('role', 'button');
    const [head, time, agent, caller, place] = ['head', 'time', 'agent', 'caller', 'place'].map((name) => element('div', name));
    this.root.append(head, time, agent, caller, place);
    this.makeHead(head, id);
    this.shortWord = written(time.appendChild(element('span', 'word')));
    this.digits = written(time.appendChild(element('span', 'digits')));
    this.today = written(time.appendChild(element('small', 'today')));
    this.name = written(agent.appendChild(element('span', 'name')));
    this.number = written(agent.appendChild(element('small', '')));
    this.caller = written(caller);
    this.place = written(place);
    Object.assign(this, { seat: null, state: '', picture: '', title: '', ears: '', late: false, out: false, phase: 0, turned: NaN });
  }

  makeHead(head, id) {
    this.id = element('span', 'id');
    this.id.textContent = id;
    this.icon = element('i', 'sign');
    this.icon.setAttribute('aria-hidden', 'true');
    const word = element('span', 'word');
    this.word = written(word);
    word.append(' ');
    this.english = written(word.appendChild(element('small', '')));
    head.append(this.id, this.icon, word);
  }

  draw(seat, context) {
    this.seat = seat;
    const state = stateOf(seat);
    if (this.state !== state) this.root.dataset.state = this.state = state;
    const [zh, en] = wordOf(seat, context.reasons);
    write(this.word, zh);
    write(this.english, en);
    write(this.shortWord, zh);
    this.drawWatchers(seat);
    this.drawAgent(seat, context);
    // a narrow tile has no room for a whole number: its end tells callers apart
    const caller = this.narrow(context) ? seat.caller?.slice(-8) : seat.caller;
    write(this.caller, caller || (seat.agent ? words('tile.today')[0].replace('%', seat.calls_today) : ''));
    const queue = context.queueName(seat.queue);
    // dialled number and queue; who listens comes before both
    write(this.place, told(seat).join(' ') || [seat.entry_number, queue].filter(Boolean).join(' '));
    this.tell([seat.id, seat.extension, zh, seat.agent_name, seat.agent, queue, seat.entry_number, seat.caller, ...told(seat)].filter(Boolean).join('  '));
    this.filter(seat, context);
  }

  /** The whole of it for a pointer that rests on the tile, and for a reader. */
  tell(title) {
    if (this.title === title) return;
    this.root.title = this.title = title;
    this.root.setAttribute('aria-label', title);
  }

  /** Who listens, whispers or speaks in this call: an icon each, their names in the last line and in the title. */
  drawWatchers(seat) {
    const modes = (seat.monitored_by ?? []).map((one) => one.mode);
    if (this.ears === modes.join()) return;
    this.ears = modes.join();
    for (const ear of this.root.querySelectorAll('.ear')) ear.remove();
    for (const mode of modes) {
      const made = element('span', 'ear');
      made.append(icon(mode));
      this.icon.before(made);
    }
    this.root.toggleAttribute('data-watched', modes.length > 0);
  }

  narrow(context) {
    return context.short > 0;
  }

  /** Name and number (工号); a name that ends with the number says it already, and the number alone fits anywhere. */
  drawAgent(seat, context) {
    const [name, agent] = [seat.agent_name ?? '', seat.agent ?? ''];
    const named = agent !== '' && name.endsWith(agent);
    write(this.name, named && this.narrow(context) ? agent : name);
    write(this.number, named ? '' : agent);
    write(this.today, agent && seat.caller ? words('tile.count')[0].replace('%', seat.calls_today) : '');
  }

  /** What does not fit the filter steps back; the hall keeps its shape. */
  filter(seat, context) {
    const out = !context.fits(seat);
    if (out !== this.out) this.root.toggleAttribute('data-out', (this.out = out));
  }

  tick(context, now) {
    const seconds = this.state === 'signed_out' ? null : shownSeconds(this.seat, now);
    write(this.digits, seconds === null ? '—' : clockText(seconds, context.short));
    this.turned = this.turn(now);
    const late = lateness(this.seat, context.reasons, now) !== '';
    if (this.late !== late) this.root.toggleAttribute('data-late', (this.late = late));
    const picture = this.state === 'ringing' ? bell(now) : this.state;
    if (this.picture !== picture) this.icon.dataset.icon = this.picture = picture;
  }

  /** The number of the second that a tile is in: it begins with `phase`, the tile's place in the order of the hall (0 to 1). */
  turn(now) {
    return Math.floor(now - this.phase);
  }
}

/** Bells swing with the seconds. Two pictures: what is turned would be a layer of its own to the browser. */
const bell = (now) => (still.matches ? 'ringing' : now % 2 < 1 ? 'ring_left' : 'ring_right');

/** ['陈班长 侦听', ...]: who is in the call besides its own people; of a lead's own seat, where the lead listens. */
export function told(seat) {
  const mode = (one) => words(`mode.${one.mode}`)[0];
  const found = (seat.monitored_by ?? []).map((one) => `${one.name || one.agent || one.seat} ${mode(one)}`);
  return seat.monitoring ? [`${mode(seat.monitoring)} ${seat.monitoring.seat}`, ...found] : found;
}

export class Tiles {
  /** `context`: reasons (Map id -> reason), queueName(id), fits(seat). */
  constructor(grid, context) {
    Object.assign(this, { grid, context, tiles: new Map(), fresh: new Map(), now: 0 });
    this.sight = new Sight(grid.parentElement, (tiles) => tiles.forEach((tile) => tile.tick(context, this.now)));
  }

  /** Lay out the whole hall anew. */
  rebuild(seats, plan, size) {
    this.tiles.clear();
    this.fresh.clear();
    this.sight.clear();
    this.layer = element('div', 'tiles');
    this.grid.replaceChildren();
    Object.assign(this.grid.style, {
      gridTemplateColumns: plan.columns,
      gridTemplateRows: plan.rows,
      gap: `${plan.gap}px`,
    });
    Object.assign(this.grid.dataset, { width: size.name, lines: size.lines });
    this.grid.toggleAttribute('data-tall', plan.tile.height >= 150);
    this.grid.toggleAttribute('data-roomy', plan.tile.width >= 185);
    this.context.short = { narrow: 1, tiny: 2 }[size.name] ?? 0;
    for (const room of plan.rooms) this.addRoom(room);
    for (const zone of zonesOf(seats)) this.addZone(zone, plan, seats.length);
    this.grid.append(this.layer);
  }

  addZone(seats, plan, all) {
    const zone = element('div', 'zone');
    const around = boxAround(seats.map((seat) => plan.seats.get(seat.id)), plan.tile);
    put(zone, around);
    for (const seat of seats) {
      const { left, top } = plan.seats.get(seat.id);
      const tile = this.addSeat(seat, this.tiles.size / all);
      put(tile.root, { left: left - around.left, top: top - around.top, ...plan.tile });
      zone.append(tile.root);
    }
    this.layer.append(zone);
    this.sight.add(zone, seats.map((seat) => this.tiles.get(seat.id))); // prettier-ignore
  }

  addRoom({ room, box, name, pillars, cells }) {
    this.place('room', box);
    for (const [x, y, area] of cells) this.place('cell', area).dataset.cell = `${room.id} ${x} ${y}`;
    const title = this.place('room-name', name);
    const small = element('small', '');
    const [name_, english] = inOrder([room.name, room.name_en ?? '']);
    small.textContent = english;
    title.append(name_, small);
    pillars.forEach((area, n) => {
      const pillar = this.place('pillar', area);
      pillar.dataset.pillar = `${room.id} ${room.pillars[n].join(' ')}`;
    });
  }

  place(name, area) {
    const made = element('div', name);
    made.style.gridArea = area;
    this.grid.append(made);
    return made;
  }

  addSeat(seat, phase) {
    const tile = new Tile(seat.id);
    tile.phase = phase;
    tile.draw(seat, this.context);
    this.tiles.set(seat.id, tile);
    return tile;
  }

  /** Redraw one tile with its time; a change of state glows for a moment. False when the seat is not on this floor. */
  update(seat, now) {
    const tile = this.tiles.get(seat.id);
    if (!tile) return false;
    const before = tile.state;
    tile.draw(seat, this.context);
    tile.tick(this.context, now);
    if (before !== tile.state) this.freshen(tile);
    return true;
  }

  freshen(tile) {
    tile.root.setAttribute('data-fresh', '');
    this.fresh.set(tile, performance.now());
  }

  /** Take back the brightness of those that have had it long enough; in a frame that is drawn anyway. */
  settle() {
    const before = performance.now() - FRESH_MS;
    for (const [tile, since] of this.fresh) {
      if (since > before) continue;
      tile.root.removeAttribute('data-fresh');
      this.fresh.delete(tile);
    }
  }

  /** The filter has changed: only who fits it is looked at again. */
  refilter(seats) {
    for (const seat of seats) this.tiles.get(seat.id)?.filter(seat, this.context);
  }

  /** Move those clocks on whose second is over and that can be seen. */
  turn(now) {
    this.now = now;
    this.settle();
    for (const tile of this.sight.tiles()) if (tile.turned !== tile.turn(now)) tile.tick(this.context, now);
  }

  /** All clocks, after the floor has been laid out. */
  tick(now) {
    this.now = now;
    this.settle();
    for (const tile of this.tiles.values()) tile.tick(this.context, now);
  }
}
