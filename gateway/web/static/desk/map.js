// The map of the citizens' form (/static/pin.js) as a sheet over the desk: one pin, set by mouse or by keys. That map works
// on elements with fixed names, so the sheet brings them, and takes over what it wrote when the agent is done.

import { html, useEffect, useRef, useSignal } from '../vendor/preact.js';
import { Key, useKeys } from './keys.js';
import { say, W } from './words-form.js';

const DIGITS = 6;

/** Load the map's script anew: it binds itself to the elements of this sheet. */
function load() {
  return new Promise((done, fail) => {
    const script = document.createElement('script');
    script.src = '/static/pin.js';
    script.addEventListener('load', () => {
      script.remove();
      done(window.PinMap);
    });
    script.addEventListener('error', () => fail(new Error('pin.js')));
    document.head.append(script);
  });
}

const read = (box, name) => Number.parseFloat(box.querySelector(`#${name}`).value);

/** `fields` of the form; `set` takes {longitude, latitude, crs}; `close` ends it. */
export function MapPin({ desk, fields, set, close }) {
  const sheet = useRef(null);
  const failed = useSignal(false);
  const config = desk?.map;
  useEffect(() => {
    if (!config) return undefined;
    let map = null;
    let gone = false;
    load().then(
      (made) => {
        if (gone) return; // closed before the script was there
        map = made;
        map.open();
        sheet.current?.querySelector('canvas')?.focus();
      },
      () => (failed.value = true),
    );
    return () => {
      gone = true;
      map?.close();
    };
  }, [Boolean(config)]); // opened before the desk's own facts were there, it comes with them
  const done = () => {
    const [longitude, latitude] = [read(sheet.current, 'longitude'), read(sheet.current, 'latitude')];
    const none = Number.isNaN(longitude) || Number.isNaN(latitude);
    const crs = sheet.current.querySelector('#crs').value;
    set(none ? { longitude: null, latitude: null, crs: '' } : { longitude: round(longitude), latitude: round(latitude), crs });
    close();
  };
  useKeys([['Escape', say('act.close'), close], ['Enter', say('map.set'), done]], say('f.map'));
  return html`<div class="map-shade" ref=${sheet}><section class="map-sheet" role="dialog" aria-modal="true" aria-label=${say('map.title')[0]}>
    <header><h2><${W} k="map.title" /></h2><span><${W} k="map.keys" /></span>
      <button type="button" onClick=${done}><${W} k="map.set" /> <${Key} name="Enter" /></button>
      <button type="button" onClick=${close}><${W} k="act.close" /> <${Key} name="Escape" /></button></header>
    ${config && !failed.value ? html`<div id="map" class="map-box" data-map=${JSON.stringify(config)}></div>`
      : html`<p class="notice bad"><${W} k="map.none" /></p>`}
    <p id="pinned" class="pinned"></p>
    <input type="hidden" id="longitude" value=${fields.longitude ?? ''} /><input type="hidden" id="latitude" value=${fields.latitude ?? ''} />
    <input type="hidden" id="crs" value=${fields.crs || config?.crs || 'WGS-84'} />
  </section></div>`;
}

const round = (degrees) => Number(degrees.toFixed(DIGITS));
