// The keyboard: one tile holds the focus and arrows move it; Enter opens its acts, Escape goes back step by step, / searches, and
// + - 0 zoom. Nothing of it works while something is typed or a dialog is open.

import { inList, isArrow, neighbour, placesOf } from './places.js';

const typing = (element) => element?.matches('input, textarea, select');

export class Keys {
  constructor(page) {
    Object.assign(this, { page, at: null });
    document.addEventListener('keydown', (event) => this.press(event));
    for (const id of ['grid', 'list']) document.getElementById(id).addEventListener('click', (event) => this.click(event));
  }

  get root() {
    return document.getElementById(this.page.view === 'map' ? 'grid' : 'list');
  }

  tile(id) {
    return id === null ? null : this.root.querySelector(`[data-seat="${CSS.escape(id)}"]`);
  }

  click(event) {
    const id = event.target.closest('[data-seat]')?.dataset.seat;
    if (id && !this.page.editing) this.page.open('seat', id);
  }

  /** Give a tile the focus; it is the one that Tab comes to from now on. */
  focus(id) {
    this.tile(this.at)?.setAttribute('tabindex', '-1');
    this.at = id;
    const tile = this.tile(id);
    tile?.setAttribute('tabindex', '0');
    tile?.focus({ preventScroll: true });
    tile?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /** After a redraw: Tab must find a tile, and the panel's tile stays marked. */
  restore() {
    const tile = this.tile(this.at) ?? this.root.querySelector('[data-seat]');
    tile?.setAttribute('tabindex', '0');
    this.page.mark();
    if (tile && this.at && !this.page.chosen.value && document.activeElement === document.body) tile.focus({ preventScroll: true });
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape') this.escape(event);
    else if (typing(event.target) || this.page.editing) return;
    else if (isArrow(event.key)) this.arrow(event);
    else if (event.key === 'Enter') this.enter(event);
    else this.letter(event);
  }

  escape(event) {
    if (this.page.editing) return;
    if (typing(event.target)) event.target.blur();
    else if (this.page.chosen.value) this.page.close();
    else if (document.body.hasAttribute('data-side-open')) document.body.removeAttribute('data-side-open');
    else if (this.page.filter.on) this.page.tools.clear();
    else return;
    this.tile(this.at)?.focus({ preventScroll: true });
    event.preventDefault();
  }

  arrow(event) {
    if (event.target.closest('.near, .side, .queues, .tools')) return;
    const seats = this.page.here().filter((seat) => this.page.filter.fits(seat));
    if (!seats.length) return;
    event.preventDefault();
    if (!seats.some((seat) => seat.id === this.at)) return this.move(this.page.view === 'map' ? seats[0].id : this.page.list.shown[0]);
    const next = this.page.view === 'map' ? neighbour(placesOf(this.page.hallPlan.rooms, seats), this.at, event.key) : inList(this.page.list.shown, this.at, event.key);
    this.move(next);
  }

  /** An open panel of a seat follows the focus. */
  move(id) {
    if (!id) return;
    this.focus(id);
    if (this.page.chosen.value?.kind === 'seat') this.page.open('seat', id);
  }

  enter(event) {
    const tile = event.target.closest?.('#grid [data-seat], #list [data-seat]');
    if (!tile) return;
    event.preventDefault();
    this.page.open('seat', tile.dataset.seat);
    // as soon as the panel is drawn: before that there is nothing in it
    queueMicrotask(() => document.querySelector('.near button:enabled:not(.quiet), .near input:enabled')?.focus());
  }

  letter(event) {
    const acts = { '/': () => document.getElementById('search').focus(), '+': () => this.page.zoomTo(1), '=': () => this.page.zoomTo(1),
      '-': () => this.page.zoomTo(-1), 0: () => this.page.zoomTo('fit'), 1: () => this.page.zoomTo('full') }; // prettier-ignore
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }
}
