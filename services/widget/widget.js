/* The chat widget: one script, no parts from elsewhere, nothing of the page is touched but one
 * element of its own at the end of the body. What people write is only ever text, never markup.
 *
 * Called with the channel's public settings, the texts in five languages and the style sheet.
 * A browser remembers a visitor's token and what is not yet sent, nothing else. */
(function (settings, texts, css) {
  "use strict";

  const script = document.currentScript;
  const base = new URL(".", script.src).href;
  const early = window.Redthread && window.Redthread.q ? window.Redthread.q : [];
  if (window.Redthread && window.Redthread.channel) return;

  const TEXT_MAX = 8000, PAGE = 40, GROUP_MS = 5 * 60000;
  const TYPING_SHOWN_MS = { agent: 7000, bot: 30000 }, TYPING_SENT_MS = 4000;
  const RETRY_MS = [1000, 2000, 4000, 8000, 15000, 30000], HIDDEN_MS = 60000;

  /* ---- words ---- */

  function chooseLanguage() {
    const wanted = [script.dataset.locale, ...(navigator.languages || [navigator.language]),
      document.documentElement.lang, settings.language, "en"];
    for (const tag of wanted) {
      const short = String(tag || "").toLowerCase().split(/[-_]/)[0];
      if (texts[short]) return short;
    }
    return "en";
  }

  const language = chooseLanguage();
  const word = (name, values = {}) =>
    texts[language][name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const company = settings.name || script.dataset.title || word("title");
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
  const calendar = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });

  function dayOf(time) {
    const start = (t) => new Date(t).setHours(0, 0, 0, 0);
    const days = Math.round((start(Date.now()) - start(time)) / 86400000);
    return days === 0 ? word("today") : days === 1 ? word("yesterday") : calendar.format(time);
  }

  /* ---- what the browser remembers ---- */

  const memory = {};
  const storeName = (name) => `redthread:${settings.channel}:${name}`;
  function recall(name, otherwise) {
    try {
      const text = localStorage.getItem(storeName(name));
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return name in memory ? memory[name] : otherwise;
    }
  }
  function remember(name, value) {
    memory[name] = value;
    try {
      if (value === null) localStorage.removeItem(storeName(name));
      else localStorage.setItem(storeName(name), JSON.stringify(value));
    } catch { /* private mode: this page's memory has it */ }
  }

  /* ---- elements ---- */

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
      if (value === true) made.setAttribute(key, "");
      else if (value !== false && value != null) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function icon(name, ...paths) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const attributes = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", class: name,
      "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
    for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
    for (const d of paths) {
      const path = document.createElementNS(space, "path");
      path.setAttribute("d", d);
      svg.append(path);
    }
    return svg;
  }
  const icons = {
    chat: () => icon("chat", "M20.5 11.6a7.9 7.9 0 0 1-11.7 6.9L4 20l1.5-4.6a7.9 7.9 0 1 1 15-3.8z"),
    shut: () => icon("shut", "M6 9l6 6 6-6"),
    cross: () => icon("cross", "M6 6l12 12", "M18 6L6 18"),
    send: () => icon("up", "M12 19V5", "M5.5 11.5L12 5l6.5 6.5"),
    wait: () => icon("wait", "M12 7v5l3 2", "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z"),
    sent: () => icon("sent", "M5 12.5l4.5 4.5L19 7"),
    seen: () => icon("seen", "M2.5 12.5L7 17l8.5-9.5", "M12 16l1 1 8.5-9.5"),
  };

  const host = element("div", { id: "redthread-chat" });
  const shadow = host.attachShadow({ mode: "open" });
  const badge = element("span", { class: "badge", "aria-hidden": "true", hidden: true });
  const launcher = element("button", { class: "launcher", type: "button", "aria-expanded": "false",
    "aria-controls": "panel" }, icons.chat(), icons.shut(), badge);
  const subtitle = element("p", { class: "sub" }, word("subtitle"));
  const closer = element("button", { class: "icon", type: "button", "aria-label": word("close") },
    icons.cross());
  const banner = element("div", { class: "banner", role: "status", hidden: true });
  const earlier = element("button", { class: "earlier", type: "button", hidden: true }, word("earlier"));
  const log = element("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": word("log"),
    "aria-relevant": "additions" });
  const typing = element("div", { class: "typing", hidden: true },
    element("span", { class: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i")),
    element("span", { class: "sr", role: "status" }));
  const scroll = element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": word("log") },
    earlier, log, typing);
  const jump = element("button", { class: "jump", type: "button", hidden: true }, word("newer"));
  const field = element("textarea", { class: "field", rows: "1", "aria-label": word("message"),
    placeholder: word("placeholder"), maxlength: TEXT_MAX, autocomplete: "off", enterkeyhint: "send" });
  const sender = element("button", { class: "icon send", type: "submit", "aria-label": word("send"),
    "aria-disabled": "true" }, icons.send());
  const compose = element("form", { class: "compose", novalidate: true }, field, sender);
  const panel = element("section", { class: "panel", id: "panel", role: "dialog", tabindex: "-1",
    "aria-label": company, hidden: true },
    element("header", { class: "head" },
      element("span", { class: "mark", "aria-hidden": "true" }, [...company][0].toUpperCase()),
      element("div", { class: "who" }, element("h2", { class: "name" }, company), subtitle), closer),
    banner, scroll, jump, compose);
  const root = element("div", { class: "root", lang: language }, panel, launcher);

  function dress() {
    if ("adoptedStyleSheets" in shadow && "replaceSync" in CSSStyleSheet.prototype) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      shadow.adoptedStyleSheets = [sheet];
    } else {
      shadow.append(element("style", { nonce: script.nonce || null }, css));
    }
    const color = /^#[0-9a-f]{6}$/i.test(script.dataset.color || "") ? script.dataset.color : settings.color;
    root.style.setProperty("--accent", color || "#2456c7");
    root.style.setProperty("--on-accent", readableOn(color || "#2456c7"));
    if (readableOn(color || "#2456c7") === "#ffffff") root.style.setProperty("--edge", "var(--accent)");
    root.classList.toggle("left", (script.dataset.position || settings.position) === "left");
    shadow.append(root);
  }

  /* White or near-black, whichever can be read better: one of them always has 4.5 : 1. */
  function readableOn(color) {
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16) / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return 1.05 / (light + 0.05) >= (light + 0.05) / 0.0512 ? "#ffffff" : "#05070a";
  }

  /* ---- talking to the router ---- */

  const state = {
    token: recall("token", null), identity: null, session: null, opening: null,
    stream: null, streamTries: 0, streamTimer: 0, place: null,
    messages: new Map(), more: false, isOpen: false, flushing: false, flushTries: 0, flushTimer: 0,
    readUpto: null, typingSentAt: 0, hiddenTimer: 0, loaded: false, ended: false, refused: null,
  };

  class Refused extends Error {
    constructor(status, problem, wait) {
      super(problem.detail || problem.title || `HTTP ${status}`);
      Object.assign(this, { status, wait });
    }
  }

  async function call(method, path, body) {
    const headers = { ...(state.token && path ? { Authorization: `Bearer ${state.token}` } : {}),
      ...(body ? { "Content-Type": "application/json" } : {}) };
    const answer = await fetch(base + "sessions" + path, { method, headers, mode: "cors", cache: "no-store",
      credentials: "omit", body: body ? JSON.stringify(body) : undefined });
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    const problem = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, problem, 1000 * (Number(answer.headers.get("Retry-After")) || 1));
  }

  /* Another tab may have changed the token; else the session is over and the next one begins. */
  async function ask(method, path, body) {
    if (!state.session) await openSession();
    try {
      return await call(method, path, body);
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      const stored = recall("token", null);
      state.token = stored !== state.token ? stored : null;
      state.session = null;
      await openSession();
      return call(method, path, body);
    }
  }

  function openSession() {
    state.opening = state.opening || beginSession().finally(() => { state.opening = null; });
    return state.opening;
  }

  /* Whom the site cannot prove is a visitor like any other; the site's console hears of it. */
  async function vouched(body) {
    state.refused = null;
    try {
      return await call("POST", "", body);
    } catch (problem) {
      if (problem.status !== 403 || !body.identity || !/identity/.test(problem.message)) throw problem;
      console.warn("Redthread:", problem.message);
      Object.assign(state, { identity: null, refused: problem });
      return call("POST", "", { ...body, identity: undefined });
    }
  }

  async function beginSession() {
    const identity = state.identity;
    const body = { locale: language };
    state.token = recall("token", null);
    if (state.token) body.token = state.token;
    if (identity) body.identity = identity;
    const session = await vouched(body);
    if (state.token && session.token !== state.token) forgetMessages();
    state.token = session.token;
    state.session = session;
    remember("token", session.token);
    subtitle.textContent = session.visitor.signed_in && session.visitor.name
      ? word("signed", { name: session.visitor.name }) : word("subtitle");
  }

  /* ---- the stream ---- */

  async function connect() {
    clearTimeout(state.streamTimer);
    if (state.stream || state.ended || document.hidden) return;
    const source = { close() {} };
    state.stream = source;
    try {
      if (!state.session) await openSession();
      const ticket = state.session.ticket || (await ask("POST", "/ticket")).ticket;
      state.session.ticket = null;
      if (state.stream !== source) return;
      listen(ticket);
    } catch (problem) {
      if (state.stream === source) state.stream = null;
      trouble(problem);
      connectLater();
    }
  }

  function listen(ticket) {
    const place = state.place ? `&after=${encodeURIComponent(state.place)}` : "";
    const stream = new EventSource(`${base}sessions/stream?ticket=${encodeURIComponent(ticket)}${place}`);
    const hear = (name, action) => stream.addEventListener(name, (event) => {
      if (event.lastEventId) state.place = event.lastEventId;
      action(JSON.parse(event.data));
    });
    state.stream = stream;
    hear("ready", () => { state.streamTries = 0; calm(); catchUp(); });
    hear("message", (message) => { take([message]); noticeNews(message); });
    hear("typing", showTyping);
    hear("reset", () => { state.loaded = false; catchUp(); });
    stream.onerror = () => {
      if (state.stream !== stream) return;
      disconnect();
      connectLater();
    };
  }

  function disconnect() {
    clearTimeout(state.streamTimer);
    if (state.stream) state.stream.close();
    state.stream = null;
  }

  /* The first try is a quiet one: a stream that ends in good order begins again. */
  function connectLater() {
    const wait = RETRY_MS[Math.min(state.streamTries, RETRY_MS.length - 1)];
    if (state.streamTries++ > 0 && !navigator.onLine) offline();
    // Where no stream can be had we ask now and then.
    if (state.streamTries > 1 && state.session && navigator.onLine) catchUp();
    clearTimeout(state.streamTimer);
    state.streamTimer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
  }

  /* What was said while we did not listen. */
  async function catchUp() {
    try {
      const newest = state.loaded ? lastStored() : null;
      const found = await ask("GET", newest ? `/messages?limit=${PAGE}&after=${newest.id}`
        : `/messages?limit=${PAGE}`);
      quietly(() => take(found.items));
      if (!newest) { state.more = found.more; earlier.hidden = !found.more; }
      state.loaded = true;
      if (newest && found.more) await catchUp();
      calm();
      flush();
      updateUnread();
    } catch (problem) {
      if (problem.status !== 422 || !state.loaded) return trouble(problem);
      forgetMessages(); // the place we stood at is gone
      await catchUp();
    }
    return undefined;
  }

  async function showEarlier() {
    const first = ordered().find((m) => m.id);
    if (!first) return;
    try {
      const found = await ask("GET", `/messages?limit=${PAGE}&before=${first.id}`);
      const bottom = scroll.scrollHeight - scroll.scrollTop;
      quietly(() => take(found.items, true));
      state.more = found.more;
      earlier.hidden = !found.more;
      scroll.scrollTop = scroll.scrollHeight - bottom;
      if (!found.more) scroll.focus({ preventScroll: true });
    } catch (problem) { trouble(problem); }
  }

  /* ---- trouble ---- */

  function say(text) {
    if (banner.textContent !== (text || "")) banner.textContent = text || "";
    banner.hidden = !text;
  }
  function offline() { hideTyping(); say(word("offline")); }
  function calm() { say(""); }
  function trouble(problem) {
    if (problem.status === 429) say(word("busy"));
    else if (problem.status === 403 || problem.status === 404) { state.ended = true; say(word("gone")); }
    else if (!problem.status || problem.status >= 500) offline();
  }

  /* ---- messages ---- */

  const keyOf = (m) => m.client_message_id || m.id;
  const timeOf = (m) => Date.parse(m.sent_at);
  function ordered() {
    return [...state.messages.values()].sort((a, b) =>
      (a.pending ? 1 : 0) - (b.pending ? 1 : 0) || timeOf(a) - timeOf(b) ||
      (a.order || 0) - (b.order || 0) || (String(a.id) < String(b.id) ? -1 : 1));
  }
  function lastStored() { return ordered().filter((m) => m.id).pop(); }

  function take(items, keepPlace) {
    const stay = keepPlace || !atBottom();
    for (const m of items) {
      const known = state.messages.get(keyOf(m));
      if (m.direction === "out") hideTyping();
      state.messages.set(keyOf(m), { ...known, ...m, pending: false, failed: false, node: known && known.node });
    }
    if (!items.length) return;
    arrange();
    if (!stay) toBottom();
    updateUnread();
  }

  function noticeNews(m) {
    if (m.direction === "out" && state.isOpen && !atBottom()) jump.hidden = false;
  }

  function forgetMessages() {
    state.messages.clear();
    state.loaded = false;
    state.place = null;
    state.readUpto = null;
    earlier.hidden = true;
    log.replaceChildren();
    restoreQueue();
  }

  /* History is read when the visitor looks for it, not aloud. */
  function quietly(action) {
    log.setAttribute("aria-live", "off");
    action();
    requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  }

  /* Nodes that are there stay, so that a screen reader hears only what is new. */
  function arrange() {
    const all = ordered();
    let at = log.firstChild, before = null;
    const put = (node) => {
      if (node === at) at = at.nextSibling;
      else log.insertBefore(node, at);
    };
    const days = new Map([...log.querySelectorAll(".day")].map((d) => [d.dataset.day, d]));
    put(greetingNode(all));
    for (const [i, m] of all.entries()) {
      const day = new Date(m.sent_at).toDateString();
      if (!before || new Date(before.sent_at).toDateString() !== day) put(dayNode(days, day, timeOf(m)));
      m.node = m.node || messageNode(m);
      put(m.node);
      fillMessage(m, before, all[i + 1], all);
      before = m;
    }
    while (at) { const next = at.nextSibling; at.remove(); at = next; }
  }

  let greeting = null;
  function greetingNode(all) {
    greeting = greeting || element("div", { class: "item first last" },
      element("div", { class: "from" }, company),
      element("div", { class: "bubble" }, settings.greeting || word("hello")));
    greeting.hidden = state.more || all.length > PAGE;
    return greeting;
  }

  function dayNode(days, day, time) {
    const node = days.get(day) || element("div", { class: "day" });
    node.dataset.day = day;
    if (node.textContent !== dayOf(time)) node.textContent = dayOf(time);
    days.delete(day);
    return node;
  }

  function messageNode(m) {
    const own = m.direction === "in";
    const from = element("div", { class: own ? "from sr" : "from" }, senderName(m));
    if (m.author.type === "bot") from.append(" ", element("span", { class: "tag" }, word("automated")));
    const bubble = element("div", { class: "bubble" });
    bubble.append(...linked(m.text));
    return element("div", { class: own ? "item own" : "item" }, from, bubble, element("div", { class: "meta" }));
  }

  function senderName(m) {
    if (m.direction === "in") return word("you") + ":";
    if (m.author.type === "bot") return word("assistant");
    return m.author.name || company;
  }

  const sameSender = (a, b) => a && b && a.direction === b.direction && a.author.type === b.author.type &&
    a.author.name === b.author.name && Math.abs(timeOf(a) - timeOf(b)) < GROUP_MS &&
    new Date(a.sent_at).toDateString() === new Date(b.sent_at).toDateString();

  function fillMessage(m, before, after, all) {
    const node = m.node;
    node.classList.toggle("first", !sameSender(before, m));
    node.classList.toggle("last", !sameSender(m, after));
    node.classList.toggle("pending", Boolean(m.pending && !m.failed));
    node.classList.toggle("failed", Boolean(m.failed));
    const bubble = node.querySelector(".bubble");
    if (bubble.textContent !== m.text) bubble.replaceChildren(...linked(m.text));
    fillMeta(m, node.querySelector(".meta"), all);
  }

  function tickOf(m, all) {
    if (m.direction !== "in") return "";
    if (m.pending) return m.failed ? "failed" : "wait";
    const answered = all.some((o) => o.direction === "out" && timeOf(o) >= timeOf(m) && !o.pending);
    return answered || (!typing.hidden && timeOf(m) <= Date.now()) ? "seen" : "sent";
  }

  function fillMeta(m, meta, all) {
    const tick = tickOf(m, all);
    const shown = `${m.sent_at}${tick}${m.edited_at || ""}`;
    if (meta.dataset.shown === shown) return;
    meta.dataset.shown = shown;
    if (tick === "failed") {
      const retry = element("button", { class: "retry", type: "button" }, word("failed"));
      retry.addEventListener("click", () => sendAgain(m));
      meta.replaceChildren(retry);
      return;
    }
    const names = { wait: "sending", sent: "sent", seen: "seen" };
    meta.replaceChildren(element("time", { datetime: m.sent_at }, clock.format(timeOf(m))));
    if (m.edited_at) meta.append(` · ${word("edited")}`);
    if (tick) meta.append(icons[tick](), element("span", { class: "sr" }, word(names[tick])));
  }

  /* Addresses become links, nothing else becomes anything. */
  function linked(text) {
    const parts = [];
    let done = 0;
    for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"'`]+/gi)) {
      const address = match[0].replace(/[.,;:!?)\]}。，！？）]+$/u, "");
      const url = URL.canParse ? URL.canParse(address) && new URL(address) : tryUrl(address);
      if (!url || !/^https?:$/.test(url.protocol)) continue;
      parts.push(text.slice(done, match.index), element("a", { href: url.href, target: "_blank",
        rel: "noopener noreferrer nofollow" }, address));
      done = match.index + address.length;
    }
    return [...parts, text.slice(done)];
  }
  function tryUrl(address) { try { return new URL(address); } catch { return null; } }

  /* ---- writing ---- */

  function newId() {
    if (crypto.randomUUID) return crypto.randomUUID();
    return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  }

  const queue = () => recall("queue", []);
  function restoreQueue() {
    for (const q of queue()) showPending(q);
    arrange();
  }
  function showPending(q) {
    const known = state.messages.get(q.id);
    if (known && !known.pending) return;
    state.messages.set(q.id, { ...known, client_message_id: q.id, direction: "in", text: q.text, pending: true,
      failed: Boolean(q.failed), author: { type: "customer", name: null }, sent_at: q.at, order: q.order || 0 });
  }

  function send() {
    const text = field.value.trim();
    if (!text) return;
    if ([...text].length > TEXT_MAX) { say(word("toolong")); return; }
    const waiting = queue();
    const q = { id: newId(), text, at: new Date().toISOString(), order: waiting.length };
    remember("queue", [...waiting, q]);
    field.value = "";
    grow();
    showPending(q);
    arrange();
    toBottom();
    flush();
  }

  function sendAgain(m) {
    remember("queue", queue().map((q) => (q.id === m.client_message_id ? { ...q, failed: false } : q)));
    restoreQueue();
    flush();
  }

  /* One tab sends at a time; an id that has arrived arrives once anyway. */
  function flush() {
    if (state.flushing || !queue().some((q) => !q.failed)) return;
    state.flushing = true;
    clearTimeout(state.flushTimer);
    const work = () => sendQueue().finally(() => { state.flushing = false; });
    const locks = navigator.locks;
    (locks ? locks.request(storeName("queue"), work) : work()).catch(() => {});
  }

  async function sendQueue() {
    for (let next = firstWaiting(); next; next = firstWaiting()) {
      try {
        const answer = await ask("POST", "/messages", { client_message_id: next.id, text: next.text,
          locale: language, page: pageAddress() });
        settle(next, answer.message);
      } catch (problem) {
        if (problem.status === 409) settle(next, null);
        else if (problem.status === 422 || problem.status === 413) fail(next);
        else { trouble(problem); return flushLater(problem); }
      }
    }
    if (!state.stream) connect();
    return undefined;
  }

  const firstWaiting = () => queue().find((q) => !q.failed);
  const without = (id) => queue().filter((q) => q.id !== id);
  const pageAddress = () => (location.origin + location.pathname).slice(0, 2000);

  function settle(q, message) {
    remember("queue", without(q.id));
    state.flushTries = 0;
    calm();
    if (message) take([message]);
    else catchUp();
  }
  function fail(q) {
    remember("queue", queue().map((o) => (o.id === q.id ? { ...o, failed: true } : o)));
    restoreQueue();
  }
  function flushLater(problem) {
    if (state.ended) return;
    const wait = problem.wait || RETRY_MS[Math.min(state.flushTries++, RETRY_MS.length - 1)];
    clearTimeout(state.flushTimer);
    state.flushTimer = setTimeout(flush, wait);
  }

  function tellTyping() {
    const now = Date.now();
    if (!state.session || !field.value || now - state.typingSentAt < TYPING_SENT_MS) return;
    state.typingSentAt = now;
    call("POST", "/typing", { typing: true }).catch(() => {});
  }

  function grow() {
    field.style.blockSize = "44px";
    field.style.blockSize = `${Math.min(field.scrollHeight + 2, 134)}px`;
    sender.setAttribute("aria-disabled", String(!field.value.trim()));
  }

  /* ---- who is typing ---- */

  let typingTimer = 0;
  function showTyping(t) {
    clearTimeout(typingTimer);
    if (!t.typing) return hideTyping();
    const name = t.author.type === "bot" ? word("assistant") : t.author.name || company;
    const stay = !atBottom();
    typing.hidden = false;
    typing.lastChild.textContent = word("typing", { name });
    typingTimer = setTimeout(hideTyping, TYPING_SHOWN_MS[t.author.type] || TYPING_SHOWN_MS.agent);
    arrange();
    if (!stay) toBottom();
    return undefined;
  }
  function hideTyping() {
    clearTimeout(typingTimer);
    typing.hidden = true;
    typing.lastChild.textContent = "";
  }

  /* ---- what was read ---- */

  const isUnread = (m) => m.direction === "out" && m.status !== "read" &&
    !(state.readUpto && timeOf(m) <= state.readUpto) && timeOf(m) > recall("read", 0);

  function updateUnread() {
    const unread = ordered().filter(isUnread);
    if (state.isOpen && !document.hidden && unread.length && atBottom()) return markRead(unread.pop());
    const n = unread.length;
    badge.textContent = n > 9 ? "9+" : String(n);
    badge.hidden = n === 0 || state.isOpen;
    const name = word(state.isOpen ? "close" : "open");
    launcher.setAttribute("aria-label", n && !state.isOpen ? `${name}, ${word("unread", { n })}` : name);
    return undefined;
  }

  function markRead(newest) {
    state.readUpto = timeOf(newest);
    remember("read", state.readUpto);
    jump.hidden = true;
    ask("POST", "/read", { message_id: newest.id }).catch(() => {});
    updateUnread();
  }

  /* ---- opening and closing ---- */

  const isPhone = () => matchMedia("(max-width: 480px), (max-height: 480px)").matches;
  const atBottom = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  function toBottom() { scroll.scrollTop = scroll.scrollHeight; jump.hidden = true; }

  let pageOverflow = null;
  function lockPage(lock) {
    const style = document.documentElement.style;
    if (lock && pageOverflow === null) { pageOverflow = style.overflow; style.overflow = "hidden"; }
    if (!lock && pageOverflow !== null) { style.overflow = pageOverflow; pageOverflow = null; }
  }

  function fit() {
    const view = window.visualViewport;
    if (view) {
      root.style.setProperty("--height", `${view.height}px`);
      root.style.setProperty("--top", `${view.offsetTop}px`);
    }
    lockPage(state.isOpen && isPhone());
    panel.setAttribute("aria-modal", String(state.isOpen && isPhone()));
    if (state.isOpen && atBottom()) toBottom();
  }

  function open(options = {}) {
    if (!state.isOpen) {
      state.isOpen = true;
      panel.hidden = false;
      root.classList.add("opened");
      launcher.setAttribute("aria-expanded", "true");
      try { sessionStorage.setItem(storeName("open"), "1"); } catch { /* not kept */ }
      arrange();
      fit();
      toBottom();
      connect();
      updateUnread();
    }
    if (!options.quiet) (isPhone() ? closer : field).focus();
  }

  function close(options = {}) {
    if (!state.isOpen) return;
    state.isOpen = false;
    panel.hidden = true;
    root.classList.remove("opened");
    launcher.setAttribute("aria-expanded", "false");
    try { sessionStorage.removeItem(storeName("open")); } catch { /* was not kept */ }
    fit();
    updateUnread();
    if (!options.quiet) launcher.focus();
  }

  /* A full-screen dialog keeps the focus. */
  function keepFocus(event) {
    if (event.key === "Escape") { event.stopPropagation(); close(); return; }
    if (event.key !== "Tab" || !isPhone()) return;
    const stops = [...panel.querySelectorAll("button, a[href], textarea, [tabindex='0']")]
      .filter((e) => e.offsetParent !== null);
    const first = stops[0], last = stops[stops.length - 1], now = shadow.activeElement;
    const wrap = event.shiftKey ? now === first || now === panel : now === last;
    if (!wrap) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }

  /* ---- commands of the page ---- */

  async function identify(identity) {
    state.identity = identity || null;
    if (!state.token && !state.isOpen) return;
    disconnect();
    state.session = null;
    state.ended = false;
    try {
      await openSession();
      if (state.refused) throw state.refused;
    } finally {
      connect();
    }
  }

  /* The next one at this browser sees nothing of the last one. */
  async function logout() {
    disconnect();
    const token = state.token;
    remember("token", null);
    remember("queue", null);
    remember("read", null);
    if (token) await call("POST", "/end", {}).catch(() => {});
    Object.assign(state, { token: null, session: null, identity: null, more: false });
    forgetMessages();
    updateUnread();
    if (state.isOpen) connect();
  }

  const commands = { open, close, identify, logout };
  function command(...words) {
    if (words[0] === settings.channel) words.shift();
    const found = Object.hasOwn(commands, words[0]) ? commands[words[0]] : null;
    if (!found) return Promise.reject(new Error(`Redthread: no such command: ${words[0]}`));
    return Promise.resolve().then(() => found(words[1]));
  }
  command.channel = settings.channel;
  window.Redthread = command;

  /* ---- beginning ---- */

  function attach() {
    launcher.addEventListener("click", () => (state.isOpen ? close() : open()));
    closer.addEventListener("click", () => close());
    earlier.addEventListener("click", showEarlier);
    jump.addEventListener("click", () => { toBottom(); updateUnread(); });
    panel.addEventListener("keydown", keepFocus);
    scroll.addEventListener("scroll", () => { if (atBottom()) updateUnread(); }, { passive: true });
    field.addEventListener("input", () => { grow(); tellTyping(); });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      send();
    });
    compose.addEventListener("submit", (event) => { event.preventDefault(); send(); field.focus(); });
    window.addEventListener("online", () => { state.streamTries = 0; connect(); flush(); });
    window.addEventListener("offline", offline);
    window.addEventListener("resize", fit);
    window.addEventListener("storage", hearOtherTab);
    document.addEventListener("visibilitychange", comeAndGo);
    if (window.visualViewport) {
      visualViewport.addEventListener("resize", fit);
      visualViewport.addEventListener("scroll", fit);
    }
  }

  function hearOtherTab(event) {
    if (event.key === storeName("queue")) restoreQueue();
    if (event.key === storeName("read")) updateUnread();
    if (event.key !== storeName("token") || recall("token", null) === state.token) return;
    disconnect();
    state.session = null;
    state.token = recall("token", null);
    forgetMessages();
    if (state.token) connect();
  }

  /* A page nobody looks at gives its connection back; browsers have few for one site. */
  function comeAndGo() {
    clearTimeout(state.hiddenTimer);
    if (document.hidden) state.hiddenTimer = setTimeout(disconnect, HIDDEN_MS);
    else if (state.token || state.isOpen) { state.streamTries = 0; connect(); updateUnread(); flush(); }
  }

  function wasOpen() {
    try { return sessionStorage.getItem(storeName("open")) === "1"; } catch { return false; }
  }

  function begin() {
    dress();
    attach();
    document.body.append(host);
    if (script.dataset.jwt) state.identity = { jwt: script.dataset.jwt };
    restoreQueue();
    updateUnread();
    for (const words of early) command(...words).catch(() => {});
    if (state.token) connect();
    if ("open" in script.dataset || (wasOpen() && !isPhone())) open({ quiet: true });
  }

  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})
