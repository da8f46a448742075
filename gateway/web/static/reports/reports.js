// The page of figures for shift leads: choose a period and what to look at; the law's figures big, their course, the table, and the
// calls behind a number. Nothing waits for ever: what cannot be read is said, with a button to try again, and what was read stays.

import { toast, wordsOf } from '../lead/dialog.js';
import { shell } from '../lead/shell.js';
import { html, render } from '../vendor/preact.js';
import { Calls } from './calls.js';
import { Made } from './made.js';
import { clock } from './periods.js';
import { Pictures } from './pictures.js';
import { Sheet } from './sheet.js';
import { KINDS, Store } from './store.js';
import { Tiles } from './tiles.js';
import { say, T, words } from './words.js';

const FILTERS = [['queue', 'r.queue'], ['entry_number', 'r.entry'], ['agent', 'r.agent']]; // prettier-ignore

function Period({ store }) {
  const { kind, from, to } = store.choice.value;
  const date = (name, key, value) => html`<label><span class="hidden"><${T} k=${key} /></span><input type="date" name=${name} value=${value} aria-invalid=${Boolean(store.wrong.value)}
    onChange=${(event) => store.choose({ [name]: event.target.value })} /></label>`;
  return html`<div class="segments" role="group" aria-label=${say('r.period')}>${KINDS.map((one) => html`<button key=${one} type="button" aria-pressed=${one === kind}
      onClick=${() => store.choose({ kind: one })}><${T} k=${`r.${one}`} /></button>`)}</div>
    ${kind === 'own' ? html`<span class="range">${date('from', 'r.from', from)} – ${date('to', 'r.to', to)}</span>` : null}`;
}

function Filter({ store, name, words: key }) {
  const [chosen, known] = [store.filters.value[name], store.names.value[name]];
  const there = known.some((one) => one.group === chosen);
  return html`<label class="filter"><span><${T} k=${key} /></span><select name=${name} value=${chosen} data-set=${chosen ? '' : null} onChange=${(event) => store.filter(name, event.target.value)}>
    <option value="" selected=${!chosen}>${words('r.all')[0]}</option>
    ${chosen && !there ? html`<option value=${chosen} selected>${chosen}</option>` : null}
    ${known.map((one) => html`<option key=${one.group} value=${one.group} selected=${one.group === chosen}>${one.name === one.group ? one.group : `${one.name} ${one.group}`}</option>`)}
  </select></label>`;
}

function Downloads({ store }) {
  const take = (ending) => async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      await store.download(ending);
    } catch (failure) {
      toast(wordsOf(failure), 'bad');
    } finally {
      button.disabled = false;
    }
  };
  return html`<span class="downloads"><button type="button" onClick=${take('csv')}>CSV</button><button type="button" onClick=${take('xlsx')}>XLSX</button></span>`;
}

function AsOf({ store }) {
  const at = store.course.value?.as_of;
  if (store.busy.value && !at) return html`<span class="asof" role="status"><${T} k="r.loading" /></span>`;
  return at ? html`<span class="asof" data-busy=${store.busy.value ? '' : null}><${T} k="r.as_of" /> ${clock(at, store.time.zone, { seconds: true, date: false })}</span>` : null;
}

function Controls({ store }) {
  const set = Object.values(store.filters.value).some(Boolean);
  return html`<div class="controls" role="search">
    <${Period} store=${store} />
    ${FILTERS.map(([name, key]) => html`<${Filter} key=${name} store=${store} name=${name} words=${key} />`)}
    ${set ? html`<button type="button" class="quiet" onClick=${() => store.clear()}><${T} k="r.clear" /></button>` : null}
    <span class="right"><${AsOf} store=${store} /><${Downloads} store=${store} /><${Made} store=${store} /></span>
  </div>`;
}

function Trouble({ store }) {
  if (store.wrong.value) return html`<p class="wrong" role="alert"><${T} k=${store.wrong.value} /></p>`;
  if (store.failed.value === null) return null;
  return html`<p class="wrong" role="alert"><${T} k=${store.course.value ? 'r.stale' : 'r.failed'} /> <span>${store.failed.value}</span>
    <button type="button" onClick=${() => (store.definitions.value.size ? store.read() : location.reload())}><${T} k="r.again" /></button></p>`;
}

function Page({ store }) {
  const total = store.course.value?.total;
  const empty = total && !total.requests && !total.tickets && !total.transfers;
  return html`<${Controls} store=${store} /><${Trouble} store=${store} />
    ${store.course.value === null && store.failed.value === null ? html`<p class="none" role="status"><${T} k="r.loading" /></p>` : null}
    ${empty ? html`<p class="calm" role="status"><${T} k="r.empty" /></p>` : null}
    ${store.course.value ? html`<${Tiles} store=${store} /><${Pictures} store=${store} /><${Sheet} store=${store} />` : null}
    <${Calls} store=${store} />`;
}

const { me, plan, time } = await shell('reports');
const store = new Store(me, plan, time);
render(html`<${Page} store=${store} />`, document.getElementById('main'));
await store.start();
