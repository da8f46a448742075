// The page of recordings: who looks for a call finds it by what is known of it, hears it in the page, sees where somebody
// was on hold or handed over, and can keep it beyond its time. Every listening is in the audit log.

import { add } from '../i18n.js';
import { shell } from '../lead/shell.js';
import { html, render } from '../vendor/preact.js';
import { bytes } from './format.js';
import { Player } from './player.js';
import { Filters, Found, Icon, W } from './search.js';
import { Store } from './store.js';
import { WORDS } from './words.js';

function Disk({ store }) {
  const disk = store.storage.value;
  if (!disk) return null;
  const known = disk.used !== null;
  return html`<div class="disk" data-level=${disk.level}>
    <span><${W} k="disk.kept" n=${disk.keep_months} /></span>
    ${known && html`<span class="meter"><progress max=${disk.budget} value=${disk.used} aria-label="disk"></progress></span>
      <span><${W} k="disk.used" n=${bytes(disk.used)} /> <span class="dim">/ ${bytes(disk.budget)}</span></span>
      <span class="dim">${disk.days_left === null ? html`<${W} k="disk.never" />` : html`<${W} k="disk.days" n=${disk.days_left} />`}</span>`}
    ${disk.holds > 0 && html`<span class="chip" data-level="3"><${W} k="disk.holds" n=${disk.holds} /></span>`}
  </div>`;
}

function Warning({ store }) {
  const level = store.storage.value?.level ?? 'ok';
  if (level === 'ok') return null;
  return html`<div class="banner" role="alert" data-level=${level === 'warn' ? 2 : 1}><${Icon} name="warn" /><span><${W} k=${`disk.${level}`} /></span></div>`;
}

const Page = ({ store }) => html`<${Warning} store=${store} /><div class="top"><${Filters} store=${store} /><${Disk} store=${store} /></div>
  <${Found} store=${store} /><${Player} store=${store} />`;

add(WORDS);
const store = new Store(await shell('recordings'));
render(html`<${Page} store=${store} />`, document.getElementById('main'));
await store.start();
