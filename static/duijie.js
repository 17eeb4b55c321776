/* What pages do beyond links, forms and htmx; without it everything still works. No eval, no inline code. */
(() => {
	'use strict';
	const doc = document, root = doc.documentElement;
	const $ = (q, r = doc) => r.querySelector(q), $$ = (q, r = doc) => [...r.querySelectorAll(q)];
	const on = (type, f, early) => doc.addEventListener(type, f, early);
	const up = (el, q) => el?.closest?.(q);
	const seen = (el) => el.getClientRects().length > 0 && !el.disabled;
	const keep = (k, v) => { root.dataset[k] = v; doc.cookie = `${k}=${v};path=/;max-age=31536000;samesite=lax`; };

	// Runs in <head>, before the first paint.
	root.classList.add('js');
	if (/(^|; )nav=rail/.test(doc.cookie)) root.dataset.nav = 'rail';

	const dark = () => root.dataset.theme === 'dark' || (root.dataset.theme === 'auto' && matchMedia('(prefers-color-scheme:dark)').matches);
	const theme = () => keep('theme', dark() ? 'light' : 'dark');
	const density = () => keep('density', { compact: 'default', default: 'cozy' }[root.dataset.density] || 'compact');
	const rail = () => keep('nav', root.dataset.nav === 'rail' ? 'full' : 'rail');

	// Toasts: 6 s; 10 s when they offer something; until closed when they report a failure.
	const region = () => $('#toast');
	const arm = (el) => {
		if (el.classList.contains('bad')) return;
		$$('.toast:not(.bad)', region()).forEach((o) => o !== el && o.remove());
		let timer;
		const go = () => { timer = setTimeout(() => el.remove(), $('a,form', el) ? 10000 : 6000); };
		['mouseenter', 'focusin'].forEach((t) => el.addEventListener(t, () => clearTimeout(timer)));
		['mouseleave', 'focusout'].forEach((t) => el.addEventListener(t, go));
		go();
	};
	const toast = (text, small, retry) => {
		const el = $('#toast-t').content.firstElementChild.cloneNode(true), span = $('span', el);
		const add = (tag, words) => Object.assign(doc.createElement(tag), { textContent: words });
		span.textContent = text;
		if (small) span.append(add('small', small));
		if (retry) {
			const b = add('button', region().dataset.retry);
			b.onclick = () => { el.remove(); retry(); };
			span.after(b);
			el.classList.add('bad');
			el.setAttribute('role', 'alert');
		}
		region().append(el);
	};
	const copy = async (text) => {
		try { await navigator.clipboard.writeText(text); } catch {
			// Plain http has no clipboard.
			const box = Object.assign(doc.createElement('textarea'), { value: text, className: 'sr' });
			($('dialog[open]') || doc.body).append(box);
			box.select();
			doc.execCommand('copy');
			box.remove();
		}
		toast(region().dataset.copied);
	};

	// layers
	let from; // the row a dialog was opened from: where the focus goes back to, though the row may be a new one by then
	const open = (el) => { if (el && !el.open) { from = row()?.id; el.showModal(); if (!$('[autofocus]', el)) $('.pop-b .inp', el)?.select(); } };
	const home = () => { if (doc.activeElement === doc.body && from) $('[data-main]', doc.getElementById(from) || doc)?.focus(); };
	const shut = (el) => {
		const layer = el.closest('.toast,dialog,details');
		if (layer.matches('.toast')) layer.remove();
		else if (layer.open) layer.matches('dialog') ? layer.close() : (layer.open = false);
	};
	const menus = (but) => $$('details.menu[open]').forEach((m) => { if (m !== but) m.open = false; });
	const options = () => $$('#pal-list [role=option]');
	const chosen = () => options().findIndex((o) => o.matches('[aria-selected=true]'));
	const choose = (i) => {
		const all = options(), n = (i + all.length) % all.length;
		all.forEach((o, k) => { o.id = `pal-${k}`; o.setAttribute('aria-selected', k === n); });
		all[n]?.scrollIntoView({ block: 'nearest' });
		$('#palette input').setAttribute('aria-activedescendant', `pal-${n || 0}`);
	};
	const palette = () => {
		const el = $('#palette');
		if (el) { open(el); $('input', el).select(); choose(0); }
		return Boolean(el);
	};

	// lists
	let last;
	const boxes = (list) => $$('[data-row]', list).filter(seen);
	const count = (list) => {
		const all = boxes(list), n = all.filter((b) => b.checked).length, head = $('[data-all]', list);
		all.forEach((b) => up(b, 'tr')?.setAttribute('aria-selected', b.checked));
		if (head) { head.checked = n > 0 && n === all.length; head.indeterminate = n > 0 && n < all.length; }
		$$('[data-count]', list).forEach((c) => { c.textContent = n; });
		$$('.bulk', list).forEach((b) => b.classList.toggle('on', n > 0));
	};
	const tick = (list, state) => { boxes(list).forEach((b) => { b.checked = state; }); count(list); };
	const pick = (box, e) => {
		const list = up(box, '[data-list]'), all = boxes(list);
		if (e.shiftKey && all.includes(last)) {
			const [a, b] = [all.indexOf(last), all.indexOf(box)].sort((x, y) => x - y);
			all.slice(a, b + 1).forEach((x) => { x.checked = box.checked; });
		}
		last = box;
		count(list);
	};
	const row = () => up(doc.activeElement, 'tr,[data-item]');
	const step = (by) => {
		const all = $$('[data-list] tbody tr,[data-list] [data-item]').filter(seen);
		const to = all[Math.max(0, Math.min(all.length - 1, all.indexOf(row()) + by))];
		if (to) ($('[data-main]', to) || $('a[href]', to) || $('input,button', to) || to).focus();
		return Boolean(to);
	};

	// clicks, changes, unsaved edits
	const CLICKS = {
		'[data-close]': shut,
		'[data-dialog]': (el) => { menus(); open($(el.dataset.dialog || el.hash)); },
		'[data-palette]': palette,
		'[data-theme-toggle]': theme,
		'[data-density-toggle]': density,
		'[data-nav-toggle]': rail,
		'[data-copy]': (el) => { copy(el.dataset.copy); },
		'[data-none]': (el) => tick(el.closest('[data-list]'), false),
	};
	on('click', (e) => {
		const t = e.target;
		menus(up(t, 'details.menu'));
		if (t.matches('[data-list] [data-row]')) pick(t, e);
		if (t.matches('dialog')) t.close(); // its own content is always a child, so this is the backdrop
		const hit = Object.keys(CLICKS).find((q) => up(t, q));
		if (hit) { e.preventDefault(); CLICKS[hit](up(t, hit)); }
	});
	on('change', (e) => {
		if (e.target.matches('[data-all]')) tick(e.target.closest('[data-list]'), e.target.checked);
		if (e.target.matches('[data-autosubmit]')) e.target.form.requestSubmit();
		if (e.target.matches('[data-into]')) e.target.files[0]?.text().then((text) => { $(e.target.dataset.into).value = text; });
	});
	// A menu in a scrolling table would be cut off: it floats, and closes when anything scrolls.
	on('toggle', ({ target: m }) => {
		const box = m.open && innerWidth > 720 && up(m, '.tw') && $('.pop', m), r = m.getBoundingClientRect();
		if (!box) return;
		const over = r.bottom + box.offsetHeight + 8 > innerHeight, top = Math.max(8, over ? Math.min(r.top - 4, innerHeight - 8) - box.offsetHeight : r.bottom + 4);
		const side = m.matches('.left') ? { left: `${r.left}px`, right: 'auto' } : { right: `${root.clientWidth - r.right}px` };
		Object.assign(box.style, { position: 'fixed', top: `${top}px`, ...side });
	}, true);
	on('scroll', () => $$('.tw .menu[open]').forEach((m) => { m.open = false; }), true);
	on('input', ({ target: t }) => {
		up(t, 'form[data-guard]')?.classList.add('dirty');
		if (inGrid(t)) mark(t);
		// Units held beyond what the automatic value would give.
		const over = t.dataset.auto && $('[data-over]', t.form), n = t.value - t.dataset.auto;
		if (over) { over.hidden = !(n > 0); $('b', over).textContent = n; }
	});
	on('submit', (e) => e.target.classList.remove('dirty'));
	addEventListener('beforeunload', (e) => { if ($('form.dirty[data-guard]')) { e.preventDefault(); e.returnValue = ''; } });

	// keys
	const GO = { h: '/', p: '/products', t: '/stock', s: '/sync', a: '/audit', b: '/base-products' };
	let going = 0;
	const press = (key) => {
		const q = `[data-key="${CSS.escape(key)}"]`, layer = $('dialog[open]');
		// What waits in the menu of a row is only meant when the focus is in that row.
		const el = (layer ? [layer] : [row() || doc, doc]).map((r) => $$(q, r).find((b) => seen(b) || (r !== doc && up(b, '.menu')))).find(Boolean);
		return el ? !el.click() : false;
	};
	const single = (key) => {
		const a = Date.now() - going < 1500 && $(`.side a[href^="${GO[key]}"]`);
		going = 0;
		if (a) { a.click(); return true; }
		if (press(key)) return true;
		if ($('dialog[open]')) return false;
		const box = row() && $('[data-row]', row()), field = $$('[data-search]').find(seen);
		switch (key) {
			case 'g': going = Date.now(); return true;
			case '[': rail(); return true;
			case '?': open($('#help')); return true;
			case '/': return field ? !field.select() : palette();
			case 'j': return step(1);
			case 'k': return step(-1);
			case 'x': return box ? !box.click() : false;
			default: return false;
		}
	};
	// grids: a cell is typed over; Enter and the arrows walk; a block of a sheet spreads from where it is pasted; Ctrl Z takes back
	const taken = []; // what cells were before, newest last
	let had, touched, warned; // the value of the cell when it was entered; the cell a mouse is entering; the locked one typed over last
	const inGrid = (t) => Boolean(up(t, '[data-grid]') && t.matches('input:not([type])'));
	const cell = (input, down, right = 0) => {
		const rows = [...up(input, '[data-grid]').rows], tr = up(input, 'tr'), mine = (r) => (r ? $$('input:not([type])', r) : []);
		return mine(rows[rows.indexOf(tr) + down])[mine(tr).indexOf(input) + right];
	};
	const enter = (to) => { if (to) { to.focus(); to.select(); } };
	const mark = (t) => {
		const form = up(t, 'form'), told = form && $('[data-moved]', form);
		t.classList.toggle('moved', t.value !== t.defaultValue);
		if (t.dataset.lock && warned !== t && t.value !== t.defaultValue) { warned = t; toast(t.dataset.lock); }
		form?.classList.add('dirty');
		if (!told) return;
		const n = $$('.moved', form).length;
		told.hidden = !n;
		$('b', told).textContent = n;
	};
	const fill = (all) => all.forEach(([t, value]) => { t.value = value; mark(t); });
	const grid = (t, e, ctrl) => {
		if (!inGrid(t)) return false;
		const down = { Enter: e.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[e.key];
		const right = t.selectionStart === 0 && t.selectionEnd === t.value.length && { ArrowLeft: -1, ArrowRight: 1 }[e.key];
		if (ctrl) {
			// Inside a cell the browser takes back what was typed.
			const last = e.key === 'z' && t.value === had && taken.pop();
			if (last) { fill(last); enter(last[0][0]); had = last[0][0].value; }
			return Boolean(last);
		}
		if (e.key === 'Escape' && t.value !== had) { fill([[t, had]]); t.select(); return true; }
		if (!down && !right) return false;
		enter(cell(t, down || 0, right || 0));
		return true;
	};
	on('focusin', ({ target: t }) => { if (inGrid(t)) { had = t.value; t.select(); } });
	on('mousedown', ({ target: t }) => { touched = inGrid(t) && doc.activeElement !== t && t; });
	on('mouseup', ({ target: t }) => { if (touched && touched === t) t.select(); touched = null; });
	on('change', ({ target: t }) => { if (inGrid(t)) { taken.push([[t, had]]); had = t.value; } });
	on('paste', (e) => {
		const t = e.target, block = e.clipboardData?.getData('text').replace(/\r?\n$/, '');
		if (!inGrid(t) || !/[\t\n]/.test(block || '')) return;
		e.preventDefault();
		// An empty cell of a sheet says nothing.
		const told = block.split(/\r?\n/).flatMap((line, down) => line.split('\t').map((value, right) => [value.trim() && cell(t, down, right), value.trim()]));
		const all = told.filter(([to]) => to), lost = told.filter(([to, value]) => value && !to).length;
		taken.push(all.map(([to]) => [to, to.value]));
		fill(all);
		had = t.value;
		if (lost) toast(`${lost} ${up(t, '[data-grid]').dataset.lost}`);
	});
	on('keydown', (e) => {
		if (e.isComposing || e.keyCode === 229 || e.defaultPrevented || e.altKey) return;
		const key = e.key.toLowerCase(), ctrl = e.ctrlKey || e.metaKey, t = e.target, guarded = $('form[data-guard]');
		const menu = $('details.menu[open]');
		let done = grid(t, e, ctrl);
		if (done) { e.preventDefault(); return; }
		if (ctrl) {
			if (key === 'k') done = palette();
			if (key === 's' && guarded) { guarded.requestSubmit(); done = true; }
		} else if (key === 'escape' && menu) { menu.open = false; $('summary', menu).focus(); done = true; }
		else if (up(t, '#palette') && key.startsWith('arrow')) { choose(chosen() + (key === 'arrowdown' ? 1 : -1)); done = true; }
		else if (up(t, '#palette') && key === 'enter' && chosen() >= 0) { options()[chosen()].click(); done = true; }
		else if (!up(t, 'input:not([type=checkbox],[type=radio]),textarea,select')) done = single(key);
		if (done) e.preventDefault();
	});

	// htmx: a failure never replaces what is on the page
	const failed = (ctx, text, id) => {
		const box = ctx.sourceEvent?.target, el = ctx.sourceElement;
		if (up(box, '[role=switch]')) box.checked = !box.checked;
		toast(text, id && `${region().dataset.request} ${id}`, () => (el.matches('form') ? el.requestSubmit() : el.click()));
	};
	on('htmx:after:request', (e) => {
		const { ctx } = e.detail, r = ctx.response;
		// News must not take away what somebody is filling in.
		if (up(ctx.sourceElement, '#live') && $('#centre .menu[open]')) e.preventDefault();
		if (r.status >= 500) { e.preventDefault(); failed(ctx, region().dataset.broken, r.headers.get('x-request-id')); }
	});
	on('htmx:error', (e) => { const { ctx } = e.detail; if (ctx && !ctx.response) failed(ctx, region().dataset.offline); });
	on('htmx:sse:error', () => { root.dataset.live = 'lost'; });
	on('htmx:sse:after:connection', () => { delete root.dataset.live; });
	on('htmx:after:swap', () => { $$('[data-list]').forEach(count); if ($('#palette[open]')) choose(0); home(); look(); });

	// What comes next is fetched while the present one is read, in htmx's words, so that the browser has it when htmx asks.
	let ahead;
	const look = () => {
		const next = $('a[data-ahead]')?.href;
		if (!next || next === ahead) return;
		ahead = next;
		fetch(next, { headers: { Accept: 'text/html, text/event-stream', 'HX-Request': 'true', 'HX-Target': 'div#bench', 'X-Ahead': '1' }, cache: 'reload' }).catch(() => {});
	};

	on('DOMContentLoaded', () => {
		const watch = (el, f) => el && new MutationObserver((all) => all.forEach((m) => [...m.addedNodes].filter((n) => n.matches).forEach(f))).observe(el, { childList: true });
		const drawer = $('#drawer'), asked = doc.getElementById(location.hash.slice(1)), wrong = $('[aria-invalid=true]');
		watch(region(), arm);
		// Filled, they open; an answer that has nothing more to ask closes them.
		[drawer, $('#pop')].filter(Boolean).forEach((el) => {
			watch(el, (n) => (n.matches('[data-done]') ? el.close() : open(el)));
			el.onclose = () => { el.replaceChildren(); home(); };
		});
		$$('#toast .toast').forEach(arm);
		$$('[data-list]').forEach(count);
		// On a phone the view one is in may stand beyond the edge.
		$$('.tabs [aria-current]').forEach((t) => { const bar = up(t, '.tabs'); bar.scrollLeft = Math.max(0, t.getBoundingClientRect().right - bar.getBoundingClientRect().right + 24); });
		if (asked?.matches('dialog')) open(asked);
		wrong?.focus();
		look();
	});
})();
