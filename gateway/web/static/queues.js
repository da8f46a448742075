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
      '<div class="wait"><span></span><div class="meter"><i></i></div><output></output></div><div class="figures"></div>';
    const find = (selector) => this.root.querySelector(selector);
    Object.assign(this, { count: find('.count'), bar: find('i'), longest: find('output'), name: find('.name') });
    find('.wait span').textContent = words('queue.longest')[0];
    this.values = {};
    for (const key of ['ready', 'talking', 'resting', 'answered', 'lost']) {
      const [span, value] = figure(`queue.${key}`, key);
      this.values[key] = value;
      find('.figures').append(span);
    }
  }

  draw(queue) {
    this.name.replaceChildren(...this.signs(queue), label([queue.name, queue.name_en]));
    this.root.dataset.open = queue.open === false ? 'no' : 'yes';
    this.root.title = `${queue.name} ${queue.name_en} · ${words('queue.waiting').join(' ')} ${queue.waiting.length}`;
    this.count.textContent = queue.waiting.length;
    this.root.dataset.staffed = queue.signed_in ? 'yes' : 'no';
    const resting = Math.max(0, queue.signed_in - queue.ready - queue.talking);
    const shown = { ...queue, resting, answered: queue.answered_today, lost: queue.lost_today };
    for (const [key, value] of Object.entries(this.values)) value.textContent = shown[key];
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
    this.root.dataset.wait = waitLevel(seconds, queue.answer_within_s);
    this.longest.textContent = seconds === null ? '—' : clockText(seconds);
    const filled = seconds === null ? 0 : Math.min(1, seconds / queue.answer_within_s);
    this.bar.style.transform = `scaleX(${filled})`;
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
