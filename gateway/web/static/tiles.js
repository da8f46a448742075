// One tile a seat. A diff redraws the tiles of its seats and no other; once a second only the times that have changed are
// written. A tile is an island to the browser's layout (contain), so that 1,000 of them cost what a few do.

import { words } from './i18n.js';
import { icon } from './icons.js';
import { clockText, lateness, shownSeconds, stateOf, wordOf } from './states.js';

/** A tile whose state has changed is bright for so long. Two steps, no animation: an animation is sixty frames a second of
 * the whole floor, for as long as anything moves anywhere. */
const FRESH_MS = 700;

function element(tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}

class Tile {
  constructor(id) {
    this.root = element('article', 'seat');
    this.root.dataset.seat = id;
    this.root.tabIndex = -1;
    this.root.setAttribute('role', 'button');
    for (const name of ['head', 'time', 'agent', 'caller', 'place']) this.root.append((this[name] = element('div', name)));
    this.id = element('span', 'id');
    this.id.textContent = id;
    this.digits = element('span', 'digits');
    this.shortWord = element('span', 'word');
    this.today = element('small', 'today');
    this.time.append(this.shortWord, this.digits, this.today);
    Object.assign(this, { state: '', shown: '', late: false, out: false });
  }

  draw(seat, context) {
    this.state = stateOf(seat);
    const [zh, en] = wordOf(seat, context.reasons);
    this.root.dataset.state = this.state;
    const small = element('small', '');
    small.textContent = en;
    const word = element('span', 'word');
    word.append(zh, ' ', small);
    this.shortWord.textContent = zh;
    this.head.replaceChildren(this.id, ...this.watchers(seat), icon(this.state), word);
    this.drawAgent(seat, context);
    // a narrow tile has no room for a whole number: its end tells callers apart
    const caller = this.narrow(context) ? seat.caller?.slice(-8) : seat.caller;
    this.caller.textContent = caller || (seat.agent ? words('tile.today')[0].replace('%', seat.calls_today) : '');
    const queue = context.queueName(seat.queue);
    this.drawPlace(seat, queue);
    this.root.title = [seat.id, seat.extension, zh, seat.agent_name, seat.agent, queue, seat.entry_number, seat.caller, ...told(seat)]
      .filter(Boolean)
      .join('  ');
    this.root.setAttribute('aria-label', this.root.title);
    this.filter(seat, context);
  }

  /** Who listens, whispers or speaks in this call: an icon each, their names in the last line and in the title. */
  watchers(seat) {
    const found = (seat.monitored_by ?? []).map((one) => {
      const made = element('span', 'ear');
      made.append(icon(one.mode));
      return made;
    });
    this.root.toggleAttribute('data-watched', found.length > 0);
    return found;
  }

  /** Dialled number and queue; who listens comes before both. */
  drawPlace(seat, queue) {
    this.place.textContent = told(seat).join(' ') || [seat.entry_number, queue].filter(Boolean).join(' ');
  }

  narrow(context) {
    return context.short > 0;
  }

  /** Name and number (工号); a name that ends with the number says it already, and the number alone fits anywhere. */
  drawAgent(seat, context) {
    const [name, agent] = [seat.agent_name ?? '', seat.agent ?? ''];
    const named = agent !== '' && name.endsWith(agent);
    const number = element('small', '');
    number.textContent = named ? '' : agent;
    this.today.textContent = agent && seat.caller ? words('tile.count')[0].replace('%', seat.calls_today) : '';
    const called = element('span', 'name');
    called.textContent = named && this.narrow(context) ? agent : name;
    this.agent.replaceChildren(called, number);
  }

  /** What does not fit the filter steps back; the hall keeps its shape. */
  filter(seat, context) {
    const out = !context.fits(seat);
    if (out !== this.out) this.root.toggleAttribute('data-out', (this.out = out));
  }

  tick(seat, context, now) {
    const seconds = this.state === 'signed_out' ? null : shownSeconds(seat, now);
    const text = seconds === null ? '—' : clockText(seconds, context.short);
    if (this.shown !== text) this.digits.textContent = this.shown = text;
    const late = lateness(seat, context.reasons, now) !== '';
    if (this.late !== late) this.root.toggleAttribute('data-late', (this.late = late));
  }
}

/** ['陈班长 侦听', ...]: who is in the call besides its own people; of a lead's own seat, where the lead listens. */
export function told(seat) {
  const mode = (one) => words(`mode.${one.mode}`)[0];
  const found = (seat.monitored_by ?? []).map((one) => `${one.name || one.agent || one.seat} ${mode(one)}`);
  return seat.monitoring ? [`${mode(seat.monitoring)} ${seat.monitoring.seat}`, ...found] : found;
}

export class Tiles {
  /** `context`: reasons (Map id -> reason), queueName(id), fits(seat). */
  constructor(grid, context) {
    Object.assign(this, { grid, context, tiles: new Map(), fresh: new Map() });
  }

  /** Lay out the whole hall anew. */
  rebuild(seats, plan, size) {
    this.tiles.clear();
    this.fresh.clear();
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
    for (const seat of seats) this.addSeat(seat, plan.seats.get(seat.id));
  }

  addRoom({ room, box, name, pillars, cells }) {
    this.place('room', box);
    for (const [x, y, area] of cells) this.place('cell', area).dataset.cell = `${room.id} ${x} ${y}`;
    const title = this.place('room-name', name);
    const small = element('small', '');
    small.textContent = room.name_en ?? '';
    title.append(room.name, small);
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

  addSeat(seat, area) {
    const tile = new Tile(seat.id);
    tile.root.style.gridArea = area;
    tile.draw(seat, this.context);
    this.tiles.set(seat.id, tile);
    this.grid.append(tile.root);
  }

  /** Redraw one tile with its time; a change of state glows for a moment. False when the seat is not on this floor. */
  update(seat, now) {
    const tile = this.tiles.get(seat.id);
    if (!tile) return false;
    const before = tile.state;
    tile.draw(seat, this.context);
    tile.tick(seat, this.context, now);
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

  tick(seats, now) {
    this.grid.toggleAttribute('data-tock'); // bells swing with the seconds
    this.settle();
    for (const seat of seats) this.tiles.get(seat.id)?.tick(seat, this.context, now);
  }
}
