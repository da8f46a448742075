// Times of day as the hall's wall shows them, whatever the browser's zone is. The browser's formatters are dear to make and
// hold their data outside of what its collector sees, so each is made once and kept: there are a handful.

const made = new Map();

/** Epoch seconds in words; `form` as Intl.DateTimeFormat takes it. */
export function inZone(at, timeZone, form) {
  const key = `${timeZone} ${JSON.stringify(form)}`;
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat('zh-CN', { ...form, timeZone }));
  return made.get(key).format(at * 1000);
}

const SECONDS = { hour: 'numeric', minute: 'numeric', second: 'numeric', hour12: false };

/** 14:03:09. */
export const wallClock = (at, timeZone) => inZone(at, timeZone, SECONDS);
