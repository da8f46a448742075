// The reports that were made on schedule, and the way to any other: a day, a week, a month.

import { get, Problem } from '../api.js';
import { english } from '../i18n.js';
import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { clock, dayOf, isoWeek, plus } from './periods.js';
import { say, T, words } from './words.js';

const KINDS = [['day', 'r.day'], ['week', 'r.week_report'], ['month', 'r.month_report']]; // prettier-ignore
const SHOWN = 4;

/** The last of each kind that has ended. */
function last(kind, today) {
  if (kind === 'day') return plus(today, -1);
  return kind === 'week' ? isoWeek(plus(today, -7)) : plus(`${today.slice(0, 7)}-01`, -1).slice(0, 7);
}

/** A report in the page's language, or in `lang`. */
const address = (kind, id, ending = '', lang = english ? 'en' : 'zh') => `/reports/${kind}/${id}${ending}${lang === 'en' ? '?lang=en' : ''}`;

function Files({ kind, id, pdf }) {
  const [lang, name] = english ? ['zh', '中文'] : ['en', 'English'];
  return html`<span class="files">${pdf ? html`<a href=${address(kind, id, '.pdf')} aria-label=${`${id} PDF`}>PDF</a>` : null}
    <a href=${address(kind, id, '.xlsx')} aria-label=${`${id} XLSX`}>XLSX</a>
    <a href=${address(kind, id, '', lang)} lang=${lang} hreflang=${lang} aria-label=${`${id} ${name}`}>${name}</a></span>`;
}

function Kind({ kind, name, list, store }) {
  const rows = list.reports.filter((one) => one.kind === kind).slice(0, SHOWN);
  const newest = last(kind, dayOf(store.now(), store.time.zone));
  const there = rows.some((one) => one.id === newest);
  return html`<li><h3><${T} k=${name} /></h3><ul>
    ${there ? null : html`<li><a href=${address(kind, newest)}>${newest}</a><small><${T} k="r.made_now" /></small></li>`}
    ${rows.map((one) => html`<li key=${one.id}><a href=${address(kind, one.id)}>${english ? one.id : one.title}</a>
      <small>${clock(one.made_at, store.time.zone)}${one.corrected ? html` <b><${T} k="r.corrected" /></b>` : null}</small><${Files} kind=${kind} id=${one.id} pdf=${list.pdf} /></li>`)}
  </ul></li>`;
}

export function Made({ store }) {
  const box = useRef(null);
  const [open, setOpen] = useState(false);
  const [list, setList] = useState(null);
  const [failed, setFailed] = useState(null);
  const read = () => {
    setFailed(null);
    get('/api/v1/reports/made').then(setList, (failure) => setFailed(failure instanceof Problem ? failure.message : words('r.failed')[0]));
  };
  useEffect(() => {
    if (!open) return undefined;
    read();
    const outside = (event) => !box.current.contains(event.target) && setOpen(false);
    const escape = (event) => event.key === 'Escape' && setOpen(false);
    document.addEventListener('pointerdown', outside);
    document.addEventListener('keydown', escape);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('keydown', escape);
    };
  }, [open]);
  return html`<div class="made" ref=${box}>
    <button type="button" aria-expanded=${open} aria-controls="made" onClick=${() => setOpen(!open)}><${T} k="r.made" /> <span aria-hidden="true">▾</span></button>
    ${open
      ? html`<div class="sheetlist" id="made" role="region" aria-label=${say('r.made')}>
          ${failed ? html`<p class="wrong" role="alert">${failed} <button type="button" onClick=${read}><${T} k="r.again" /></button></p>` : null}
          ${!list && !failed ? html`<p role="status"><${T} k="r.loading" /></p>` : null}
          ${list ? html`<ul class="kinds">${KINDS.map(([kind, name]) => html`<${Kind} key=${kind} kind=${kind} name=${name} list=${list} store=${store} />`)}</ul>` : null}
          ${list && !list.pdf ? html`<p class="note"><${T} k="r.no_pdf" /></p>` : null}
        </div>`
      : null}
  </div>`;
}
