// The row of tools: map or list, the search, filters by room and queue with a word on what they hide, zoom, and the acts that are
// not one seat's or one queue's. It knows nothing of the hall; it changes the page's filter and view and calls back.

import { label, named, words } from '../i18n.js';
import { icon } from '../icons.js';
import { button, make } from '../lead/shell.js';

/** Factors of a tile's full size; null is "fit the window". */
export const ZOOMS = [0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.6];

function select(name, all) {
  return make('select', { 'aria-label': words(name).join(' '), title: words(name).join(' ') }, make('option', { value: '' }, words(all)[0]));
}

const small = (key, picture, onclick) => make('button', { type: 'button', class: 'small', onclick, title: words(key).join(' '), 'aria-label': words(key).join(' ') }, icon(picture)); // prettier-ignore

export class Tools {
  /** `on`: view(name), filter(), zoom(step or 'fit' or 'full'), open() for Enter in the search, message(), broadcast(), edit(), side(). */
  constructor(root, filter, on, { leads, rooms }) {
    Object.assign(this, { filter, on });
    this.views = new Map(['map', 'list'].map((name) => [name, button(`tool.${name}`, name, () => on.view(name), { 'data-view': name })]));
    this.search = this.searchField();
    this.room = this.roomSelect(rooms);
    this.queue = select('tool.queue', 'tool.all_queues');
    this.queue.addEventListener('change', () => this.change('queue', this.queue.value));
    this.shown = make('button', { type: 'button', class: 'shown', hidden: true, title: words('tool.clear').join(' '), onclick: () => this.clear() });
    const acts = leads ? this.acts() : [];
    this.level = make('output', { class: 'level' });
    root.replaceChildren(make('span', { class: 'segments', role: 'group', 'aria-label': words('tool.view').join(' ') }, ...this.views.values()),
      this.search, this.room, this.queue, this.shown, make('span', { class: 'space' }), this.zoomGroup(), ...acts, this.sideButton()); // prettier-ignore
  }

  searchField() {
    const text = words('tool.search')[0];
    const made = make('input', { type: 'search', id: 'search', placeholder: `${text}  /`, 'aria-label': words('tool.search_name').join(' '), title: text });
    made.addEventListener('input', () => this.change('text', made.value));
    made.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.on.open();
      else if (event.key === 'Escape') {
        made.value = '';
        this.change('text', '');
        made.blur();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    return made;
  }

  roomSelect(rooms) {
    const made = select('tool.room', 'tool.all_rooms');
    made.hidden = rooms.length < 2;
    made.append(...rooms.map((room) => make('option', { value: room.id }, named(room))));
    made.addEventListener('change', () => this.change('room', made.value));
    return made;
  }

  zoomGroup() {
    const group = make('span', { class: 'zoom', role: 'group', 'aria-label': words('tool.zoom').join(' ') },
      small('tool.out', 'minus', () => this.on.zoom(-1)), this.level, small('tool.in', 'plus', () => this.on.zoom(1)),
      small('tool.fit', 'fit', () => this.on.zoom('fit'))); // prettier-ignore
    this.level.addEventListener('click', () => this.on.zoom('full'));
    this.zoom = group;
    return group;
  }

  acts() {
    return ['message', 'broadcast', 'edit'].map((name) => button(`tool.${name}`, name, () => this.on[name](), { class: 'tool', 'data-tool': name }));
  }

  sideButton() {
    this.side = make('button', { type: 'button', class: 'tool', id: 'side-toggle', onclick: () => this.on.side(), title: words('tool.side').join(' ') },
      icon('bell'), make('span', {}, words('tool.side')[0]), (this.sideCount = make('b', {}, '0'))); // prettier-ignore
    return this.side;
  }

  change(what, value) {
    this.filter[what] = value;
    this.on.filter();
  }

  clear() {
    this.filter.clear();
    this.search.value = this.room.value = this.queue.value = '';
    this.on.filter();
  }

  /** The queues, when they are known or have changed. */
  queues(all) {
    const now = all.map((queue) => queue.id).join();
    if (now === this.known) return;
    this.known = now;
    this.queue.replaceChildren(this.queue.firstElementChild, ...all.map((queue) => make('option', { value: queue.id }, named(queue))));
    this.queue.value = this.filter.queue;
  }

  /** How many are shown; nothing is said while all are. */
  count(shown, all) {
    this.shown.hidden = !this.filter.on;
    const told = this.filter.on ? `${shown}/${all}` : '';
    if (told === this.told) return;
    this.told = told;
    this.shown.replaceChildren(label([words('tool.shown', { n: shown, all })[0], '']), icon('close'));
  }

  draw({ view, zoom, scale, editing }) {
    for (const [name, one] of this.views) one.setAttribute('aria-pressed', String(name === view));
    this.zoom.hidden = view !== 'map';
    this.level.textContent = zoom === null ? words('tool.fit')[0] : `${Math.round(scale * 100)} %`;
    document.querySelector('[data-tool="edit"]')?.setAttribute('aria-pressed', String(editing));
  }

  /** What waits and what is wrong, for the button of a side that has no room. */
  attention(waiting, alarms) {
    const text = `${waiting} · ${alarms}`;
    if (this.sideCount.textContent === text) return;
    this.sideCount.textContent = text;
    this.side.toggleAttribute('data-some', waiting + alarms > 0);
  }
}

/** The next factor from `scale`, one step up or down. */
export function stepFrom(scale, step) {
  if (step > 0) return ZOOMS.find((one) => one > scale * 1.02) ?? ZOOMS.at(-1);
  return ZOOMS.findLast((one) => one < scale * 0.98) ?? ZOOMS[0];
}
