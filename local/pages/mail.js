import { ask, h } from "./shared.js";

const at = (id) => document.getElementById(id);
let letters = [];
let open = decodeURIComponent(location.hash.slice(1));
let seen = "";

function row(letter) {
  const choose = () => { open = letter.id; location.hash = letter.id; draw(); };
  return h("button", { class: "row", "aria-current": letter.id === open ? "true" : null, onclick: choose },
    h("b", {}, letter.subject), h("span", {}, `${letter.from} → ${letter.to}`),
    h("span", { class: "dim" }, new Date(letter.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })));
}

function parts(letter) {
  const html = letter.html && h("iframe", { title: "HTML part", sandbox: "", src: `/letter/${encodeURIComponent(letter.id)}` });
  return [
    h("h2", {}, letter.subject),
    h("p", { class: "context" }, h("span", {}, `From ${letter.from}`), h("span", {}, `to ${letter.to}`)),
    letter.customer && doings(letter),
    h("h3", {}, "Text"), h("pre", { class: "text" }, letter.text),
    html && h("h3", {}, "HTML"), html,
    letter.headers.length && h("h3", {}, "Headers"),
    letter.headers.length && h("dl", {}, ...letter.headers.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
  ];
}

function doings(letter) {
  const said = h("textarea", { rows: 3, "aria-label": "What the customer answers", placeholder: "What the customer answers" });
  const done = h("p", { class: "context", role: "status" });
  const act = (what) => async () => {
    done.textContent = "…";
    const answer = await ask("mail/do", { id: letter.id, what, text: said.value });
    done.textContent = answer.done ?? answer.error;
  };
  const button = (what, name, kind = "") => h("button", { class: `button ${kind}`, "data-what": what, onclick: act(what) }, name);
  return h("div", { class: "doings" }, said,
    h("div", { class: "actions" }, button("reply", "Answer as the customer", "primary"), button("out_of_office", "Out of office"),
      button("Bounce", "Bounce"), button("Complaint", "Complain"), button("unsubscribe", "Unsubscribe")), done);
}

function draw() {
  const which = at("which").value;
  const shown = letters.filter((letter) => which === "all" || letter.customer);
  at("list").replaceChildren(...(shown.length ? shown.map(row) : [h("p", { class: "empty" }, "No mail to customers yet: before go-live everything is a draft.")]));
  const letter = letters.find((one) => one.id === open);
  at("letter").replaceChildren(...(letter ? parts(letter).filter(Boolean) : [h("p", { class: "empty" }, "Choose a mail.")]));
}

async function look() {
  const found = await ask("mail", {});
  const mark = found.map((letter) => letter.id).join();
  if (mark === seen) return;
  seen = mark;
  const arrived = letters.length > 0;
  letters = found;
  if (!arrived) draw();
  else { const typed = document.activeElement?.tagName === "TEXTAREA"; if (!typed) draw(); }
}

at("which").addEventListener("change", draw);
draw();
await look();
setInterval(look, 1000);
