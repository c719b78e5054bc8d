import { ask, emoji, h, moment, mrkdwn, plain } from "./shared.js";

const at = (id) => document.getElementById(id);
const names = {};
let user = new URLSearchParams(location.search).get("user") ?? "";
let channel = "";
let onHome = location.pathname === "/home";
let seen = {};
let shownView = null;

function text(object) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text, names) : emoji(object.text);
}

function element(block, one, where) {
  const press = (more) => pressed(one, { ...action(one), ...more }, block, where);
  if (one.type === "button") {
    const kind = one.style ? `button ${one.style}` : "button";
    if (one.url) return h("a", { class: kind, href: one.url, target: "_blank", rel: "noreferrer" }, ...text(one.text));
    return h("button", { class: kind, "data-action": one.action_id, onclick: () => press({ value: one.value }) }, ...text(one.text));
  }
  if (one.type === "static_select" || one.type === "overflow") {
    const options = (one.options ?? []).concat((one.option_groups ?? []).flatMap((group) => group.options));
    const choose = (event) => {
      const chosen = options[event.target.value];
      event.target.value = "";
      if (chosen) press({ selected_option: chosen });
    };
    const hint = one.placeholder ? plain(one.placeholder.text) : "…";
    return h("select", { "data-action": one.action_id, "aria-label": hint, onchange: choose },
      h("option", { value: "" }, hint), ...options.map((option, index) => h("option", { value: index }, ...text(option.text))));
  }
  if (one.type === "image") return h("span", { class: "dim" }, one.alt_text);
  return h("code", { class: "dim" }, `${one.type}: not drawn here`);
}

const action = (one) => ({ type: one.type, action_id: one.action_id, text: one.text });

const KINDS = {
  header: (block) => h("h3", {}, ...text(block.text)),
  divider: () => h("hr"),
  section: (block, where) => h("div", { class: "section" },
    h("div", {}, block.text && h("p", { class: "said" }, ...text(block.text)),
      block.fields && h("div", { class: "fields" }, ...block.fields.map((field) => h("p", { class: "said" }, ...text(field))))),
    block.accessory && element(block, block.accessory, where)),
  context: (block, where) => h("p", { class: "context" },
    ...block.elements.map((one) => h("span", {}, ...(one.text && one.type !== "image" ? text(one) : [element(block, one, where)])))),
  actions: (block, where) => h("div", { class: "actions" }, ...block.elements.map((one) => element(block, one, where))),
  input: (block) => input(block),
};

function input(block) {
  const one = block.element;
  const label = plain(block.label.text);
  const id = `${block.block_id}/${one.action_id}`;
  const common = { id, "data-block": block.block_id, "data-action": one.action_id, "data-type": one.type };
  const field = one.type === "static_select"
    ? h("select", common, ...one.options.map((option) => h("option", { value: JSON.stringify(option), selected: option.value === one.initial_option?.value }, ...text(option.text))))
    : h(one.multiline ? "textarea" : "input", { ...common, rows: one.multiline ? 12 : null, type: one.type === "datepicker" ? "date" : null, maxlength: one.max_length });
  if (one.type !== "static_select") field.value = one.initial_value ?? one.initial_date ?? "";
  return h("div", { class: "input" }, h("label", { for: id }, label, block.optional && h("span", { class: "dim" }, " (optional)")),
    field, block.hint && h("p", { class: "context" }, ...text(block.hint)),
    h("p", { class: "error", role: "alert", "data-error": block.block_id, hidden: true }));
}

function blocks(found, where) {
  return found.map((block) => (KINDS[block.type] ? KINDS[block.type](block, where) : h("code", { class: "dim" }, `${block.type}: not drawn here`)));
}

function card(message) {
  const where = { ts: message.ts };
  const body = message.blocks ? blocks(message.blocks, where) : [h("p", { class: "said" }, ...mrkdwn(message.text ?? "", names))];
  return h("article", { class: "card", "data-ts": message.ts },
    h("p", { class: "byline" }, h("b", {}, "Health Monitor"), h("span", { class: "dim" }, ` ${moment(Number(message.ts.split(".")[0]))}`),
      message.edited && h("span", { class: "dim" }, " (edited)")),
    ...body);
}

async function pressed(one, said, block, where) {
  if (one.confirm && !(await sure(one.confirm))) return;
  told(await ask("press", { user, action: said, block_id: block.block_id ?? "", ...where }));
  await look();
}

function sure(confirm) {
  const dialog = at("confirm");
  return new Promise((answer) => {
    const close = (said) => () => { dialog.close(); answer(said); };
    dialog.replaceChildren(h("h3", { id: "confirm-title" }, ...text(confirm.title)), h("p", {}, ...text(confirm.text)),
      h("div", { class: "actions end" }, h("button", { class: "button", onclick: close(false) }, ...text(confirm.deny ?? { text: "Cancel" })),
        h("button", { class: `button ${confirm.style ?? "primary"}`, onclick: close(true) }, ...text(confirm.confirm ?? { text: "Yes" }))));
    dialog.oncancel = () => answer(false);
    dialog.showModal();
  });
}

function told(answer) {
  at("trouble").hidden = !answer.trouble;
  at("trouble").textContent = answer.trouble ?? "";
}

async function submit() {
  const values = {};
  for (const field of at("modal").querySelectorAll("[data-block]")) {
    const { block, action: name, type } = field.dataset;
    const said = type === "static_select" ? { selected_option: JSON.parse(field.value) } : type === "datepicker" ? { selected_date: field.value || null } : { value: field.value || null };
    values[block] = { ...(values[block] ?? {}), [name]: { type, ...said } };
  }
  const answer = await ask("submit", { user, values });
  const errors = answer.errors ?? {};
  for (const place of at("modal").querySelectorAll("[data-error]")) {
    place.textContent = errors[place.dataset.error] ?? "";
    place.hidden = !errors[place.dataset.error];
  }
  const trouble = at("modal-trouble");
  if (trouble) { trouble.hidden = !answer.trouble; trouble.textContent = answer.trouble ?? ""; }
  if (!Object.keys(errors).length && !answer.trouble) await look();
}

function modal(view) {
  const dialog = at("modal");
  const mark = view ? `${view.id} ${view.hash}` : null;
  if (mark === shownView) return;
  shownView = mark;
  if (!view) { if (dialog.open) dialog.close(); return; }
  const close = async () => { await ask("close", { user }); await look(); };
  dialog.replaceChildren(h("h2", { id: "modal-title" }, ...text(view.title)),
    h("p", { id: "modal-trouble", class: "trouble", role: "alert", hidden: true }),
    ...blocks(view.blocks, {}),
    h("div", { class: "actions end" }, h("button", { class: "button", onclick: close }, ...(view.close ? text(view.close) : ["Cancel"])),
      view.submit && h("button", { class: "button primary", id: "modal-submit", onclick: submit }, ...text(view.submit))));
  dialog.oncancel = (event) => { event.preventDefault(); close(); };
  if (!dialog.open) dialog.showModal();
  const written = dialog.querySelector("textarea") ?? dialog.querySelector("input:not([type])");
  written?.setSelectionRange(0, 0);
  written?.focus();
  written?.scrollTo(0, 0);
}

function changed(name, value) {
  const mark = JSON.stringify(value);
  const is = seen[name] !== mark;
  seen[name] = mark;
  return is;
}

function channels(messages) {
  const found = [...new Set(messages.map((message) => message.channel))];
  if (!changed("channels", found)) return;
  at("pick").hidden = found.length < 2;
  channel = found.includes(channel) ? channel : found[0] ?? "";
  at("which").replaceChildren(...found.map((name) => h("option", { value: name, selected: name === channel }, name)));
}

async function look() {
  const state = await ask("state", { user });
  if (changed("people", state.people ?? [])) people(state.people ?? []);
  if (state.error) return;
  channels(state.messages);
  const here = state.messages.filter((message) => message.channel === channel);
  if (changed("messages", here)) {
    at("channel").replaceChildren(...(here.length ? here.toReversed().map(card) : [h("p", { class: "empty" }, "Nothing has been posted yet.")]));
  }
  if (changed("home", state.home)) {
    at("home").replaceChildren(...(state.home ? blocks(state.home.blocks, { home: true }) : [h("p", { class: "empty" }, "The app has not set this page yet.")]));
  }
  if (changed("whispers", state.whispers)) {
    at("whispers").replaceChildren(...state.whispers.slice(-3).map((said) => h("p", {}, h("span", { class: "dim" }, "Only you can see this: "), ...mrkdwn(said, names))));
  }
  modal(state.view);
}

function people(found) {
  for (const person of found) names[person.id] = person.name;
  user = found.some((person) => person.id === user) ? user : found[0]?.id ?? "";
  at("who").replaceChildren(...found.map((person) => h("option", { value: person.id, selected: person.id === user }, `${person.name}, ${person.role}`)));
}

async function show(home) {
  onHome = home;
  at("tab-home").setAttribute("aria-selected", home);
  at("tab-channel").setAttribute("aria-selected", !home);
  at("home").hidden = !home;
  at("channel").hidden = home;
  if (home) told(await ask("home", { user }));
  await look();
}

// As in Slack, a dialog does not outlive its page.
async function drop() {
  await ask("close", { user });
}

at("who").addEventListener("change", async (event) => { user = event.target.value; told({}); await drop(); await show(onHome); });
at("which").addEventListener("change", async (event) => { channel = event.target.value; await look(); });
at("tab-channel").addEventListener("click", () => show(false));
at("tab-home").addEventListener("click", () => show(true));
await look();
await drop();
await show(onHome);
setInterval(look, 1000);
