// One tile a seat. A diff redraws the tiles of its seats and no other; once a second only the times are written.

import { words } from './i18n.js';
import { icon } from './icons.js';
import { clockText, groupOf, lateness, shownSeconds, stateOf, wordOf } from './states.js';

function element(tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}

class Tile {
  constructor(id) {
    this.root = element('article', 'seat');
    this.root.dataset.seat = id;
    for (const name of ['head', 'time', 'agent', 'caller', 'place']) this.root.append((this[name] = element('div', name)));
    this.id = element('span', 'id');
    this.id.textContent = id;
    this.digits = element('span', 'digits');
    this.shortWord = element('span', 'word');
    this.time.append(this.shortWord, this.digits);
  }

  draw(seat, context) {
    const state = stateOf(seat);
    const [zh, en] = wordOf(seat, context.reasons);
    this.root.dataset.state = state;
    const small = element('small', '');
    small.textContent = en;
    const word = element('span', 'word');
    word.append(zh, ' ', small);
    this.shortWord.textContent = zh;
    this.head.replaceChildren(this.id, icon(state), word);
    this.drawAgent(seat, context);
    // a narrow tile has no room for a whole number: its end tells callers apart
    const caller = this.narrow(context) ? seat.caller?.slice(-8) : seat.caller;
    this.caller.textContent = caller || (seat.agent ? words('tile.today')[0].replace('%', seat.calls_today) : '');
    const queue = context.queueName(seat.queue);
    this.place.textContent = [seat.entry_number, queue].filter(Boolean).join(' ');
    this.root.title = [seat.id, seat.extension, zh, seat.agent_name, seat.agent, queue, seat.entry_number, seat.caller]
      .filter(Boolean)
      .join('  ');
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
    this.agent.replaceChildren(named && this.narrow(context) ? agent : name, number);
  }

  tick(seat, context, now) {
    const seconds = stateOf(seat) === 'signed_out' ? null : shownSeconds(seat, now);
    const text = seconds === null ? '—' : clockText(seconds, context.short);
    if (this.digits.textContent !== text) this.digits.textContent = text;
    this.root.toggleAttribute('data-late', lateness(seat, context.reasons, now) !== '');
  }
}

export class Tiles {
  /** `context`: reasons (Map id -> reason) and queueName(id). */
  constructor(grid, context) {
    Object.assign(this, { grid, context, tiles: new Map() });
  }

  /** Lay out the whole hall anew. */
  rebuild(seats, plan, size) {
    this.tiles.clear();
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

  addRoom({ room, box, name, pillars }) {
    this.place('room', box);
    const title = this.place('room-name', name);
    const small = element('small', '');
    small.textContent = room.name_en ?? '';
    title.append(room.name, small);
    for (const pillar of pillars) this.place('pillar', pillar);
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

  /** Redraw one tile; a change of state glows for a moment. False when the seat is not on this floor. */
  update(seat) {
    const tile = this.tiles.get(seat.id);
    if (!tile) return false;
    const before = tile.root.dataset.state;
    tile.draw(seat, this.context);
    if (before !== tile.root.dataset.state) {
      tile.root.classList.remove('changed');
      void tile.root.offsetWidth; // restarts the animation
      tile.root.classList.add('changed');
    }
    return true;
  }

  tick(seats, now) {
    for (const seat of seats) this.tiles.get(seat.id)?.tick(seat, this.context, now);
  }
}

/** How many seats are in each group of states. */
export function counts(seats) {
  const found = {};
  for (const seat of seats) {
    const group = groupOf(stateOf(seat));
    found[group] = (found[group] ?? 0) + 1;
  }
  return found;
}
