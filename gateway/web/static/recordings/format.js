// Times, lengths and sizes as people read them. Pure.

/** 65 -> 1:05, 3700 -> 1:01:40 */
export function length(seconds) {
  if (seconds === null || seconds === undefined) return '';
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 11-22 14:03:09 by the hall's clock. */
export function moment(epoch, timeZone) {
  const at = new Date(epoch * 1000);
  const day = at.toLocaleDateString('sv-SE', { timeZone });
  return `${day} ${at.toLocaleTimeString('zh-CN', { hour12: false, timeZone })}`;
}

/** 1234567890 -> 1.2 GB */
export function bytes(count) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let size = count;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 10 && unit ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** The epoch second at which a day of the hall begins: what its clock shows is asked, so any zone will do. */
export function dayStart(day, timeZone) {
  const guess = Date.parse(`${day}T00:00:00Z`);
  const shown = (at) => Date.parse(`${new Date(at).toLocaleString('sv-SE', { timeZone }).replace(' ', 'T')}Z`);
  let at = guess - (shown(guess) - guess);
  at -= shown(at) - guess; // the zone may have another offset there
  return at / 1000;
}

/** The day that the hall's clock shows, as 2026-11-22; `back` days before. */
export function today(timeZone, back = 0) {
  return new Date(Date.now() - back * 86_400_000).toLocaleDateString('sv-SE', { timeZone });
}

/** The day after, as 2026-11-23. */
export const dayAfter = (day) => new Date(Date.parse(`${day}T12:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
