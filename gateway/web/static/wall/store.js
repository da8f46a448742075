// What the wall knows: the live stream (seats, queues, partners, alarms), the figures that it asks for every few seconds, and how
// much of it is still true. It heals by itself: nobody stands at a wall to press a key.

import { Problem, get, post } from '../api.js';
import { Live } from '../live.js';
import { batch, signal } from '../vendor/preact.js';

const POLL_MS = 5000;
const FIGURES_STALE_MS = 20000;
const ENTER_AGAIN_MS = 15000;
/** A page that has just loaded itself anew and still is not the gateway's own version waits before it tries again. */
const RELOAD_AGAIN_MS = 60000;
const RELOADED = 'wall.reloaded';

/** The version that this page's own files came by: /static/v/<version>/wall/store.js. */
const OWN = /\/static\/v\/([0-9a-f]+)\//.exec(import.meta.url)?.[1] ?? '';

export class Store {
  constructor() {
    this.view = signal(null);
    this.queues = signal(new Map());
    this.seats = signal(new Map());
    this.partners = signal([]);
    this.alarms = signal(new Map());
    this.link = signal('wait'); // wait, up, down, lost
    this.refused = signal(false);
    this.heardAt = signal(null); // by the hall's clock, epoch seconds
    this.figuresLate = signal(false);
    this.now = signal(Date.now() / 1000);
    Object.assign(this, { token: '', offset: 0, open: false, said: 'up', polling: false, polledAt: Date.now() });
  }

  async start() {
    await this.enter();
    await this.poll();
    setInterval(() => this.tick(), 250);
    setInterval(() => this.poll(), POLL_MS);
    const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/wall/live`;
    this.live = new Live(url, {
      snapshot: (message) => this.snapshot(message),
      diff: (message) => this.diff(message),
      open: (open) => this.opened(open),
      refused: () => this.poll(),
    });
    this.live.start();
  }

  /** Hand over the token that stands behind the # of the address, and take it out of there: what is left is a cookie. */
  async enter() {
    this.token ||= decodeURIComponent(location.hash.slice(1));
    if (!this.token) return;
    try {
      await post('/api/v1/wall/session', { token: this.token });
      history.replaceState(null, '', location.pathname);
    } catch (failure) {
      // Refused is refused: to ask again and again would fill the audit and shut others at this address out. A cookie from before
      // is good again as soon as the account is.
      if (failure instanceof Problem && failure.status === 401) this.token = '';
      else setTimeout(() => this.enter(), ENTER_AGAIN_MS);
    }
  }

  snapshot(message) {
    batch(() => {
      this.queues.value = new Map(message.queues.map((one) => [one.id, one]));
      this.seats.value = new Map(message.seats.map((one) => [one.id, one]));
      this.partners.value = message.partners ?? [];
      this.alarms.value = new Map((message.alarms ?? []).map((one) => [one.id, one]));
      this.hear(message);
    });
  }

  diff(message) {
    batch(() => {
      if (message.queues.length) this.queues.value = new Map([...this.queues.value, ...message.queues.map((one) => [one.id, one])]);
      if (message.seats.length) this.seats.value = new Map([...this.seats.value, ...message.seats.map((one) => [one.id, one])]);
      if (message.partners) this.partners.value = message.partners;
      if (message.alarms) this.moveAlarms(message.alarms);
      this.hear(message);
    });
  }

  moveAlarms(moved) {
    const alarms = new Map(this.alarms.value);
    for (const one of moved) {
      if (one.state === 'cleared') alarms.delete(one.id);
      else alarms.set(one.id, one);
    }
    this.alarms.value = alarms;
  }

  hear(message) {
    this.offset = message.at - Date.now() / 1000;
    this.heardAt.value = message.at;
    this.said = message.link;
    this.show();
  }

  opened(open) {
    this.open = open;
    this.show();
    if (open) this.poll(); // a gateway that was started anew may have other files
  }

  show() {
    batch(() => {
      this.link.value = this.open ? this.said : this.heardAt.value === null ? 'wait' : 'lost';
      this.tick();
    });
  }

  /** Time stands still with what it belongs to: nobody knows what happened since. */
  tick() {
    if (this.link.value === 'up') this.now.value = Date.now() / 1000 + this.offset;
    this.figuresLate.value = Date.now() - this.polledAt > FIGURES_STALE_MS;
  }

  async poll() {
    if (this.polling) return;
    this.polling = true;
    try {
      const view = await get('/api/v1/wall');
      this.polledAt = Date.now();
      if (await this.outgrown(view.version)) return;
      batch(() => {
        this.view.value = view;
        this.refused.value = false;
      });
    } catch (failure) {
      if (failure instanceof Problem && (failure.status === 401 || failure.status === 403)) this.refused.value = true;
    } finally {
      this.polling = false;
    }
  }

  /** Load the page anew when the gateway has other files than ours; true when it is on its way. */
  async outgrown(version) {
    if (!OWN || version === OWN) return false;
    const last = JSON.parse(sessionStorage.getItem(RELOADED) ?? 'null');
    if (last?.version === version && Date.now() - last.at < RELOAD_AGAIN_MS) return false;
    const page = await fetch('/wall', { cache: 'reload' }); // never leave for a page that is not there
    if (!page.ok) return false;
    sessionStorage.setItem(RELOADED, JSON.stringify({ version, at: Date.now() }));
    location.reload();
    return true;
  }
}
