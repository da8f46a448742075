// What must be right before a ticket is filed, and what of a form is sent. Plain functions of the fields; the gateway
// checks again and has the last word, this only spares the agent a way there and back.

import { titleOf } from './finding.js';
import { say } from './words-form.js';

const LINKS = new Set(['urge_of', 'duplicate_of']);

const DIALABLE = /^\+?[0-9][0-9 -]{1,18}[0-9]$/;

/** Faults by field, [Chinese, English]; empty when all is right. */
export function check(fields) {
  const faults = {};
  if (!fields.kind) faults.kind = say('fault.kind');
  if (!(fields.content ?? '').trim()) faults.content = say('fault.content');
  const number = (fields.contact_number ?? '').trim();
  if (number && !DIALABLE.test(number)) faults.contact_number = say('fault.contact_number');
  const degrees = ['longitude', 'latitude'].filter((name) => typeof fields[name] === 'number').length;
  if (degrees === 1) faults.longitude = say('fault.pair');
  return faults;
}

/** The fields as they are filed: nothing empty, texts without blanks around, a title where none was typed. */
export function filedFields(fields) {
  const kept = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!FIELDS.has(name) && !LINKS.has(name)) continue; // typed in another version of this page
    const told = typeof value === 'string' ? value.trim() : value;
    if (told !== '' && told !== null && told !== undefined) kept[name] = told;
  }
  kept.title ??= titleOf(fields.content);
  return kept;
}

/** Which field of the form a problem of the gateway's is about: "fields.contact_number" -> contact_number; '' for none. */
export const faultField = (field) => (field ?? '').split('.').findLast((part) => part && part !== 'fields' && part !== 'body') ?? '';

/** The element that takes the cursor for a field's fault. */
export const PLACE = { area_code: 'area', longitude: 'map', latitude: 'map', crs: 'map', risk_level: 'risk', send_to: 'partner' };

/** The fields that have a place on the form, where their fault can be shown. */
export const FIELDS = new Set([
  'kind', 'category', 'title', 'content', 'urgency', 'name', 'sex', 'contact_number', 'is_secret', 'is_anonymous', 'need_callback',
  'area_code', 'address', 'longitude', 'latitude', 'crs', 'against', 'risk_level', 'send_to',
]); // prettier-ignore
