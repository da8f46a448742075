// Whether what the page shows can be trusted: connected or not, Asterisk's line up or down, how old the picture is, and whether
// the gateway had to correct it. Said in the bar always, and in a banner as soon as it matters.

import { label, words } from '../i18n.js';
import { icon } from '../icons.js';
import { clockAt } from '../lead/shell.js';

/** A moment's break at a reconnect is no news. */
const BANNER_AFTER_MS = 1500;
/** The stream is asked for a sign of life after 20 s without a word; an answer takes no second. */
const QUIET_S = 24;
const DRIFT_MS = 60000;

export class Stale {
  /** `arrange` is called when the banner takes room from the floor or gives it back. */
  constructor(pill, banner, hall, time, arrange) {
    Object.assign(this, { pill, banner, hall, time, arrange, shown: undefined, due: 0, drift: 0 });
  }

  connection(open) {
    // a retry that fails is no news either: it must not put the banner off
    if (open === this.opened && this.due) return;
    this.opened = open;
    clearTimeout(this.due);
    this.due = setTimeout(() => this.draw(), open ? 0 : BANNER_AFTER_MS);
  }

  state() {
    if (this.hall.open) return this.hall.link;
    return this.hall.heard === null ? 'wait' : 'lost';
  }

  draw() {
    const state = this.state();
    if (this.pill.dataset.link !== state || !this.age) {
      this.pill.dataset.link = state;
      this.age = document.createElement('small');
      this.pill.replaceChildren(label(words(`link.${state}`)), this.age);
      document.body.toggleAttribute('data-stale', state === 'down' || state === 'lost');
    }
    if (this.hall.drifted) this.note();
    return this.tick();
  }

  /** The gateway compares itself with Asterisk's lists; what it had to correct is said for a minute. */
  note() {
    [this.drift, this.hall.drifted] = [this.hall.drifted, 0];
    clearTimeout(this.forget);
    this.forget = setTimeout(() => {
      this.drift = 0;
      this.tick();
    }, DRIFT_MS);
  }

  /** Which banner there should be: [level, pair], or null. */
  wanted() {
    const state = this.state();
    if (state === 'lost' || state === 'down') {
      const [zh, en] = words(`stale.${state}`);
      const time = state === 'lost' ? ` ${clockAt(new Date(this.hall.heard * 1000), this.time.zone)}` : '';
      return [1, [`${zh}${time}`, `${en}${time}`]];
    }
    if (state === 'up' && this.hall.age() > QUIET_S) return [2, words('stale.quiet', { s: Math.round(this.hall.age()) })];
    return this.drift ? [2, words('stale.drift', { n: this.drift })] : null;
  }

  tick() {
    const age = Math.round(this.hall.age());
    const aged = age >= 2 && this.hall.heard !== null ? words('age', { s: age })[0] : '';
    if (this.age && this.age.textContent !== aged) this.age.textContent = aged;
    const wanted = this.pill.dataset.link === this.state() ? this.wanted() : null;
    const text = wanted ? wanted[1].join() : '';
    if (text === this.shown) return;
    this.shown = text;
    if (wanted) {
      this.banner.dataset.level = wanted[0];
      const words = document.createElement('span');
      words.append(label(wanted[1]));
      this.banner.replaceChildren(icon('offline'), words);
    }
    if (this.banner.hidden === Boolean(wanted)) {
      this.banner.hidden = !wanted;
      this.arrange();
    }
  }
}
