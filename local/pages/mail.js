import { ask, h } from "./shared.js";

const LINK = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/;
const FRAME = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"; // no scripts: it is only measured
const SHORT = 36; // so many letters of an address fit beside each other on a phone
const at = (id) => document.getElementById(id);
const notes = {};
let letters = [];
let open = chosen();
let seen = "";

function chosen() {
  return decodeURIComponent(location.hash.slice(1));
}

const choose = (id) => () => { location.hash = encodeURIComponent(id); };
const found = (id) => letters.find((one) => one.id === id);

// The name before an address, else the address.
function called(from) {
  const [, name, only] = from.match(/^"?([^"<]*?)"?\s*<(.*)>$/) ?? [null, "", from];
  return name || only;
}

// An address that breaks after its @, if it must.
function address(text) {
  const [, who, where] = text.match(/^(.*@)([^@]*)$/) ?? [null, "", text];
  return h("span", {}, who, h("wbr"), h("span", { class: where.length > SHORT ? null : "whole" }, where));
}

function row(letter) {
  return h("button", { class: "row", "data-id": letter.id, "aria-current": letter.id === open ? "true" : null, onclick: choose(letter.id) },
    h("b", {}, letter.subject), h("span", {}, "to ", address(letter.to)),
    h("span", { class: "dim" }, `${called(letter.from)} · ${new Date(letter.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`));
}

function parts(letter) {
  return [
    h("button", { class: "button back", onclick: choose("") }, "← All mails"),
    h("h2", { tabindex: "-1" }, letter.subject),
    h("p", { class: "context" }, h("span", {}, "From ", address(letter.from)), h("span", {}, "to ", address(letter.to))),
    h("pre", { class: "text" }, ...linked(letter.text)),
    letter.customer && doings(letter),
    letter.html && h("h3", {}, "The same as HTML"), letter.html && frame(letter),
    letter.headers.length && h("details", {}, h("summary", {}, "Headers"),
      h("dl", {}, ...letter.headers.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))),
  ];
}

function linked(text) {
  return text.split(LINK).map((part, n) => (n % 2 ? h("a", { href: part, target: "_blank", rel: "noreferrer" }, part) : part));
}

function frame(letter) {
  const shown = h("iframe", { title: "HTML part", sandbox: FRAME, src: `/letter/${encodeURIComponent(letter.id)}` });
  shown.addEventListener("load", () => {
    shown.style.height = `${shown.contentDocument.documentElement.scrollHeight + 2}px`;
    for (const link of shown.contentDocument.links) link.target = "_blank";
  });
  return shown;
}

function doings(letter) {
  const said = h("textarea", { rows: 3, "aria-label": "What the customer answers", placeholder: "What the customer answers" });
  const act = (what) => async () => {
    if (what === "reply" && !said.value.trim()) {
      note(letter, "Write the answer first.");
      said.focus();
      return;
    }
    const before = found(letter.id).passed_on.length;
    note(letter, "Telling the product …");
    busy(true);
    const answer = await ask("mail/do", { id: letter.id, what, text: said.value })
      .catch(() => ({ error: "The product did not take it; the log of the local AWS says why." }));
    busy(false);
    if (what === "reply" && answer.done) said.value = "";
    note(letter, answer.done ?? answer.error, answer.then && { before, said: answer.then });
    await look();
  };
  const button = (what, name, kind = "") => h("button", { class: `button ${kind}`, "data-what": what, onclick: act(what) }, name);
  return h("div", { class: "doings" }, said,
    h("div", { class: "actions" }, button("reply", "Answer as the customer", "primary"), button("out_of_office", "Out of office"),
      button("Bounce", "Bounce"), button("Complaint", "Complain"), button("unsubscribe", "Unsubscribe")),
    h("p", { class: "note", id: "note", role: "status" }), h("ul", { class: "passed", id: "passed" }));
}

function busy(is) {
  for (const one of at("letter").querySelectorAll(".doings button")) one.disabled = is;
}

// What came of the last press; `then` is said instead once the product has passed one mail more on.
function note(letter, said, then = null) {
  notes[letter.id] = { said, then };
  told();
}

function told() {
  const letter = found(open);
  if (!letter?.customer) return;
  const { said, then } = notes[open] ?? { said: "" };
  const now = then && letter.passed_on.length > then.before ? then.said : said;
  if (at("note").textContent !== now) at("note").textContent = now;
  if (at("passed").childElementCount === letter.passed_on.length) return;
  at("passed").replaceChildren(...letter.passed_on.map(found).filter(Boolean).map((one) => h("li", {}, "Passed on to ", address(one.to), ": ",
    h("a", { href: `#${encodeURIComponent(one.id)}` }, one.subject))));
}

function list() {
  const which = at("which").value;
  const shown = letters.filter((letter) => which === "all" || letter.customer);
  at("list").replaceChildren(...(shown.length ? shown.map(row) : [h("p", { class: "empty" }, "No mail to customers yet: before go-live everything is a draft.")]));
}

function show() {
  const letter = found(open);
  if (letter && !letter.customer) at("which").value = "all";
  at("desk").classList.toggle("reading", Boolean(letter));
  list();
  at("letter").replaceChildren(...(letter ? parts(letter).filter(Boolean) : [h("p", { class: "empty" }, "Choose a mail.")]));
  told();
}

async function look() {
  const answer = await ask("mail", {});
  const mark = answer.map((letter) => letter.id).join();
  if (mark === seen) return;
  seen = mark;
  const before = found(open);
  letters = answer;
  // A letter that is open stays as it is: somebody may be writing its answer.
  if (before) { list(); told(); } else show();
}

addEventListener("hashchange", () => {
  const before = open;
  open = chosen();
  show();
  scrollTo(0, 0);
  (at("letter").querySelector("h2") ?? at("list").querySelector(`[data-id="${CSS.escape(before)}"]`))?.focus({ preventScroll: true });
});
at("which").addEventListener("change", list);
show();
await look();
setInterval(look, 1000);
