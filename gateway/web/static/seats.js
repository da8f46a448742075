// The seat map page: keeps the hall's state from the live stream and hands it to tiles, queues, side and legend.

import { get, post, Problem, toLogin } from './api.js';
import { density, layout } from './floor.js';
import { fill, label, words } from './i18n.js';
import { icon } from './icons.js';
import { Live } from './live.js';
import { Queues } from './queues.js';
import { drawAttention, drawWaiting } from './side.js';
import { LEGEND } from './states.js';
import { counts, Tiles } from './tiles.js';

const at = (id) => document.getElementById(id);

/** A narrow window with a large hall gives the side's room to the floor. */
const SIDE_FROM_PX = 1500;
const SIDE_SEATS = 80;
const BANNER_AFTER_MS = 1500;

/** The hall's clock: a screen elsewhere, or one set wrongly, shows the hall's time. */
const clock = (time, timeZone) => time.toLocaleTimeString('zh-CN', { hour12: false, timeZone });

class Page {
  constructor(plan) {
    this.plan = plan;
    this.hall = plan.halls.find((hall) => `#${hall.id}` === location.hash) ?? plan.halls[0] ?? { id: null, rooms: [] };
    Object.assign(this, { seats: new Map(), queueViews: new Map(), link: 'up', open: false, offset: 0, heard: null });
    this.reasons = new Map(plan.halls.flatMap((hall) => hall.rest_reasons.map((reason) => [reason.id, reason])));
    const queueName = (id) => (id ? (this.queueViews.get(id)?.name ?? id) : '');
    this.tiles = new Tiles(at('grid'), { reasons: this.reasons, queueName });
    this.queues = new Queues(at('queues'));
    this.drawHalls();
    this.drawLegend();
  }

  now() {
    return Date.now() / 1000 + this.offset;
  }

  here() {
    return [...this.seats.values()].filter((seat) => this.hall.id === null || seat.hall === this.hall.id);
  }

  snapshot(message) {
    this.seats = new Map(message.seats.map((seat) => [seat.id, seat]));
    this.queueViews = new Map(message.queues.map((queue) => [queue.id, queue]));
    this.queues.keep(new Set(this.queueViews.keys()));
    this.queues.draw(message.queues);
    this.hear(message);
    this.arrange();
  }

  diff(message) {
    for (const queue of message.queues) this.queueViews.set(queue.id, queue);
    this.queues.draw(message.queues);
    let unknown = false;
    for (const seat of message.seats) {
      unknown ||= !this.seats.has(seat.id);
      this.seats.set(seat.id, seat);
      this.tiles.update(seat);
    }
    this.hear(message);
    if (unknown) this.arrange();
    else this.tick();
  }

  hear(message) {
    this.offset = message.at - Date.now() / 1000;
    this.heard = new Date(message.at * 1000);
    this.link = message.link;
    this.drawLink();
  }

  socket(open) {
    // a retry that fails is no news either: it must not put the banner off
    if (open === this.open && this.banner !== undefined) return;
    this.open = open;
    clearTimeout(this.banner);
    // a moment's break at a reconnect is no news
    this.banner = setTimeout(() => this.drawLink(), open ? 0 : BANNER_AFTER_MS);
  }

  arrange() {
    const seats = this.here();
    const small = window.innerWidth < SIDE_FROM_PX && seats.length > SIDE_SEATS;
    document.body.dataset.side = small ? 'off' : 'on';
    if (!seats.length) return at('grid').replaceChildren();
    const floor = at('floor');
    const plan = layout(this.hall.rooms, seats, floor.clientWidth, floor.clientHeight);
    this.tiles.rebuild(seats, plan, density(plan.tile));
    return this.tick();
  }

  zone() {
    return this.hall.zone ?? 'Asia/Shanghai';
  }

  tick() {
    // times stand still with the states that they belong to: nobody knows what happened since
    const lost = !this.open && this.heard !== null;
    const now = lost ? this.heard.getTime() / 1000 : this.now();
    const seats = this.here();
    this.tiles.tick(seats, now);
    this.queues.tick(this.queueViews.values(), now);
    drawWaiting([...this.queueViews.values()], now);
    drawAttention(seats, this.reasons, now);
    this.count(seats);
    at('clock').textContent = clock(new Date(this.now() * 1000), this.zone());
  }

  count(seats) {
    const found = counts(seats);
    for (const state of LEGEND) this.legend.get(state).textContent = found[state] ?? 0;
    this.legend.get('total').textContent = seats.length;
    this.legend.get('in').textContent = seats.filter((seat) => seat.presence !== 'signed_out').length;
  }

  drawLink() {
    const state = !this.open ? (this.heard ? 'lost' : 'wait') : this.link;
    at('link').dataset.link = state;
    at('link').replaceChildren(label(words(`link.${state}`)));
    const stale = state === 'down' || state === 'lost';
    document.body.toggleAttribute('data-stale', stale);
    if (stale) this.drawBanner(state);
    if (at('stale').hidden === stale) {
      at('stale').hidden = !stale;
      this.arrange(); // the banner takes room from the floor
    }
  }

  drawBanner(state) {
    const [zh, en] = words(`stale.${state}`);
    const time = state === 'lost' ? clock(this.heard, this.zone()) : '';
    at('stale').replaceChildren(icon('offline'), label([`${zh} ${time}`, `${en} ${time}`]));
  }

  drawHalls() {
    const buttons = this.plan.halls.map((hall) => {
      const button = document.createElement('button');
      button.append(label([hall.name, hall.name_en]));
      button.setAttribute('aria-pressed', String(hall.id === this.hall.id));
      button.addEventListener('click', () => {
        this.hall = hall;
        history.replaceState(null, '', `#${hall.id}`);
        this.drawHalls();
        this.arrange();
      });
      return button;
    });
    at('halls').replaceChildren(...buttons);
  }

  drawLegend() {
    this.legend = new Map();
    const items = LEGEND.map((state) => this.legendItem(state, words(`state.${state}`), icon(state)));
    const total = document.createElement('span');
    total.className = 'total';
    for (const key of ['in', 'total']) {
      const value = document.createElement('b');
      this.legend.set(key, value);
      total.append(key === 'total' ? ' / ' : '', label(words(`legend.${key}`)), ' ', value);
    }
    at('legend').replaceChildren(...items, total);
  }

  legendItem(state, pair, picture) {
    const item = document.createElement('span');
    item.className = 'item';
    item.dataset.state = state;
    const value = document.createElement('b');
    this.legend.set(state, value);
    const text = document.createElement('span');
    text.append(label(pair));
    item.append(picture, text, value);
    return item;
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

async function leave() {
  await post('/api/v1/logout', {});
  location.assign('/login');
}

async function begin() {
  fill();
  const [me, plan] = await Promise.all([get('/api/v1/me'), get('/api/v1/plan')]);
  at('who').textContent = me.name;
  at('leave').addEventListener('click', leave);
  const page = new Page(plan);
  const socketUrl = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`;
  new Live(socketUrl, {
    snapshot: (message) => page.snapshot(message),
    diff: (message) => page.diff(message),
    open: (open) => page.socket(open),
    refused: checkLogin,
  }).start();
  setInterval(() => page.tick(), 1000);
  window.addEventListener('resize', () => page.arrange());
}

begin().catch((failure) => {
  if (failure instanceof Problem && failure.status === 401) toLogin();
  else throw failure;
});
