// Small helpers of both pages. Text is only ever set as text: what customers and vendors wrote is no HTML of ours.

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

export async function ask(name, said) {
  const answer = await fetch(`/desk/${name}`, { method: "POST", body: JSON.stringify(said) });
  return answer.json();
}

const MARKS = [
  [/<(https?:\/\/[^|>]+)\|([^>]+)>/, (m) => h("a", { href: m[1], target: "_blank", rel: "noreferrer" }, m[2])],
  [/<(https?:\/\/[^>]+)>/, (m) => h("a", { href: m[1], target: "_blank", rel: "noreferrer" }, m[1])],
  [/<!date\^(\d+)\^([^|>^]*)[^|>]*\|([^>]+)>/, (m) => dated(Number(m[1]), m[2])],
  [/:([a-z][a-z0-9_+-]+):/, (m) => badge(m[1])],
  [/🚩/u, () => badge("triangular_flag_on_post")],
  [/<@([A-Z0-9]+)>/, (m, names) => h("b", {}, "@" + (names[m[1]] ?? m[1]))],
  [/(?<![\w*])\*([^*\n]+)\*(?![\w*])/, (m, names) => h("b", {}, ...inline(m[1], names))],
  [/(?<!\w)_([^_\n]+)_(?!\w)/, (m, names) => h("i", {}, ...inline(m[1], names))],
  [/(?<!\w)~([^~\n]+)~(?!\w)/, (m, names) => h("s", {}, ...inline(m[1], names))],
  [/`([^`\n]+)`/, (m) => h("code", {}, m[1])],
];

const FLAG = "triangular_flag_on_post";

// An emoji as a small badge: where no emoji font is, a box would stand.
function badge(name) {
  return h("span", { class: name === FLAG ? "badge flag" : "badge", title: `:${name}:` }, name === FLAG ? "flag" : name.replaceAll("_", " "));
}

// A moment in the reader's own time, as Slack writes it in this form.
export function dated(seconds, form) {
  const at = new Date(seconds * 1000);
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86400000);
  const near = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
  const day = near ?? at.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short", year: "numeric" });
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return form.replace(/\{date[a-z_]*\}/, day).replace("{time}", time);
}

// Slack's mrkdwn as nodes; lines that begin with > stand behind a bar.
export function mrkdwn(text, names = {}) {
  const parts = text.split(/((?:^>.*(?:\n|$))+)/m).filter((part) => part);
  return parts.flatMap((part) => (part.startsWith(">")
    ? [h("blockquote", {}, ...inline(part.replace(/\n$/, "").replace(/^> ?/gm, ""), names))] : inline(part, names)));
}

// Within a line: links, people, moments, emoji, bold, italic, struck out and code.
function inline(text, names) {
  const first = MARKS.map(([mark, make]) => [text.match(mark), make]).filter(([found]) => found);
  if (!first.length) return [plain(text)];
  const [found, make] = first.reduce((a, b) => (b[0].index < a[0].index ? b : a));
  const after = text.slice(found.index + found[0].length);
  return [plain(text.slice(0, found.index)), make(found, names), ...(after ? inline(after, names) : [])];
}

// Plain text of Slack's, emoji included.
export function emoji(text) {
  return plain(text).split("🚩").flatMap((part, n) => (n ? [badge(FLAG), part] : [part]));
}

export function plain(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

export function moment(seconds) {
  return new Date(seconds * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}
