// The legend counts the seats of each state and is the filter by state: a press shows only those, another takes it back.

import { label, words } from '../i18n.js';
import { icon } from '../icons.js';
import { make } from '../lead/shell.js';
import { LEGEND } from '../states.js';

export class Legend {
  constructor(root, filter, changed) {
    Object.assign(this, { filter, values: new Map(), items: new Map() });
    const items = LEGEND.map((state) => this.item(state, changed));
    const total = make('span', { class: 'total' });
    for (const key of ['in', 'total']) {
      this.values.set(key, make('b'));
      total.append(key === 'total' ? ' / ' : '', label(words(`legend.${key}`)), ' ', this.values.get(key));
    }
    root.replaceChildren(...items, total);
  }

  item(state, changed) {
    const value = make('b');
    this.values.set(state, value);
    const press = () => {
      this.filter.toggle(state);
      changed();
    };
    const made = make('button', { type: 'button', class: 'item', 'data-state': state, 'aria-pressed': 'false', onclick: press,
      title: words('tool.filter_state', { name: words(`state.${state}`)[0] }).join(' ') },
      icon(state), make('span', {}, label(words(`state.${state}`))), value); // prettier-ignore
    this.items.set(state, made);
    return made;
  }

  mark() {
    for (const [state, item] of this.items) item.setAttribute('aria-pressed', String(this.filter.states.has(state)));
  }

  count(found, seats) {
    const write = (key, number) => {
      const text = String(number);
      if (this.values.get(key).textContent !== text) this.values.get(key).textContent = text;
    };
    for (const state of LEGEND) write(state, found[state] ?? 0);
    write('total', seats.length);
    write('in', seats.filter((seat) => seat.presence !== 'signed_out').length);
  }
}
