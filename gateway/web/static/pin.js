// A map to put one pin on, by touch, mouse or keyboard. Without tiles in the configuration it is a drawing of what is
// known: the area served, the names of its towns, degrees and a scale. It needs no service of anybody.
window.PinMap = (function () {
  'use strict';
  var doc = document, box = doc.getElementById('map'), told = doc.getElementById('pinned');
  var config = JSON.parse(box.getAttribute('data-map')), bounds = config.bounds;
  var lonField = doc.getElementById('longitude'), latField = doc.getElementById('latitude'), crs = doc.getElementById('crs');
  var canvas, pen, wide = 0, high = 0, centre, zoom, pin = null, tiles = {}, opened = false;

  // -- Web Mercator, the whole world being 1 wide
  function toWorld(lon, lat) {
    var s = Math.sin(lat * Math.PI / 180);
    return [(lon + 180) / 360, 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)];
  }
  function toPlace(x, y) {
    return [x * 360 - 180, Math.atan((Math.exp(Math.PI * (1 - 2 * y)) - Math.exp(-Math.PI * (1 - 2 * y))) / 2) * 180 / Math.PI];
  }
  function size() { return 256 * Math.pow(2, zoom); }
  function toScreen(lon, lat) {
    var w = toWorld(lon, lat);
    return [(w[0] - centre[0]) * size() + wide / 2, (w[1] - centre[1]) * size() + high / 2];
  }
  function fromScreen(x, y) {
    return toPlace((x - wide / 2) / size() + centre[0], (y - high / 2) / size() + centre[1]);
  }

  // -- drawing
  function draw() {
    pen.fillStyle = '#e3e8ef';
    pen.fillRect(0, 0, wide, high);
    var a = toScreen(bounds[0], bounds[3]), b = toScreen(bounds[2], bounds[1]);
    pen.fillStyle = '#fbfaf5';
    pen.fillRect(a[0], a[1], b[0] - a[0], b[1] - a[1]);
    if (config.tiles) drawTiles();
    drawDegrees();
    pen.strokeStyle = '#0f4c9c';
    pen.lineWidth = 1.5;
    pen.strokeRect(a[0], a[1], b[0] - a[0], b[1] - a[1]);
    if (!config.tiles) drawPlaces();
    drawScale();
    if (pin) drawPin();
  }
  function drawTiles() {
    var z = Math.max(0, Math.min(19, Math.round(zoom))), count = Math.pow(2, z), side = size() / count;
    var left = Math.floor((centre[0] - wide / 2 / size()) * count), top = Math.floor((centre[1] - high / 2 / size()) * count);
    for (var x = left; (x / count - centre[0]) * size() < wide / 2; x++) {
      for (var y = top; (y / count - centre[1]) * size() < high / 2; y++) {
        if (x < 0 || y < 0 || x >= count || y >= count) continue;
        var tile = tileOf(z, x, y);
        if (tile.complete && tile.naturalWidth) {
          pen.drawImage(tile, (x / count - centre[0]) * size() + wide / 2, (y / count - centre[1]) * size() + high / 2, side, side);
        }
      }
    }
  }
  function tileOf(z, x, y) {
    var address = config.tiles.replace('{z}', z).replace('{x}', x).replace('{y}', y);
    if (!tiles[address]) {
      tiles[address] = new Image();
      tiles[address].onload = draw;
      tiles[address].src = address;
    }
    return tiles[address];
  }
  function drawDegrees() {
    var steps = [5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005], step = steps[0], i;
    for (i = 0; i < steps.length; i++) if (steps[i] / 360 * size() >= 90) step = steps[i];
    var digits = Math.max(0, Math.ceil(-Math.log(step) / Math.LN10)), a = fromScreen(0, high), b = fromScreen(wide, 0), at;
    pen.strokeStyle = 'rgba(60,90,130,.22)';
    pen.fillStyle = '#5a6a80';
    pen.font = '11px sans-serif';
    pen.lineWidth = 1;
    pen.textAlign = 'left';
    for (i = Math.ceil(a[0] / step); i * step < b[0]; i++) {
      at = toScreen(i * step, a[1])[0];
      line(at, 0, at, high);
      pen.fillText((i * step).toFixed(digits) + '°E', at + 3, 12);
    }
    for (i = Math.ceil(a[1] / step); i * step < b[1]; i++) {
      at = toScreen(a[0], i * step)[1];
      line(0, at, wide, at);
      if (at > 24) pen.fillText((i * step).toFixed(digits) + '°N', 3, at - 3);
    }
  }
  function line(x1, y1, x2, y2) {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
  }
  function drawPlaces() {
    var taken = [];
    pen.font = '14px sans-serif';
    config.places.forEach(function (place) {
      var at = toScreen(place[1], place[2]), half = pen.measureText(place[0]).width / 2 + 8;
      var clash = taken.some(function (one) { return Math.abs(one[0] - at[0]) < half + one[2] && Math.abs(one[1] - at[1]) < 30; });
      if (clash || at[0] < -50 || at[1] < -50 || at[0] > wide + 50 || at[1] > high + 50) return;
      taken.push([at[0], at[1], half]);
      pen.fillStyle = '#0f4c9c';
      pen.beginPath();
      pen.arc(at[0], at[1], 3.5, 0, 7);
      pen.fill();
      pen.fillStyle = '#16202e';
      pen.textAlign = 'center';
      pen.fillText(place[0], at[0], at[1] - 8);
    });
  }
  function drawScale() {
    var here = fromScreen(wide / 2, high / 2), metre = size() / (40075017 * Math.cos(here[1] * Math.PI / 180)), length = 1, i;
    var steps = [1, 2, 5];
    for (i = 0; i < 21; i++) {
      var next = steps[i % 3] * Math.pow(10, Math.floor(i / 3));
      if (next * metre <= 120) length = next;
    }
    pen.strokeStyle = pen.fillStyle = '#16202e';
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(10, high - 16);
    pen.lineTo(10, high - 10);
    pen.lineTo(10 + length * metre, high - 10);
    pen.lineTo(10 + length * metre, high - 16);
    pen.stroke();
    pen.font = '12px sans-serif';
    pen.textAlign = 'left';
    pen.fillText(length >= 1000 ? length / 1000 + ' km' : length + ' m', 14, high - 15);
    pen.textAlign = 'right';
    pen.fillText(config.tiles ? config.credit : '示意图 Schematic', wide - 8, high - 8);
  }
  function drawPin() {
    var at = toScreen(pin[0], pin[1]), x = at[0], y = at[1];
    pen.fillStyle = '#c8161d';
    pen.strokeStyle = '#fff';
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.bezierCurveTo(x - 5, y - 12, x - 13, y - 17, x - 13, y - 26);
    pen.arc(x, y - 26, 13, Math.PI, 0);
    pen.bezierCurveTo(x + 13, y - 17, x + 5, y - 12, x, y);
    pen.fill();
    pen.stroke();
    pen.fillStyle = '#fff';
    pen.beginPath();
    pen.arc(x, y - 26, 5, 0, 7);
    pen.fill();
  }

  // -- the pin and its fields
  function put(lon, lat, system) {
    pin = [Math.max(-180, Math.min(180, lon)), Math.max(-85, Math.min(85, lat))];
    lonField.value = pin[0].toFixed(6);
    latField.value = pin[1].toFixed(6);
    crs.value = system || config.crs;
    tell();
    draw();
  }
  function tell() {
    told.textContent = '已标记 ' + pin[1].toFixed(5) + '°N ' + pin[0].toFixed(5) + '°E（' + crs.value + '）Pin set ';
    var clear = doc.createElement('button');
    clear.type = 'button';
    clear.className = 'quiet';
    clear.textContent = '取消标记 Clear';
    clear.onclick = function () {
      pin = null;
      lonField.value = latField.value = told.textContent = '';
      draw();
    };
    told.appendChild(clear);
  }
  function show(lon, lat, closer) {
    centre = toWorld(lon, lat);
    if (closer) zoom = Math.max(zoom, closer);
  }
  // From WGS-84 to GCJ-02 as Chinese maps are drawn (the series is explained in gateway/model/coordinates.py).
  function shifted(lon, lat) {
    var p = Math.PI, sin = Math.sin, sqrt = Math.sqrt, x = lon - 105, y = lat - 35, a = 6378245, e = 0.00669342162296594323;
    if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lon, lat];
    var wave = (20 * sin(6 * x * p) + 20 * sin(2 * x * p)) * 2 / 3;
    var north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(Math.abs(x)) + wave +
      (20 * sin(y * p) + 40 * sin(y / 3 * p)) * 2 / 3 + (160 * sin(y / 12 * p) + 320 * sin(y * p / 30)) * 2 / 3;
    var east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(Math.abs(x)) + wave +
      (20 * sin(x * p) + 40 * sin(x / 3 * p)) * 2 / 3 + (150 * sin(x / 12 * p) + 300 * sin(x / 30 * p)) * 2 / 3;
    var angle = lat / 180 * p, m = 1 - e * sin(angle) * sin(angle), root = sqrt(m);
    return [lon + east * 180 / (a / root * Math.cos(angle) * p), lat + north * 180 / (a * (1 - e) / (m * root) * p)];
  }

  // -- hands: a tap sets the pin, a drag of the pin moves it, any other drag moves the map, two fingers zoom
  function point(event, touch) {
    var frame = canvas.getBoundingClientRect(), one = touch || event;
    return [one.clientX - frame.left, one.clientY - frame.top];
  }
  var hold = null;
  function down(at) {
    var near = pin && toScreen(pin[0], pin[1]);
    var onPin = near && Math.abs(near[0] - at[0]) < 24 && at[1] - near[1] < 14 && near[1] - at[1] < 50;
    hold = { at: at, centre: centre.slice(), pin: onPin ? near : null, moved: false };
  }
  function move(at) {
    var dx = at[0] - hold.at[0], dy = at[1] - hold.at[1];
    if (!hold.moved && Math.abs(dx) + Math.abs(dy) < 8) return;
    hold.moved = true;
    if (hold.pin) {
      var place = fromScreen(hold.pin[0] + dx, hold.pin[1] + dy);
      put(place[0], place[1]);
    } else {
      centre = [hold.centre[0] - dx / size(), Math.max(0, Math.min(1, hold.centre[1] - dy / size()))];
      draw();
    }
  }
  function up() {
    if (hold && !hold.moved && !hold.pin) {
      var place = fromScreen(hold.at[0], hold.at[1]);
      put(place[0], place[1]);
    }
    hold = null;
  }
  function mouseMoved(event) { if (hold && !hold.touch) move(point(event)); }
  function mouseUp() { if (hold && !hold.touch) up(); }
  // A page that stays for a shift takes the map away again; the window must not keep it.
  function close() {
    window.removeEventListener('mousemove', mouseMoved);
    window.removeEventListener('mouseup', mouseUp);
    window.removeEventListener('resize', fit);
  }
  function zoomBy(step) {
    zoom = Math.max(4, Math.min(19, zoom + step));
    draw();
  }
  function spread(touches) {
    return Math.sqrt(Math.pow(touches[0].clientX - touches[1].clientX, 2) + Math.pow(touches[0].clientY - touches[1].clientY, 2));
  }
  function listen() {
    var pinch = 0;
    canvas.addEventListener('mousedown', function (event) { down(point(event)); });
    window.addEventListener('mousemove', mouseMoved);
    window.addEventListener('mouseup', mouseUp);
    canvas.addEventListener('touchstart', function (event) {
      event.preventDefault();
      canvas.focus();
      if (event.touches.length === 2) { pinch = spread(event.touches); hold = null; return; }
      down(point(event, event.touches[0]));
      hold.touch = true;
    });
    canvas.addEventListener('touchmove', function (event) {
      event.preventDefault();
      if (event.touches.length === 2 && pinch) {
        var now = spread(event.touches);
        zoomBy(Math.log(now / pinch) / Math.LN2);
        pinch = now;
      } else if (hold) move(point(event, event.touches[0]));
    });
    canvas.addEventListener('touchend', function (event) { event.preventDefault(); up(); });
    canvas.addEventListener('dblclick', function () { zoomBy(1); });
    canvas.addEventListener('keydown', keys);
    window.addEventListener('resize', fit);
  }
  function keys(event) {
    var steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
      Left: [-1, 0], Right: [1, 0], Up: [0, -1], Down: [0, 1] };
    var step = steps[event.key], far = event.shiftKey ? 60 : 8, at, place;
    if (step) {
      at = pin ? toScreen(pin[0], pin[1]) : [wide / 2, high / 2];
      place = fromScreen(at[0] + step[0] * far, at[1] + step[1] * far);
      put(place[0], place[1]);
      at = toScreen(place[0], place[1]);
      if (at[0] < 20 || at[1] < 40 || at[0] > wide - 20 || at[1] > high - 20) { show(place[0], place[1]); draw(); }
    } else if (event.key === '+' || event.key === '=') zoomBy(1);
    else if (event.key === '-') zoomBy(-1);
    else if ((event.key === ' ' || event.key === 'Enter') && !pin) { place = fromScreen(wide / 2, high / 2); put(place[0], place[1]); }
    else return;
    event.preventDefault();
  }

  // -- opening
  function fit() {
    var ratio = window.devicePixelRatio || 1;
    wide = canvas.clientWidth;
    high = canvas.clientHeight;
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(high * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw();
  }
  function button(label, name, top, act) {
    var made = doc.createElement('button');
    made.type = 'button';
    made.textContent = label;
    made.setAttribute('aria-label', name);
    made.style.top = top + 'px';
    made.onclick = act;
    box.appendChild(made);
  }
  function whole() {
    var a = toWorld(bounds[0], bounds[3]), b = toWorld(bounds[2], bounds[1]);
    centre = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    zoom = Math.log(0.94 * Math.min(wide / (b[0] - a[0]), high / (b[1] - a[1])) / 256) / Math.LN2;
  }
  function open() {
    if (opened) return;
    opened = true;
    canvas = doc.createElement('canvas');
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'application');
    canvas.setAttribute('aria-label', '地图：点按放置标记，方向键移动，加减号缩放 Map: tap to set the pin, arrows move it, + and - zoom');
    box.appendChild(canvas);
    button('+', '放大 Zoom in', 8, function () { zoomBy(1); });
    button('−', '缩小 Zoom out', 60, function () { zoomBy(-1); });
    pen = canvas.getContext('2d');
    wide = canvas.clientWidth;
    high = canvas.clientHeight;
    whole();
    var lon = parseFloat(lonField.value), lat = parseFloat(latField.value);
    if (lon === lon && lat === lat) {
      show(lon, lat, 12);
      pin = [lon, lat];
      tell();
    }
    listen();
    fit();
  }
  function here() {
    if (!navigator.geolocation) { told.textContent = '此浏览器不能定位 No position here'; return; }
    told.textContent = '正在定位… Locating…';
    navigator.geolocation.getCurrentPosition(function (found) {
      // browsers tell WGS-84; a map drawn in another system must show it where it is
      var at = [found.coords.longitude, found.coords.latitude];
      if (config.crs === 'GCJ-02') at = shifted(at[0], at[1]);
      show(at[0], at[1], 15);
      put(at[0], at[1]);
    }, function () {
      told.textContent = '未能定位，请在图上点按 No position: tap the map';
    }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  }
  return { open: open, here: here, close: close };
})();
