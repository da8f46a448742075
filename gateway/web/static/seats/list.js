// The list: the other view of the hall, one row a seat, sorted by any column. Only rows that changed are written; the order
// is looked at again once a second, and not while the pointer is on the table: a row must not move under a click.

import { label, words } from '../i18n.js';
import { icon } from '../icons.js';
import { make } from '../lead/shell.js';
import { clockText, lateness, LEGEND, groupOf, shownSeconds, stateOf, wordOf } from '../states.js';
import { told } from '../tiles.js';

const text = (value) => (a, b) => value(a).localeCompare(value(b), 'zh-CN', { numeric: true });
const number = (value) => (a, b) => value(a) - value(b);

/** Columns: key, text of a seat, order; `n` for figures, which stand right. */
const COLUMNS = [
  { key: 'seat', show: (seat) => seat.id, order: text((seat) => seat.id) },
  { key: 'extension', show: (seat) => seat.extension, order: text((seat) => seat.extension) },
  { key: 'agent', show: (seat) => [seat.agent_name, seat.agent].filter(Boolean).join(' '), order: text((seat) => seat.agent_name ?? '') },
  { key: 'state', order: number((seat) => LEGEND.indexOf(groupOf(stateOf(seat)))) },
  { key: 'time', n: true, order: number((seat) => shownSeconds(seat, Date.now() / 1000) ?? -1) },
  { key: 'queue', show: (seat, context) => context.queueName(seat.queue), order: text((seat) => seat.queue ?? '') },
  { key: 'caller', show: (seat) => seat.caller ?? '', order: text((seat) => seat.caller ?? '') },
  { key: 'entry', show: (seat) => seat.entry_number ?? '', order: text((seat) => seat.entry_number ?? '') },
  { key: 'today', n: true, show: (seat) => String(seat.calls_today), order: number((seat) => seat.calls_today) },
  { key: 'watched', show: (seat) => told(seat).join(' '), order: text((seat) => told(seat).join(' ')) },
  { key: 'room', show: (seat, context) => context.roomName(seat.room), order: text((seat) => seat.room) },
];

class Row {
  constructor(seat) {
    this.cells = COLUMNS.map((column) => make('td', { class: column.n ? 'n' : null, 'data-of': column.key }));
    this.root = make('tr', { 'data-seat': seat.id, tabindex: -1 }, ...this.cells);
    this.time = this.cells[COLUMNS.findIndex((one) => one.key === 'time')];
    this.stateCell = this.cells[COLUMNS.findIndex((one) => one.key === 'state')];
  }

  draw(seat, context) {
    this.seat = seat;
    this.state = stateOf(seat);
    this.root.dataset.state = this.state;
    COLUMNS.forEach((column, n) => {
      if (!column.show) return;
      const shown = column.show(seat, context);
      if (this.cells[n].textContent !== shown) this.cells[n].textContent = shown;
    });
    this.stateCell.replaceChildren(icon(this.state), ' ', label(wordOf(seat, context.reasons)));
  }

  tick(context, now) {
    const seconds = this.state === 'signed_out' ? null : shownSeconds(this.seat, now);
    const shown = seconds === null ? '—' : clockText(seconds);
    if (this.time.textContent !== shown) this.time.textContent = shown;
    this.root.toggleAttribute('data-late', lateness(this.seat, context.reasons, now) !== '');
  }
}

export class List {
  /** `context`: reasons, queueName(id), roomName(id), fits(seat). */
  constructor(root, context) {
    Object.assign(this, { root, context, rows: new Map(), by: 'seat', down: false, over: false, shown: [] });
    this.heads = new Map(COLUMNS.map((column) => [column.key, this.head(column)]));
    this.body = make('tbody');
    const table = make('table', { class: 'sheet seats-list' }, make('thead', {}, make('tr', {}, ...this.heads.values())), this.body);
    table.addEventListener('pointerenter', () => (this.over = true));
    table.addEventListener('pointerleave', () => (this.over = false));
    this.nothing = make('p', { class: 'none', hidden: true }, label(words('tool.nothing')));
    root.replaceChildren(table, this.nothing);
    this.mark();
  }

  head(column) {
    const sort = make('button', { type: 'button', onclick: () => this.sortBy(column.key) }, label(words(`list.${column.key}`)));
    return make('th', { scope: 'col', class: column.n ? 'n' : null, 'data-of': column.key }, sort);
  }

  sortBy(key) {
    this.down = key === this.by && !this.down;
    this.by = key;
    this.mark();
    this.arrange();
  }

  mark() {
    for (const [key, head] of this.heads) {
      if (key === this.by) head.setAttribute('aria-sort', this.down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
  }

  rebuild(seats, now) {
    this.rows.clear();
    for (const seat of seats) {
      const row = new Row(seat);
      row.draw(seat, this.context);
      row.tick(this.context, now);
      this.rows.set(seat.id, row);
    }
    this.shown = [];
    this.arrange();
  }

  update(seat, now) {
    const row = this.rows.get(seat.id);
    row?.draw(seat, this.context);
    row?.tick(this.context, now);
  }

  /** Seats that fit the filter, in the order chosen. The DOM is touched only where the order differs. */
  arrange() {
    const order = COLUMNS.find((one) => one.key === this.by).order;
    const [sign, byId] = [this.down ? -1 : 1, COLUMNS[0].order];
    const seats = [...this.rows.values()].map((row) => row.seat).filter((seat) => this.context.fits(seat));
    seats.sort((a, b) => sign * order(a, b) || byId(a, b));
    const ids = seats.map((seat) => seat.id);
    if (ids.length === this.shown.length && ids.every((id, n) => id === this.shown[n])) return;
    this.shown = ids;
    const focused = document.activeElement;
    this.body.replaceChildren(...ids.map((id) => this.rows.get(id).root));
    if (this.body.contains(focused)) focused.focus();
    this.nothing.hidden = ids.length > 0;
  }

  tick(now) {
    for (const id of this.shown) this.rows.get(id)?.tick(this.context, now);
    if (!this.over) this.arrange();
  }
}
