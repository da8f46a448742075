// The citizens' pages with a script: what the pages do without it they do a little better with it. Written for browsers
// of ten years ago (no modules, no arrow functions).
(function () {
  'use strict';
  var doc = document;
  function at(id) { return doc.getElementById(id); }
  function each(list, act) { for (var i = 0; i < list.length; i++) act(list[i], i); }
  function on(what, name, act) { if (what) what.addEventListener(name, act); }
  doc.documentElement.className = 'live';

  // -- receipt: copy and print
  each(doc.querySelectorAll('[data-copy]'), function (button) {
    on(button, 'click', function () {
      var area = doc.createElement('textarea'), words = [];
      each(doc.querySelectorAll(button.getAttribute('data-copy')), function (one) {
        words.push(one.previousElementSibling.textContent + ' ' + one.textContent);
      });
      area.value = words.join('\n');
      area.readOnly = true;
      doc.body.appendChild(area);
      area.select();
      var done = false;
      try { done = doc.execCommand('copy'); } catch (e) { done = false; }
      doc.body.removeChild(area);
      button.textContent = done ? '已复制 Copied' : '请长按复制 Copy by hand';
    });
  });
  each(doc.querySelectorAll('[data-print]'), function (button) { on(button, 'click', function () { window.print(); }); });

  var form = at('request');
  if (!form) return;

  // -- characters left
  var text = at('text'), most = text.maxLength;
  function count() { at('count').textContent = text.value.length + ' / ' + most; }
  on(text, 'input', count);
  count();

  // -- proof of work: SHA-256 of token:n with so many leading zero bits, found in small bites so that typing goes on
  var K = [], H0 = [];
  (function () {
    var n = 2, i, prime;
    while (K.length < 64) {
      prime = true;
      for (i = 2; i * i <= n; i++) if (n % i === 0) { prime = false; break; }
      if (prime) {
        if (H0.length < 8) H0.push(fraction(Math.pow(n, 1 / 2)));
        K.push(fraction(Math.pow(n, 1 / 3)));
      }
      n++;
    }
    function fraction(x) { return ((x - Math.floor(x)) * 4294967296) | 0; }
  })();
  var W = [];
  function block(h, words) {
    var a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7], i, x, y, s, t;
    for (i = 0; i < 64; i++) {
      if (i < 16) W[i] = words[i] | 0;
      else {
        x = W[i - 15]; y = W[i - 2];
        W[i] = (W[i - 16] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[i - 7] +
          ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)) | 0;
      }
      s = (k + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i]) | 0;
      t = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c)) | 0;
      k = g; g = f; f = e; e = (d + s) | 0; d = c; c = b; b = a; a = (s + t) | 0;
    }
    return [h[0] + a | 0, h[1] + b | 0, h[2] + c | 0, h[3] + d | 0, h[4] + e | 0, h[5] + f | 0, h[6] + g | 0, h[7] + k | 0];
  }
  function first(ascii) {
    // the first 32 bits of SHA-256 of an ASCII text
    var words = [], i, h = H0, length = ascii.length, blocks = ((length + 8) >> 6) + 1;
    for (i = 0; i < blocks * 16; i++) words[i] = 0;
    for (i = 0; i < length; i++) words[i >> 2] |= ascii.charCodeAt(i) << (24 - (i & 3) * 8);
    words[length >> 2] |= 128 << (24 - (length & 3) * 8);
    words[blocks * 16 - 1] = length * 8;
    for (i = 0; i < blocks; i++) h = block(h, words.slice(i * 16, i * 16 + 16));
    return h[0];
  }
  var bits = +form.getAttribute('data-bits'), token = form.elements.token.value, n = 0, waiting = false;
  function work() {
    var until = Date.now() + 12;
    while (Date.now() < until) {
      for (var i = 0; i < 40; i++, n++) {
        if (first(token + ':' + n) >>> (32 - bits) === 0) {
          at('work').value = n;
          at('proof').hidden = true;
          if (waiting) form.submit();
          return;
        }
      }
    }
    setTimeout(work, 8);
  }
  setTimeout(work, 200);

  // -- once is enough
  var sent = false, pressed = false, shrinking = 0;
  on(form, 'submit', function (event) {
    var send = at('send');
    if (sent || shrinking) {
      event.preventDefault();
      pressed = !sent;
      return;
    }
    sent = true;
    send.textContent = '正在提交… Sending…';
    setTimeout(function () { send.disabled = true; }, 0);
    if (!at('work').value && !at('answer').value) {
      event.preventDefault();
      waiting = true;
    }
  });
  on(window, 'pageshow', function (event) {
    if (event.persisted) { sent = false; at('send').disabled = false; at('send').textContent = '提交诉求 Send'; }
  });

  // -- anonymous: what will not be recorded need not be typed
  function anonymous() { at('who').hidden = at('is_anonymous').checked; }
  on(at('is_anonymous'), 'change', anonymous);
  anonymous();

  // -- photos: shown, and made smaller before they are sent where the browser can
  var photo = at('photo'), shots = at('shots');
  function shrink(file, done) {
    var url = URL.createObjectURL(file), image = new Image();
    image.onload = function () {
      var scale = Math.min(1, 1920 / Math.max(image.width, image.height)), canvas = doc.createElement('canvas');
      canvas.width = Math.round(image.width * scale);
      canvas.height = Math.round(image.height * scale);
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      if (!canvas.toBlob || file.size < 600000) return done(file, url);
      canvas.toBlob(function (blob) {
        if (!blob || blob.size >= file.size) return done(file, url);
        done(new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' }), url);
      }, 'image/jpeg', 0.85);
    };
    image.onerror = function () { done(file, ''); };
    image.src = url;
  }
  on(photo, 'change', function () {
    shots.textContent = '';
    if (!window.URL || !photo.files) return;
    var files = [], small = [], most = +form.getAttribute('data-photos');
    each(photo.files, function (file) { files.push(file); });
    if (files.length > most) shots.textContent = '最多 ' + most + ' 张 At most ' + most;
    each(files, function (file, place) {
      shrinking++;
      shrink(file, function (made, url) {
        small[place] = made;
        if (url) {
          var shot = new Image();
          shot.src = url;
          shot.alt = file.name;
          shots.appendChild(shot);
        }
        if (--shrinking === 0) replace(small);
      });
    });
  });
  function replace(small) {
    try {
      var transfer = new DataTransfer();
      each(small, function (file) { transfer.items.add(file); });
      photo.files = transfer.files;
    } catch (e) { /* an old browser: the photos go as they are */ }
    if (pressed) at('send').click();
  }

  // -- place: the map comes only when it is asked for
  var wanted = [];
  function map(act) {
    if (window.PinMap) return act(window.PinMap);
    if (wanted.push(act) > 1) return; // it is on its way: a second script would make a second map
    var script = doc.createElement('script');
    script.src = '/static/pin.js';
    script.onload = function () {
      each(wanted, function (one) { one(window.PinMap); });
      wanted = [];
    };
    script.onerror = function () {
      wanted = [];
      at('pinned').textContent = '地图未能加载，请填写地点 The map did not load';
    };
    doc.body.appendChild(script);
  }
  function open(act) {
    map(function (pin) { at('map').hidden = false; at('open-map').hidden = true; pin.open(); if (act) act(pin); });
  }
  on(at('open-map'), 'click', function () { open(function () { at('map').querySelector('canvas').focus(); }); });
  on(at('here'), 'click', function () { open(function (pin) { pin.here(); }); });
  if (at('longitude').value && at('latitude').value) open();
})();
