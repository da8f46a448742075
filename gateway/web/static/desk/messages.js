// The shift lead's messages at the desk: shown over whatever the agent does until each has been acknowledged. They lie in the
// gateway; the stream only hints that there is one, so they are there again after a reload.

import { effect, html, signal, useMemo } from '../vendor/preact.js';
import { useKeys } from './keys.js';
import { Icon } from './parts.js';
import { wallClock } from './times.js';
import { say, T } from './words.js';

const PATH = '/api/v1/desk/messages';
const SHOWN = 2;

class Messages {
  constructor(store) {
    this.store = store;
    this.items = signal([]);
    this.reading = new Set();
    this.asked = 0;
    effect(() => this.follow());
  }

  /** Fetch again at each hint, and when a lost link is back. */
  follow() {
    const { agent } = this.store.me.value ?? {};
    const link = this.store.link.value;
    const now = `${this.store.messages.value} ${agent} ${link}`;
    if (now === this.heard || !agent || link === 'wait' || link === 'lost') return;
    this.heard = now;
    queueMicrotask(() => this.load());
  }

  async load() {
    this.asked += 1;
    const turn = this.asked;
    const found = await this.store.quietly(this.store.get(PATH));
    if (found && turn === this.asked) this.items.value = found.items; // else asked again, or one was read meanwhile
  }

  /** Those that are still of use, oldest first. */
  list() {
    return this.items.value.filter((one) => one.until === null || one.until > this.store.now.value);
  }

  async read(one) {
    if (this.reading.has(one.id)) return;
    this.reading.add(one.id);
    const read = this.store.post(`${PATH}/${encodeURIComponent(one.id)}/read`, {}).catch((failure) => {
      if (failure.status !== 404) throw failure; // read in another window
    });
    const done = await this.store.ask(read);
    this.reading.delete(one.id);
    if (!done) return;
    this.items.value = this.items.value.filter((other) => other.id !== one.id);
    this.load(); // an answer that is on its way may still have it
  }
}

export function Notices({ store }) {
  const box = useMemo(() => new Messages(store), [store]);
  const list = box.list();
  useKeys([['Alt+0', say('msg.read'), () => box.read(box.list()[0]), () => box.list().length > 0]], say('keys.seat'));
  const timeZone = store.hall.value?.zone ?? 'Asia/Shanghai';
  return html`${list.slice(0, SHOWN).map(
    (one, n) => html`<div class="toast message" key=${one.id} data-kind="notice" role="alert">
      <${Icon} name="notice" />
      <span class="t"><b>${one.by}</b> <small>${wallClock(one.at, timeZone)}</small><span class="said">${one.text}</span></span>
      <button class="main" onClick=${() => box.read(one)}><${T} k="msg.read" />${n === 0 ? html`<kbd>Alt 0</kbd>` : null}</button>
    </div>`,
  )}
  ${list.length > SHOWN ? html`<p class="toast more"><${T} k="msg.more" n=${list.length - SHOWN} /></p>` : null}`;
}
