// Queue cards: who waits and how near the longest wait is to the promise (15 s by the national standard), who is there
// to answer, and how the day went.

import { label, words } from './i18n.js';
import { icon } from './icons.js';
import { clockText } from './states.js';

/** 'none', 'some', 'near' (from 60 % of the promise on) or 'over'. */
export function waitLevel(seconds, promise) {
  if (seconds === null) return 'none';
  if (seconds >= promise) return 'over';
  return seconds >= promise * 0.6 ? 'near' : 'some';
}

export const longestWait = (queue, now) => {
  const since = queue.waiting.length ? Math.min(...queue.waiting.map((one) => one.since)) : null;
  return since === null ? null : Math.max(0, now - since);
};

/** How far a bar is filled, as the size of its background: painted only, where a box or a turn would be laid out or layered. */
export const filledTo = (seconds, promise) => `${Math.round(Math.min(1, (seconds ?? 0) / promise) * 100)}% 100%`;

/** Write a text or a number where it is another than is shown, into the node that is there. */
function write(element, value) {
  const text = String(value);
  if (!element.firstChild) element.append(text);
  else if (element.firstChild.data !== text) element.firstChild.data = text;
}

function figure(key, name = '') {
  const span = document.createElement('span');
  if (name) span.className = name;
  const value = document.createElement('b');
  const [zh, en] = words(key);
  span.title = en;
  span.append(value, zh);
  return [span, value];
}

class Card {
  constructor(queue) {
    this.root = document.createElement('article');
    this.root.className = 'queue';
    this.root.dataset.queue = queue.id;
    Object.assign(this.root, { tabIndex: 0, role: 'button' });
    this.root.innerHTML =
      '<div class="count"></div><div class="name"></div>' +
      '<div class="wait"><span></span><div class="meter"></div><output></output></div><div class="figures"></div>';
    const find = (selector) => this.root.querySelector(selector);
    Object.assign(this, { count: find('.count'), bar: find('.meter'), longest: find('output'), name: find('.name') });
    find('.wait span').textContent = words('queue.longest')[0];
    Object.assign(this, { values: {}, named: '', filled: '' });
    for (const key of ['ready', 'talking', 'resting', 'answered', 'lost']) {
      const [span, value] = figure(`queue.${key}`, key);
      this.values[key] = value;
      find('.figures').append(span);
    }
  }

  /** Only what is different is written: a card stays as it is while its figures move. */
  draw(queue) {
    this.drawName(queue);
    const open = queue.open === false ? 'no' : 'yes';
    if (this.root.dataset.open !== open) this.root.dataset.open = open;
    const title = `${queue.name} ${queue.name_en} · ${words('queue.waiting').join(' ')} ${queue.waiting.length}`;
    if (this.root.title !== title) this.root.title = title;
    write(this.count, queue.waiting.length);
    const staffed = queue.signed_in ? 'yes' : 'no';
    if (this.root.dataset.staffed !== staffed) this.root.dataset.staffed = staffed;
    const resting = Math.max(0, queue.signed_in - queue.ready - queue.talking);
    const shown = { ...queue, resting, answered: queue.answered_today, lost: queue.lost_today };
    for (const [key, value] of Object.entries(this.values)) write(value, shown[key]);
  }

  drawName(queue) {
    const named = [queue.name, queue.name_en, queue.open, Boolean(queue.broadcast), queue.short].join();
    if (this.named === named) return;
    this.named = named;
    this.name.replaceChildren(...this.signs(queue), label([queue.name, queue.name_en]));
  }

  /** A queue that is closed, has a broadcast or too few people says so beside its name. */
  signs(queue) {
    const found = [];
    if (queue.open === false) found.push(['shut', 'queue.closed']);
    if (queue.broadcast) found.push(['broadcast', 'queue.broadcast_on']);
    if (queue.short > 0) found.push(['standby', 'queue.short']);
    return found.map(([picture, key]) => {
      const sign = document.createElement('span');
      sign.className = `sign ${picture}`;
      const said = words(key, { n: queue.short });
      sign.title = said.join(' ');
      sign.append(icon(picture));
      if (picture !== 'broadcast') sign.append(said[0]);
      return sign;
    });
  }

  tick(queue, now) {
    const seconds = longestWait(queue, now);
    const level = waitLevel(seconds, queue.answer_within_s);
    if (this.root.dataset.wait !== level) this.root.dataset.wait = level;
    write(this.longest, seconds === null ? '—' : clockText(seconds));
    const filled = filledTo(seconds, queue.answer_within_s);
    if (this.filled !== filled) this.bar.style.backgroundSize = this.filled = filled;
  }
}

export class Queues {
  constructor(root) {
    Object.assign(this, { root, cards: new Map() });
  }

  /** Call `open(id)` when a card is pressed, by hand or key. */
  onOpen(open) {
    const press = (event) => {
      const id = event.target.closest('[data-queue]')?.dataset.queue;
      if (!id || (event.type === 'keydown' && event.key !== 'Enter' && event.key !== ' ')) return;
      event.preventDefault();
      open(id);
    };
    this.root.addEventListener('click', press);
    this.root.addEventListener('keydown', press);
  }

  draw(queues) {
    for (const queue of queues) {
      if (!this.cards.has(queue.id)) {
        this.cards.set(queue.id, new Card(queue));
        this.root.append(this.cards.get(queue.id).root);
      }
      this.cards.get(queue.id).draw(queue);
    }
  }

  /** A snapshot may lack a queue that was: its card goes. */
  keep(ids) {
    for (const [id, card] of this.cards) {
      if (!ids.has(id)) {
        card.root.remove();
        this.cards.delete(id);
      }
    }
  }

  tick(queues, now) {
    for (const queue of queues) this.cards.get(queue.id)?.tick(queue, now);
  }
}
