/** The page behind /admin: shows what Server-Sent Events tell, and asks for faults. */

/** Most entries that are kept, and most rows that are shown. */
const maxKept = 2_000;
const maxRows = 300;
/** Least time from one drawing of traffic to the next, in milliseconds: nobody reads faster. */
const drawEveryMs = 200;
/** Most connections and groups that are shown. */
const maxCards = 200;
const maxChips = 200;
/** Most characters of a name, and most groups of one connection, that its card shows. */
const maxName = 80;
const maxOwnGroups = 12;
/** What is only shown on demand, unless it failed. */
const quietTypes = new Set(["ack", "ping", "pong", "sequenceAck", "streamAck", "streamKeepAlive"]);

const $ = (id) => document.getElementById(id);
const live = $("live");
const filter = $("filter");
const quiet = $("quiet");
const pause = $("pause");
const traffic = $("traffic");

/** An element with a class and children; text is never read as HTML. */
function element(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children);
  return made;
}

function button(text, name, press) {
  const made = element("button", name, text);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

/** Sets a text only where it has changed: what a reader has selected stays so. */
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** A name of which there may be more than fits. */
function short(name) {
  return name.length > maxName ? `${name.slice(0, maxName)}…` : name;
}

/** Most characters of a connection id that tell a user's connections apart. */
const maxId = 5;
/** Ids of the connections that were seen, by hub and user. */
const idsOf = new Map();

/** Notes a connection. @returns whether it is the second one of its user: from now on their ids are shown too. */
function meet(hub, userId, connectionId) {
  if (userId == null || connectionId === undefined) return false;
  const key = `${hub} ${userId}`;
  const ids = idsOf.get(key) ?? new Set();
  idsOf.set(key, ids);
  if (ids.size > 1 || ids.has(connectionId)) return false;
  ids.add(connectionId);
  return ids.size === 2;
}

/** Who a connection belongs to, with the beginning of its id where its user has others. */
function nameOf(hub, userId, connectionId) {
  const name = short(userId ?? connectionId ?? "a client");
  return idsOf.get(`${hub} ${userId}`)?.size > 1 ? `${name} · ${connectionId.slice(0, maxId)}` : name;
}

/** Such as `in news, sports and 3 more`. */
function groupsText(groups) {
  if (groups.length === 0) return "";
  const rest = groups.length - maxOwnGroups;
  const named = groups.slice(0, maxOwnGroups).map(short).join(", ");
  return `in ${named}${rest > 0 ? ` and ${rest} more` : ""}`;
}

// Traffic

/** Newest first. */
let entries = [];
/** What came since the last drawing, and what came since the pause; oldest first. */
let fresh = [];
let held = [];
let paused = false;
let severalHubs = false;
let drawing = false;
let drawnAt = 0;

function searchable(entry) {
  return Object.values({ ...entry, at: "", bytes: "" })
    .join(" ")
    .toLowerCase();
}

function isShown(entry) {
  if (!quiet.checked && quietTypes.has(entry.type) && !entry.failed) return false;
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = searchable(entry);
  return words.every((word) => text.includes(word));
}

function time(at) {
  const date = new Date(at);
  const two = (n) => String(n).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

const ways = {
  in: { sign: "in", says: "from the client" },
  out: { sign: "out", says: "to the client" },
  note: { sign: "", says: "about the connection" },
};

function row(entry) {
  const way = ways[entry.direction];
  const arrow = element("span", `way ${entry.direction}`, way.sign);
  arrow.title = way.says;
  const name = nameOf(entry.hub, entry.userId, entry.connectionId);
  const who = entry.connectionId
    ? button(name, "link who", () => filterBy(entry.connectionId))
    : element("span", "who", name);
  who.title = `hub ${entry.hub}${entry.connectionId ? `, connection ${entry.connectionId}: press to show its traffic` : ""}`;
  // The keyboard reaches the same by the list of connections, without a stop at every row.
  who.tabIndex = -1;
  const type = element("span", entry.failed ? "type bad" : "type", entry.type);
  const what = element("span", "what");
  if (severalHubs && entry.hub) what.append(element("span", "key", `${entry.hub} › `));
  const keys = { group: "group", event: "event", streamId: "stream", invocationId: "invocation" };
  for (const [key, label] of Object.entries(keys)) {
    if (entry[key] !== undefined) what.append(element("span", "key", `${label} `), short(entry[key]), " ");
  }
  if (entry.ackId !== undefined) what.append(element("span", "key", `ack ${entry.ackId} `));
  if (entry.sequenceId !== undefined) what.append(element("span", "key", `seq ${entry.sequenceId} `));
  if (entry.held) what.append(element("span", "warn", "waits for recovery "));
  if (entry.text) what.append(element("span", "payload", entry.text));
  what.title = entry.text ?? "";
  const bytes = element("span", "bytes dim", entry.bytes === undefined ? "" : `${entry.bytes} B`);
  return element("li", "", element("span", "time dim mono", time(entry.at)), arrow, who, type, what, bytes);
}

function showEmpty() {
  $("no-traffic").hidden = traffic.childElementCount > 0;
  $("no-traffic").textContent =
    entries.length > 0 ? "Nothing fits the filter." : "Nothing has happened since this page was opened.";
}

/** Draws what is new, all at once however often something comes. */
function draw() {
  drawing = false;
  drawnAt = performance.now();
  if (fresh.length === 0) return;
  const rows = fresh.filter(isShown).slice(-maxRows).reverse().map(row);
  entries = [...fresh.reverse(), ...entries].slice(0, maxKept);
  fresh = [];
  for (let left = traffic.childElementCount + rows.length; left > maxRows; left--) {
    if (traffic.lastElementChild === null) break;
    traffic.lastElementChild.remove();
  }
  traffic.prepend(...rows);
  showEmpty();
}

/** Also takes what a page in the background, which draws nothing, has received meanwhile. */
function add(more) {
  fresh = [...fresh, ...more].slice(-maxKept);
  if (drawing) return;
  drawing = true;
  setTimeout(() => requestAnimationFrame(draw), drawnAt + drawEveryMs - performance.now());
}

function showAll() {
  entries = [...fresh.reverse(), ...entries].slice(0, maxKept);
  fresh = [];
  traffic.replaceChildren(...entries.filter(isShown).slice(0, maxRows).map(row));
  showEmpty();
}

function received({ entries: more, skipped }) {
  if (skipped > 0) {
    const text = `${skipped} more before, too many at once to show`;
    more.unshift({ at: more[0].at, hub: "", direction: "note", type: "skipped", text, failed: true });
  }
  if (meetAll(more)) showAll();
  if (!paused) return add(more);
  held = [...held, ...more].slice(-maxKept);
  setText(pause, `Resume (${held.length})`);
}

/** @returns whether names that are shown have become others. */
function meetAll(connections) {
  return connections.filter(({ hub, userId, connectionId }) => meet(hub, userId, connectionId)).length > 0;
}

function filterBy(text) {
  filter.value = text;
  showAll();
}

filter.addEventListener("input", showAll);
quiet.addEventListener("change", showAll);
$("clear").addEventListener("click", () => {
  entries = [];
  fresh = [];
  showAll();
});
pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  setText(pause, paused ? "Resume" : "Pause");
  if (!paused) add(held.splice(0));
});

// Faults

async function call(method, body) {
  const problem = $("problem");
  try {
    const init = body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch("/admin/faults", { method, ...init });
    problem.hidden = response.ok;
    if (!response.ok) problem.textContent = `The service refused: ${await response.text()}`;
  } catch {
    problem.hidden = false;
    problem.textContent = "The service can't be reached.";
  }
}

$("reset").addEventListener("click", () => call("DELETE"));

// Connections and groups

/** By hub and connection id. */
const cards = new Map();
const chips = new Map();

function card(hub, connectionId) {
  const strike = (kind) => () => call("POST", { kind, filter: { hub, connectionId } });
  const name = button("", "link name", () => filterBy(connectionId));
  name.title = "Show the traffic of this connection";
  const parts = {
    name,
    status: element("span", "badge"),
    about: element("div", "about"),
    groups: element("div", "about"),
    window: element("div", "about counter"),
    cut: button("Cut", "", strike("cutTransports")),
    half: button("Half-open", "", strike("goHalfOpen")),
  };
  parts.cut.title = "Drop the TCP connection without a close frame";
  parts.half.title = "Keep the socket up, but read and send nothing any more";
  const item = element(
    "li",
    "",
    element("div", "row head", parts.name, parts.status),
    parts.about,
    parts.groups,
    parts.window,
    element("div", "row", parts.cut, parts.half),
  );
  return { item, parts, until: null };
}

function statusOf({ status, halfOpen, recoverableUntil }) {
  if (status === "waiting") {
    const seconds = Math.max(0, Math.ceil((recoverableUntil - Date.now()) / 1_000));
    return { text: `waiting, ${seconds} s left`, name: "badge warn" };
  }
  return halfOpen ? { text: "half-open", name: "badge bad" } : { text: "connected", name: "badge good" };
}

function showStatus({ connection, parts }) {
  const { text, name } = statusOf(connection);
  setText(parts.status, text);
  parts.status.className = name;
}

function update(shown, hub, connection) {
  const { connectionId, userId, subprotocol, status, halfOpen, groups, window: kept } = connection;
  const { parts } = shown;
  shown.connection = connection;
  const named = nameOf(hub, userId, connectionId);
  setText(parts.name, named);
  const speaks = subprotocol.replace(".webpubsub.azure.v1", "").replace(".", ", ") || "no subprotocol";
  setText(parts.about, [`hub ${hub}`, speaks, ...(userId === null ? [] : [connectionId])].join(" · "));
  setText(parts.groups, groupsText(groups));
  parts.groups.hidden = groups.length === 0;
  parts.cut.setAttribute("aria-label", `Cut ${named}`);
  parts.half.setAttribute("aria-label", `Half-open ${named}`);
  setText(parts.window, kept === null ? "" : `${kept.messages} of ${kept.maxMessages} unacknowledged`);
  parts.window.className =
    kept !== null && kept.messages * 2 > kept.maxMessages ? "about counter warn" : "about counter";
  parts.window.hidden = kept === null;
  parts.cut.disabled = status !== "connected";
  parts.half.disabled = status !== "connected" || halfOpen;
  showStatus(shown);
}

/** Elements of a list by key: those that stay keep the focus and a press that has begun. */
function keep(list, shown, wanted, make) {
  const keys = new Set(wanted.map(({ key }) => key));
  for (const [key, { item }] of shown) {
    if (keys.has(key)) continue;
    item.remove();
    shown.delete(key);
  }
  for (const { key, ...about } of wanted) {
    if (shown.has(key)) continue;
    const made = make(about);
    shown.set(key, made);
    list.append(made.item);
  }
}

function chip({ name }) {
  const press = button("", "", () => filterBy(name));
  press.title = "Show the traffic of this group";
  return { item: element("li", "", press), press };
}

/** Says how many of a list are left out. */
function showRest(target, left) {
  target.hidden = left <= 0;
  setText(target, `${left} more are not shown.`);
}

function showState({ hubs, faults }) {
  severalHubs = hubs.length > 1;
  const connections = hubs.flatMap(({ name: hub, connections: own }) =>
    own.map((connection) => ({ key: `${hub} ${connection.connectionId}`, hub, connection })),
  );
  const all = connections.map(({ hub, connection }) => ({ hub, ...connection }));
  if (meetAll(all)) showAll();
  const seen = connections.slice(0, maxCards);
  keep($("connections"), cards, seen, ({ hub, connection }) => card(hub, connection.connectionId));
  for (const { key, hub, connection } of seen) update(cards.get(key), hub, connection);
  setText($("connection-count"), String(connections.length));
  $("no-connections").hidden = connections.length > 0;
  showRest($("more-connections"), connections.length - seen.length);

  const groups = hubs.flatMap(({ name: hub, groups: own }) =>
    own.map((group) => ({ key: `${hub} ${group.name}`, ...group })),
  );
  const named = groups.slice(0, maxChips);
  keep($("groups"), chips, named, chip);
  for (const { key, name, members } of named) setText(chips.get(key).press, `${short(name)} · ${members}`);
  setText($("group-count"), String(groups.length));
  $("no-groups").hidden = groups.length > 0;
  showRest($("more-groups"), groups.length - named.length);

  $("faults").hidden = faults.length === 0;
  setText($("faults"), `In force: ${faults.map(faultText).join("; ")}`);
  $("reset").hidden = faults.length === 0 && !connections.some(({ connection }) => connection.halfOpen);
}

/** Such as `refuseUpgrades × 2 (with 503, only recovery)`. */
function faultText({ kind, times, filter = {}, ...options }) {
  const parts = Object.entries({ ...options, ...filter }).map(([name, value]) =>
    value === true ? name : `${name} ${value}`,
  );
  const often = times === undefined ? "" : ` × ${times}`;
  return `${kind}${often}${parts.length === 0 ? "" : ` (${parts.join(", ")})`}`;
}

setInterval(() => cards.forEach((shown) => shown.connection.status === "waiting" && showStatus(shown)), 500);
setText($("endpoint"), location.origin);

// The service

const source = new EventSource("/admin/trace");
source.addEventListener("open", () => {
  setText(live, "live");
  live.className = "badge good";
  document.body.classList.remove("gone");
  $("problem").hidden = true;
});
source.addEventListener("error", () => {
  setText(live, "service not reached, trying again");
  live.className = "badge bad";
  document.body.classList.add("gone");
});
source.addEventListener("state", ({ data }) => showState(JSON.parse(data)));
source.addEventListener("traffic", ({ data }) => received(JSON.parse(data)));
