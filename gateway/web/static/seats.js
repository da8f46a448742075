// The seat map page, the shift lead's cockpit: keeps the hall's state from the live stream and hands it to map, list, queues,
// side and panels. What diffs and the clock change is drawn together, in one frame of some (seats/frames.js).

import { get, Problem, toLogin } from './api.js';
import { density, FULL, layout } from './floor.js';
import { add, label, named } from './i18n.js';
import { make, shell } from './lead/shell.js';
import { Live } from './live.js';
import { Queues } from './queues.js';
import { Acts } from './seats/acts.js';
import { attention } from './seats/alarms.js';
import { broadcastDialog, messageDialog } from './seats/dialogs.js';
import { Filter } from './seats/filter.js';
import { Frames } from './seats/frames.js';
import { countBy, HallState } from './seats/hall.js';
import { Keys } from './seats/keys.js';
import { Legend } from './seats/legend.js';
import { List } from './seats/list.js';
import { showPanels } from './seats/panels.js';
import { Stale } from './seats/stale.js';
import { stepFrom, Tools } from './seats/tools.js';
import { WORDS } from './seats/words.js';
import { groupOf } from './states.js';
import { Tiles } from './tiles.js';
import { batch, signal } from './vendor/preact.js';

add(WORDS);

const at = (id) => document.getElementById(id);

/** A narrow window with a large hall gives the side's room to the floor; a button brings it back over the floor. */
const SIDE_FROM_PX = 1500;
const SIDE_SEATS = 80;
/** The clocks of so many seats move on in one frame, where no diff brings a frame anyway: a large hall's spread over more. */
const SEATS_A_TURN = 50;
const MOST_TURNS = 12;

class Page {
  constructor({ me, plan, time }) {
    Object.assign(this, { me, plan, time, view: 'map', zoom: null, scale: 1, second: 0, editing: null });
    /** What has moved since the last frame. */
    this.moved = { seats: new Set(), queues: new Set(), alarms: false };
    this.frames = new Frames(() => this.paint());
    this.hallPlan = plan.halls.find((hall) => `#${hall.id}` === location.hash) ?? plan.halls[0] ?? { id: null, rooms: [], rest_reasons: [] };
    this.reasons = new Map(plan.halls.flatMap((hall) => hall.rest_reasons.map((reason) => [reason.id, reason])));
    this.hall = new HallState();
    this.acts = new Acts(this.hall, me);
    /** What the panels follow: the time, and that queues, alarms or the chosen thing have moved. */
    Object.assign(this, { now: signal(0), queuesBeat: signal(0), alarmsBeat: signal(0), nearBeat: signal(0), chosen: signal(null) });
    this.filter = new Filter(new Map(Object.entries(plan.halls.reduce((all, hall) => ({ ...all, ...hall.members }), {})).map(([id, seats]) => [id, new Set(seats)])));
    this.drawParts();
    this.drawHalls();
  }

  drawParts() {
    const rooms = new Map(this.plan.halls.flatMap((hall) => hall.rooms.map((room) => [room.id, named(room)])));
    const context = { reasons: this.reasons, queueName: (id) => this.hall.queueName(id), fits: (seat) => this.filter.fits(seat), roomName: (id) => rooms.get(id) ?? id };
    this.tiles = new Tiles(at('grid'), context);
    this.list = new List(at('list'), context);
    this.queues = new Queues(at('queues'));
    this.queues.onOpen((id) => this.open('queue', id));
    this.legend = new Legend(at('legend'), this.filter, () => this.filtered());
    this.tools = new Tools(at('tools'), this.filter, this.doings(), { leads: this.acts.leads, rooms: this.hallPlan.rooms });
    this.stale = new Stale(at('link'), at('stale'), this.hall, this.time, () => this.arrange());
    this.keys = new Keys(this);
    showPanels(this, at('side'), at('near'));
  }

  doings() {
    return {
      view: (name) => this.show(name),
      filter: () => this.filtered(),
      zoom: (step) => this.zoomTo(step),
      open: () => this.openFirst(),
      message: () => messageDialog(this),
      broadcast: () => broadcastDialog(this),
      edit: () => this.edit(),
      side: () => document.body.toggleAttribute('data-side-open'),
    };
  }

  here() {
    return this.hall.in(this.hallPlan.id);
  }

  reasonsOf(hall) {
    const ours = new Set(['sign_in', 'system']);
    return (this.plan.halls.find((one) => one.id === hall)?.rest_reasons ?? []).filter((one) => !ours.has(one.id));
  }

  // -- the stream

  snapshot(message) {
    this.hall.open = true; // whoever sends it is there, before the client says that the socket is in step
    this.hall.snapshot(message);
    this.queues.keep(new Set(this.hall.queues.keys()));
    this.note(message);
    this.moved.alarms = true;
    this.frames.now(); // what stands around the floor comes first: the floor gets the room that is left
    this.arrange();
  }

  diff(message) {
    const fresh = this.hall.diff(message);
    this.note(message);
    if (fresh) this.arrange();
    else this.frames.soon();
  }

  note(message) {
    this.time.offset = this.hall.offset;
    for (const seat of message.seats) this.moved.seats.add(seat.id);
    for (const queue of message.queues) this.moved.queues.add(queue.id);
    this.moved.alarms ||= message.alarms !== undefined;
  }

  /** Everything that has moved since the last time, and the clocks whose second is over. */
  paint() {
    const [now, moved] = [this.hall.shownNow(), this.moved];
    const second = Math.floor(now);
    const ticks = this.second !== second;
    this.moved = { seats: new Set(), queues: new Set(), alarms: false };
    this.second = second;
    this.paintSeats(moved.seats, now, ticks);
    this.paintQueues(moved.queues, now, ticks);
    this.stale.draw();
    this.tellPanels(moved, ticks ? now : null);
    this.count();
  }

  paintSeats(ids, now, ticks) {
    const view = this.view === 'map' ? this.tiles : this.list;
    for (const id of ids) {
      const seat = this.hall.seats.get(id);
      if (seat && !this.editing) view.update(seat, now);
    }
    if (this.view === 'map') this.tiles.turn(now);
    else if (ticks) this.list.tick(now);
  }

  paintQueues(ids, now, ticks) {
    const queues = [...ids].map((id) => this.hall.queues.get(id)).filter(Boolean);
    this.queues.draw(queues);
    this.queues.tick(ticks ? this.hall.queues.values() : queues, now);
    if (queues.length) this.tools.queues([...this.hall.queues.values()]);
  }

  /** Panels draw themselves, in this frame; what has not moved does not. */
  tellPanels(moved, now) {
    batch(() => {
      if (now !== null) this.now.value = now;
      if (moved.queues.size) this.queuesBeat.value += 1;
      if (moved.alarms) this.alarmsBeat.value += 1;
      if (this.chosen.value) this.nearBeat.value += 1;
    });
  }

  socket(open) {
    this.hall.open = open;
    this.hall.tell();
    this.stale.connection(open);
    this.nearBeat.value += 1;
  }

  // -- what is shown

  arrange() {
    const seats = this.here();
    const small = window.innerWidth < SIDE_FROM_PX && seats.length > SIDE_SEATS;
    document.body.dataset.side = small ? 'off' : 'on';
    at('floor').hidden = this.view !== 'map';
    at('list').hidden = this.view !== 'list';
    if (this.view === 'list') this.list.rebuild(seats, this.hall.shownNow());
    else this.arrangeMap(seats);
    this.tools.draw({ view: this.view, zoom: this.zoom, scale: this.scale, editing: Boolean(this.editing) });
    this.keys.restore();
    this.tiles.tick(this.hall.shownNow());
    this.frames.now();
  }

  arrangeMap(seats) {
    if (this.editing) return;
    if (!seats.length) return at('grid').replaceChildren();
    const floor = at('floor');
    const plan = layout(this.hallPlan.rooms, seats, floor.clientWidth, floor.clientHeight, { zoom: this.zoom });
    this.scale = Math.min(plan.tile.width / FULL.width, plan.tile.height / FULL.height);
    this.tiles.rebuild(seats, plan, density(plan.tile));
    return undefined;
  }

  /** The clock moves on where no diff brings a frame. */
  turn() {
    this.frames.soon();
    const turns = Math.min(MOST_TURNS, Math.ceil(this.here().length / SEATS_A_TURN));
    setTimeout(() => this.turn(), 1000 / Math.max(1, turns));
  }

  count() {
    const seats = this.here();
    this.legend.count(countBy(seats, groupOf), seats);
    this.tools.count(this.filter.on ? seats.filter((seat) => this.filter.fits(seat)).length : seats.length, seats.length);
    this.tools.attention(this.hall.waiting().length, attention(this));
  }

  filtered() {
    const seats = this.here();
    if (this.view === 'map') this.tiles.refilter(seats);
    else this.list.arrange();
    this.legend.mark();
    this.count();
  }

  show(view) {
    this.view = view;
    this.arrange();
  }

  zoomTo(step) {
    if (step === 'fit') this.zoom = null;
    else if (step === 'full') this.zoom = 1;
    else this.zoom = stepFrom(this.scale, step);
    this.arrange();
    if (this.keys.at) this.keys.focus(this.keys.at);
  }

  // -- the panel

  open(kind, id) {
    if (kind === 'seat') this.keys.focus(id);
    this.chosen.value = { kind, id };
    this.mark();
  }

  openFirst() {
    const first = this.here().find((seat) => this.filter.fits(seat));
    if (first) this.open('seat', first.id);
  }

  close() {
    this.chosen.value = null;
    this.mark();
    this.keys.restore();
  }

  mark() {
    const chosen = this.chosen.value;
    for (const one of document.querySelectorAll('[data-chosen]')) one.removeAttribute('data-chosen');
    if (!chosen) return;
    const found = document.querySelectorAll(`[data-${chosen.kind}="${CSS.escape(chosen.id)}"]`);
    for (const one of found) one.setAttribute('data-chosen', '');
    // the panel opens on the side where the tile is not
    const box = chosen.kind === 'seat' && found[0]?.getBoundingClientRect();
    at('near').dataset.at = box && box.right > window.innerWidth - at('near').offsetWidth - 20 && this.view === 'map' ? 'left' : 'right';
  }

  onlyQueue(id) {
    this.filter.queue = this.filter.queue === id ? '' : id;
    this.tools.queue.value = this.filter.queue;
    this.filtered();
  }

  async edit() {
    if (this.editing) return;
    const { Editor } = await import('./seats/edit.js');
    if (this.editing) return; // pressed twice while it was loading
    Object.assign(this, { view: 'map', zoom: null });
    this.close();
    this.arrange();
    this.editing = new Editor(this, at('floor'), () => {
      this.editing = null;
      this.arrange();
    });
    this.tools.draw({ view: this.view, zoom: this.zoom, scale: this.scale, editing: true });
  }

  /** The plan has been saved: the same hall by its new plan. Seats follow on the live stream. */
  takePlan(plan) {
    this.plan = plan;
    this.hallPlan = plan.halls.find((hall) => hall.id === this.hallPlan.id) ?? this.hallPlan;
  }

  drawHalls() {
    const buttons = this.plan.halls.map((hall) =>
      make('button', { type: 'button', 'aria-pressed': String(hall.id === this.hallPlan.id), onclick: () => this.choose(hall) }, label([hall.name, hall.name_en])),
    );
    at('halls').replaceChildren(...buttons);
  }

  choose(hall) {
    this.hallPlan = hall;
    this.time.zone = hall.zone ?? this.time.zone;
    history.replaceState(null, '', `#${hall.id}`);
    this.drawHalls();
    this.arrange();
  }
}

/** A socket that was refused may mean that the log-in is over; the status of a refused socket is hidden from us. */
async function checkLogin() {
  try {
    await get('/api/v1/me');
  } catch (failure) {
    if (failure instanceof Problem && failure.status === 401) toLogin();
  }
}

async function begin() {
  const page = new Page(await shell('seats'));
  const socketUrl = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`;
  new Live(socketUrl, {
    snapshot: (message) => page.snapshot(message),
    diff: (message) => page.diff(message),
    open: (open) => page.socket(open),
    refused: checkLogin,
  }).start();
  page.turn();
  window.addEventListener('resize', () => page.arrange());
}

begin();
