// The wall: a frame with title, clock and what is not true any more, and in it one page after the other. Nobody touches it; it
// rotates, heals, loads itself anew for a new version, and the whole picture wanders by some pixels so that nothing burns in.

import { add, words } from '../i18n.js';
import { Component, html, render, useEffect, useLayoutEffect, useRef, useSignal } from '../vendor/preact.js';
import { PAGES } from './pages.js';
import { clockOf, T } from './parts.js';
import { Store } from './store.js';
import { WORDS } from './words.js';

add(WORDS);

/** One round of the picture's wandering, and how often it takes a step: too slow to be seen. */
const ROUND_MS = 40 * 60 * 1000;
const STEP_MS = 20 * 1000;

/** Where the picture stands at a time, in pixels: a figure of eight within the distance, so that no edge stays where it is. */
export function wandered(ms, distance) {
  const angle = (2 * Math.PI * (ms % ROUND_MS)) / ROUND_MS;
  return [Math.round(distance * Math.sin(angle)), Math.round(distance * Math.sin(2 * angle))];
}

/** Which page stands now, by the pages' own seconds. Begins anew when the configuration has other pages. */
function useRotation(pages) {
  const at = useSignal(0);
  const names = pages.map((page) => `${page.kind}:${page.seconds}`).join();
  useEffect(() => {
    at.value = 0;
  }, [names]);
  const here = Math.min(at.value, pages.length - 1);
  useEffect(() => {
    if (pages.length < 2) return undefined;
    const timer = setTimeout(() => (at.value = (here + 1) % pages.length), pages[here].seconds * 1000);
    return () => clearTimeout(timer);
  }, [names, here]);
  return here;
}

/** Keeps a page's fault to the page: the next one comes all the same. */
class Fence extends Component {
  componentDidCatch(failure) {
    console.error('wall: a page failed', failure);
    this.setState({ failed: true });
  }

  render() {
    return this.state.failed ? null : this.props.children;
  }
}

function Stale({ store }) {
  const zone = store.view.value?.zone;
  const link = store.link.value;
  if (link === 'lost' || link === 'down') {
    return html`<p class="stale" role="alert"><${T} k=${`stale.${link}`} values=${{ time: clockOf(store.now.value, zone) }} /></p>`;
  }
  if (store.figuresLate.value && store.view.value) {
    return html`<p class="stale" data-of="figures" role="alert"><${T} k="stale.figures" values=${{ time: clockOf(store.view.value.at, zone) }} /></p>`;
  }
  return null;
}

/** The clock goes on when all else stands still: it is this machine's, and says that the screen itself is alive. */
function Clock({ store }) {
  const text = useSignal('');
  useEffect(() => {
    const tick = () => (text.value = clockOf(Date.now() / 1000 + store.offset, store.view.value?.zone));
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, []);
  return html`<time>${text.value}</time>`;
}

function Head({ store, page, pages, here }) {
  const { title, title_en } = store.view.value;
  const urgent = [...store.alarms.value.values()].filter((one) => one.level === 1 && one.state === 'open').length;
  return html`<header>
    <h1>${title}<small lang="en">${title_en}</small></h1>
    <h2><${T} k=${`wall.${page.kind}`} /></h2>
    ${urgent ? html`<span class="urgent">${words('wall.alarms')[0]} ${urgent}</span>` : null}
    <span class="dots" aria-hidden="true">${pages.map((one, n) => html`<i key=${n} data-here=${n === here} />`)}</span>
    <${Clock} store=${store} />
  </header>`;
}

function Door({ store }) {
  return html`<main class="door"><h1><${T} k=${store.refused.value ? 'door.title' : 'wait.connect'} /></h1>
    ${store.refused.value ? html`<p><${T} k="door.how" /></p><p><a href="/login?next=/wall"><${T} k="door.login" /></a></p>` : null}
  </main>`;
}

function Frame({ store }) {
  const { pages } = store.view.value;
  const here = useRotation(pages);
  const Page = PAGES[pages[here].kind];
  return html`<${Head} store=${store} page=${pages[here]} pages=${pages} here=${here} />
    <${Stale} store=${store} />
    <main data-page=${pages[here].kind}><${Fence} key=${here}><${Page} store=${store} /><//></main>`;
}

function Wall({ store }) {
  const root = useRef(null);
  useLayoutEffect(() => {
    const step = () => {
      const [x, y] = wandered(Date.now(), store.view.value?.shift_px ?? 0);
      root.current.style.transform = `translate(${x}px, ${y}px)`;
    };
    step();
    const timer = setInterval(step, STEP_MS);
    return () => clearInterval(timer);
  }, []);
  const shown = store.view.value && !store.refused.value;
  const inside = shown ? html`<${Frame} store=${store} />` : html`<${Door} store=${store} />`;
  return html`<div class="picture" ref=${root} data-link=${store.link.value}>${inside}</div>`;
}

const store = new Store();
render(html`<${Wall} store=${store} />`, document.body);
store.start();
