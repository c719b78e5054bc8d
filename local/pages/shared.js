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
  [/<!date\^\d+\^[^|>]*\|([^>]+)>/, (m) => m[1]],
  [/<@([A-Z0-9]+)>/, (m, names) => h("b", {}, "@" + (names[m[1]] ?? m[1]))],
  [/(?<![\w*])\*([^*\n]+)\*(?![\w*])/, (m, names) => h("b", {}, ...mrkdwn(m[1], names))],
  [/(?<!\w)_([^_\n]+)_(?!\w)/, (m, names) => h("i", {}, ...mrkdwn(m[1], names))],
  [/(?<!\w)~([^~\n]+)~(?!\w)/, (m, names) => h("s", {}, ...mrkdwn(m[1], names))],
  [/`([^`\n]+)`/, (m) => h("code", {}, m[1])],
];

// Slack's mrkdwn as nodes: links, people, bold, italic, struck out, code, quotes and line ends.
export function mrkdwn(text, names = {}) {
  const first = MARKS.map(([mark, make]) => [text.match(mark), make]).filter(([found]) => found);
  if (!first.length) return [plain(text)];
  const [found, make] = first.reduce((a, b) => (b[0].index < a[0].index ? b : a));
  const after = text.slice(found.index + found[0].length);
  return [plain(text.slice(0, found.index)), make(found, names), ...(after ? mrkdwn(after, names) : [])];
}

export function plain(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

export function moment(seconds) {
  return new Date(seconds * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}
