// What the page of recordings knows: the filters, what was found, which one is chosen, and how full the disk is.

import { get } from '../api.js';
import { signal } from '../vendor/preact.js';
import { dayAfter, dayStart, today } from './format.js';

export const EMPTY = { from: '', to: '', agent: '', queue: '', entry_number: '', number: '', ticket_no: '', least_s: '', most_s: '', outcome: '' };
const PAGE = 50;

export class Store {
  constructor({ me, plan, time }) {
    Object.assign(this, { me, plan, time });
    this.leads = me.role !== 'agent';
    this.filters = signal({ ...EMPTY, from: today(time.zone, 6), to: today(time.zone) });
    this.items = signal([]);
    this.next = signal(null);
    this.busy = signal(false);
    this.failed = signal('');
    this.chosen = signal(null);
    this.storage = signal(null);
    this.queues = signal([]);
    /** Rises with each wish to hear what is chosen. */
    this.wish = signal(0);
    this.asked = 0;
  }

  async start() {
    const quiet = () => null;
    const [queues, storage] = await Promise.all([get('/api/v1/queues').catch(quiet), this.leads ? get('/api/v1/recordings/storage').catch(quiet) : null]);
    this.queues.value = queues?.queues ?? [];
    this.storage.value = storage;
    await this.search();
  }

  query(after) {
    const { from, to, ...rest } = this.filters.value;
    const asked = new URLSearchParams(Object.entries(rest).filter(([, value]) => value.trim()).map(([name, value]) => [name, value.trim()]));
    if (from) asked.set('since', dayStart(from, this.time.zone));
    if (to) asked.set('until', dayStart(dayAfter(to), this.time.zone));
    if (after) asked.set('after', after);
    asked.set('limit', PAGE);
    return asked;
  }

  /** Ask anew, or for the next page; an answer that was overtaken is dropped. */
  async search(after = null) {
    const n = ++this.asked;
    this.busy.value = true;
    this.failed.value = '';
    try {
      const page = await get(`/api/v1/recordings?${this.query(after)}`);
      if (n !== this.asked) return;
      this.items.value = after ? [...this.items.value, ...page.items] : page.items;
      this.next.value = page.next;
      if (!this.items.value.some((one) => one.call_id === this.chosen.value?.call_id)) this.chosen.value = null;
    } catch (failure) {
      if (n === this.asked) this.failed.value = failure.message;
    } finally {
      if (n === this.asked) this.busy.value = false;
    }
  }

  choose(one, play = false) {
    this.chosen.value = one;
    if (play) this.wish.value += 1;
  }

  step(by) {
    const items = this.items.value;
    const at = items.findIndex((one) => one.call_id === this.chosen.value?.call_id);
    const next = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + by))];
    if (next) this.choose(next);
  }

  /** What changed about one of them, as by a hold. */
  patch(call_id, changes) {
    this.items.value = this.items.value.map((one) => (one.call_id === call_id ? { ...one, ...changes } : one));
    if (this.chosen.value?.call_id === call_id) this.chosen.value = { ...this.chosen.value, ...changes };
  }

  queueName(id) {
    return this.queues.value.find((one) => one.id === id)?.name ?? id ?? '';
  }
}
