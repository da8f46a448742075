// Editing the plan: seats and pillars are dragged from cell to cell (or moved by the arrow keys), a double click on a free cell
// makes a pillar and on a pillar takes it away. Nothing is changed until the diff of the configuration has been
// seen and saved; the gateway judges it with the settings' own checks and refuses when the file has changed meanwhile.

import { get, put } from '../api.js';
import { density, layout } from '../floor.js';
import { words } from '../i18n.js';
import { ask, toast, wordsOf } from '../lead/dialog.js';
import { button, make } from '../lead/shell.js';

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Editor {
  /** `page` shows the hall; `done` is called when the editing is over. */
  constructor(page, floor, done) {
    Object.assign(this, { page, floor, done, past: [], drag: null });
    this.rooms = page.hallPlan.rooms.map((room) => ({ ...room, pillars: room.pillars.map((cell) => [...cell]) }));
    this.seats = new Map(page.here().map((seat) => [seat.id, { ...seat }]));
    this.before = this.state();
    this.bar = this.makeBar();
    floor.before(this.bar);
    floor.toggleAttribute('data-editing', true);
    this.ends = new AbortController();
    const on = (type, look) => document.addEventListener(type, look, { signal: this.ends.signal });
    floor.addEventListener('pointerdown', (event) => this.grab(event), { signal: this.ends.signal });
    floor.addEventListener('dblclick', (event) => this.pillar(event), { signal: this.ends.signal });
    on('pointermove', (event) => this.move(event));
    on('pointerup', (event) => this.drop(event));
    on('keydown', (event) => this.press(event));
    this.draw();
  }

  /** Where everything stands, as a text to compare and to go back to. */
  state() {
    const seats = [...this.seats.values()].map(({ id, room, x, y }) => [id, room, x, y]);
    return JSON.stringify({ seats, pillars: this.rooms.map((room) => [room.id, room.pillars]) });
  }

  take(state) {
    const { seats, pillars } = JSON.parse(state);
    for (const [id, room, x, y] of seats) Object.assign(this.seats.get(id), { room, x, y });
    pillars.forEach(([, cells], n) => (this.rooms[n].pillars = cells));
    this.draw();
  }

  makeBar() {
    this.count = make('b', {});
    this.preview = button('edit.preview', 'check', () => this.show(), { class: 'main' });
    this.back = button('edit.undo', 'take', () => this.undo());
    const title = make('span', {}, words('edit.title')[0]);
    const hint = make('small', {}, words('edit.hint')[0]);
    return make('div', { class: 'editing-bar', role: 'toolbar', 'aria-label': words('edit.title').join(' ') }, title, hint,
      make('span', { class: 'space' }), this.count, this.back, button('edit.cancel', 'close', () => this.end()), this.preview); // prettier-ignore
  }

  draw() {
    const seats = [...this.seats.values()];
    const plan = layout(this.rooms, seats, this.floor.clientWidth, this.floor.clientHeight, { everyCell: true });
    this.page.tiles.rebuild(seats, plan, density(plan.tile));
    this.page.tiles.tick(this.page.hall.shownNow());
    const { seats: moved, pillars } = this.changes();
    for (const { id } of moved) this.floor.querySelector(`[data-seat="${CSS.escape(id)}"]`)?.classList.add('moved');
    const number = moved.length + pillars.length;
    this.count.textContent = words('edit.changed', { n: number })[0];
    this.preview.disabled = number === 0;
    this.back.disabled = this.past.length === 0;
  }

  changes() {
    const before = JSON.parse(this.before);
    const was = new Map(before.seats.map(([id, ...place]) => [id, place.join()]));
    const cells = new Map(before.pillars.map(([id, all]) => [id, JSON.stringify(all)]));
    const seats = [...this.seats.values()].filter((seat) => was.get(seat.id) !== [seat.room, seat.x, seat.y].join()).map(({ id, room, x, y }) => ({ id, room, x, y }));
    const pillars = this.rooms.filter((room) => cells.get(room.id) !== JSON.stringify(room.pillars)).map((room) => ({ room: room.id, cells: room.pillars }));
    return { seats, pillars };
  }

  /** What stands in a cell: a seat's id, 'pillar', or ''. */
  at(room, x, y) {
    const seat = [...this.seats.values()].find((one) => one.room === room && one.x === x && one.y === y);
    if (seat) return seat.id;
    return this.rooms.find((one) => one.id === room)?.pillars.some(([px, py]) => px === x && py === y) ? 'pillar' : '';
  }

  change(what) {
    const before = this.state();
    what();
    if (this.state() !== before) this.past.push(before);
    this.draw();
  }

  undo() {
    const state = this.past.pop();
    if (state) this.take(state);
  }

  // -- by hand

  grab(event) {
    const thing = event.target.closest('[data-seat], [data-pillar]');
    if (!thing || event.button !== 0) return;
    event.preventDefault();
    this.drag = { thing, x: event.clientX, y: event.clientY };
  }

  move(event) {
    if (!this.drag) return;
    const { thing, x, y } = this.drag;
    thing.classList.add('moving');
    thing.style.transform = `translate(${event.clientX - x}px, ${event.clientY - y}px)`;
    const cell = this.cellAt(event);
    for (const one of this.floor.querySelectorAll('.cell.over')) one.classList.remove('over');
    cell?.classList.add('over');
  }

  cellAt(event) {
    return document.elementsFromPoint(event.clientX, event.clientY).find((one) => one.matches('.cell'));
  }

  drop(event) {
    if (!this.drag) return;
    const { thing, x, y } = this.drag;
    this.drag = null;
    const cell = this.cellAt(event);
    const still = Math.abs(event.clientX - x) + Math.abs(event.clientY - y) < 4;
    if (still) thing.classList.remove('moving');
    else if (cell) this.put(thing, ...cell.dataset.cell.split(' '));
    else this.draw();
  }

  put(thing, room, x, y) {
    const place = [room, Number(x), Number(y)];
    const taken = this.at(...place);
    if (taken && taken !== thing.dataset.seat) {
      toast(words('edit.taken', { what: taken === 'pillar' ? words('edit.pillar')[0] : taken }), 'bad');
      return this.draw();
    }
    return this.change(() => (thing.dataset.seat ? this.putSeat(thing.dataset.seat, ...place) : this.putPillar(thing.dataset.pillar, ...place)));
  }

  putSeat(id, room, x, y) {
    Object.assign(this.seats.get(id), { room, x, y });
  }

  putPillar(named, room, x, y) {
    const [from, px, py] = named.split(' ');
    this.takeOut(from, Number(px), Number(py));
    this.rooms.find((one) => one.id === room).pillars.push([x, y]);
  }

  takeOut(id, x, y) {
    const room = this.rooms.find((one) => one.id === id);
    room.pillars = room.pillars.filter(([px, py]) => px !== x || py !== y);
  }

  pillar(event) {
    const thing = document.elementsFromPoint(event.clientX, event.clientY).find((one) => one.matches('[data-pillar], [data-seat], .cell'));
    if (!thing || thing.dataset.seat) return;
    const [room, x, y] = (thing.dataset.pillar ?? thing.dataset.cell).split(' ');
    this.change(() => {
      if (thing.dataset.pillar) this.takeOut(room, Number(x), Number(y));
      else this.rooms.find((one) => one.id === room).pillars.push([Number(x), Number(y)]);
    });
  }

  // -- by keys

  press(event) {
    if (document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape') this.end();
    const id = document.activeElement?.dataset?.seat;
    if (!id || !STEPS[event.key]) return;
    event.preventDefault();
    const [dx, dy] = STEPS[event.key];
    const seat = this.seats.get(id);
    const room = this.rooms.find((one) => one.id === seat.room);
    const [x, y] = [seat.x + dx, seat.y + dy];
    if (x < 0 || y < 0 || x >= room.width || y >= room.height || this.at(room.id, x, y)) return;
    this.change(() => this.putSeat(id, room.id, x, y));
    this.floor.querySelector(`[data-seat="${CSS.escape(id)}"]`).focus();
  }

  // -- to the configuration

  async show() {
    const body = { hall: this.page.hallPlan.id, ...this.changes() };
    let draft;
    try {
      draft = await put('/api/v1/plan', body);
    } catch (failure) {
      toast(wordsOf(failure), 'bad');
      return;
    }
    const count = body.seats.length + body.pillars.length;
    const copy = async () => {
      await navigator.clipboard.writeText(draft.diff);
      toast(words('edit.copied'));
    };
    const text = draft.writable ? null : words('edit.no_write');
    const saved = await ask({
      title: words('edit.diff', { file: draft.file }), text, body: [diffOf(draft.diff)], wide: true,
      go: words(draft.writable ? 'go.save' : 'edit.copy'), act: () => (draft.writable ? this.save(body, draft.version) : copy()),
    }); // prettier-ignore
    if (!saved || !draft.writable) return;
    toast(words('done.plan', { n: count }));
    this.end();
  }

  async save(body, version) {
    await put('/api/v1/plan', { ...body, save: true, version });
    const plan = await get('/api/v1/plan');
    this.page.takePlan(plan);
  }

  end() {
    this.ends.abort();
    this.bar.remove();
    this.floor.removeAttribute('data-editing');
    this.done();
  }
}

const KINDS = { '+': 'plus', '-': 'minus', '@': 'head' };

function diffOf(text) {
  const lines = text.split('\n').map((line) => make('span', { class: /^(---|\+\+\+)/.test(line) ? 'head' : (KINDS[line[0]] ?? '') }, `${line}\n`));
  return make('pre', { class: 'diff', tabindex: 0 }, ...lines);
}
