// The picture of a recording on a canvas: its loudness, what was heard already, holds and transfers as bands, the place of
// playing. Drawn anew when something moved; the bands' names stand beside it as text (marks in player.js).

const COLOURS = { heard: '#4c94ff', ahead: '#5b6f94', hold: '#ffb52e', transfer: '#2dd4bf', three_way: '#c084fc', head: '#ffffff', grid: '#24334f', text: '#93a4c0' };
const LANE = 16;
const RULER = 20;
const GAP = 1;

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** Seconds between the marks of the ruler: at least 70 pixels. */
export const stepOf = (seconds, width) => STEPS.find((step) => (width / Math.max(seconds, 0.001)) * step >= 70) ?? 7200;

function clear(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

function ruler(pen, width, height, seconds, format) {
  const step = stepOf(seconds, width);
  pen.font = '12px system-ui, sans-serif';
  pen.textBaseline = 'bottom';
  for (let at = 0; at <= seconds; at += step) {
    const x = Math.round((at / seconds) * width) + 0.5;
    pen.strokeStyle = COLOURS.grid;
    pen.beginPath();
    pen.moveTo(x, LANE);
    pen.lineTo(x, height - RULER + 5);
    pen.stroke();
    pen.fillStyle = COLOURS.text;
    const text = format(at);
    const wide = pen.measureText(text).width;
    pen.fillText(text, Math.min(Math.max(0, x - wide / 2), width - wide), height - 1);
  }
}

/** Holds fill the height, faintly; transfers and three-way talks are bars in the lane above. */
function bands(pen, width, height, seconds, marks) {
  for (const one of marks) {
    if (one.kind === 'talk') continue;
    const x = (one.start_s / seconds) * width;
    const wide = Math.max(3, ((one.end_s - one.start_s) / seconds) * width);
    pen.fillStyle = COLOURS[one.kind];
    if (one.kind === 'hold') {
      pen.globalAlpha = 0.22;
      pen.fillRect(x, LANE, wide, height - LANE - RULER);
      pen.globalAlpha = 1;
      pen.fillRect(x, height - RULER - 3, wide, 3);
    } else {
      pen.fillRect(x, one.kind === 'transfer' ? 0 : LANE / 2, wide, LANE / 2 - 2);
    }
  }
}

function loudness(pen, width, height, peaks, done) {
  const [top, room] = [LANE + 2, height - LANE - RULER - 6];
  const middle = top + room / 2;
  const bars = Math.min(peaks.length, Math.floor(width / (2 + GAP)));
  const wide = width / bars;
  for (let n = 0; n < bars; n++) {
    const [first, last] = [Math.floor((n * peaks.length) / bars), Math.ceil(((n + 1) * peaks.length) / bars)];
    let loud = 0;
    for (let at = first; at < last; at++) loud = Math.max(loud, peaks[at]);
    // the ear hears proportions: a root lets quiet speech be seen beside loud
    const tall = Math.max(1.5, Math.sqrt(loud / 100) * room);
    pen.fillStyle = (n + 0.5) / bars <= done ? COLOURS.heard : COLOURS.ahead;
    pen.fillRect(n * wide, middle - tall / 2, Math.max(1, wide - GAP), tall);
  }
}

/** Draw all: `at` seconds of `seconds`. */
export function draw(canvas, { peaks, seconds, marks, at, format }) {
  const { pen, width, height } = clear(canvas);
  if (!seconds || !width) return;
  ruler(pen, width, height, seconds, format);
  bands(pen, width, height, seconds, marks);
  if (peaks.length) loudness(pen, width, height, peaks, at / seconds);
  pen.fillStyle = COLOURS.head;
  pen.fillRect(Math.min(width - 2, (at / seconds) * width), 0, 2, height - RULER + 4);
}
