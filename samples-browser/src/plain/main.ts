import { WebPubSubClient, type GroupStateRecord } from "web-pubsub-client";
import {
  clientOptions,
  credential,
  lineSchema,
  me,
  newLine,
  roomOfAddress,
  ROOMS,
  type Room,
} from "../shared/chat";
import { describe, noteEvents, onNetwork } from "../shared/connection";
import { inspect, keepPanel } from "../shared/panel";
import { commit, FAULTS } from "../shared/faults";
import { historyOf } from "../shared/history";
import { keepChat, whyFailed } from "../shared/kept";
import { isLocal } from "../shared/service";
import { byId, element } from "./dom";
import { addGap, addLine, addNote, addOlder, addWaiting, fail, firstMessage, older, openLog } from "./lines";

const client = new WebPubSubClient(credential, clientOptions);
keepChat(client);
const roomNamed = (name: Room) => client.group(name, { schema: lineSchema, history: historyOf(name) });

let room = roomNamed(roomOfAddress());
let leave: (() => void) | undefined;

function enter(name: Room): void {
  leave?.();
  room = roomNamed(name);
  byId("room-title").textContent = name;
  openLog(name);
  const ends = [room.onGap(addGap), room.subscribe(addLine), room.subscribeStates(showPeople)];
  const entered = room;
  say(entered.setState({ name: me, page: "TypeScript" }));
  showPeople(room.states);
  leave = () => {
    ends.forEach((end) => end());
    say(entered.setState(undefined));
  };
  for (const button of byId("rooms").querySelectorAll("button")) {
    button.setAttribute("aria-current", String(button.textContent === name));
  }
}

/** Presence is no reason to stop; but that it failed is said. */
function say(telling: Promise<unknown>): void {
  telling.catch((error: Error) => addNote(`The others may not see you right: ${error.message}`));
}

function showPeople(states: readonly GroupStateRecord[]): void {
  const items = states.map(({ connectionId, state }) => {
    const you = connectionId === client.connectionId ? " (you)" : "";
    return element("li", {}, `${state.name}${you} `, element("small", {}, state.page ?? ""));
  });
  byId("people-title").textContent = `Here now: ${items.length}`;
  byId("people").replaceChildren(...items);
}

function showConnection(): void {
  const { tone, label, detail, reason } = describe(client.connectionInfo, navigator.onLine, Date.now());
  const state = byId("state");
  // A live region speaks up with every change, so it is touched only when there is one.
  if (state.textContent !== label) state.textContent = label;
  state.dataset.tone = tone;
  byId("detail").textContent = detail;
  if (byId("reason").textContent !== reason) byId("reason").textContent = reason;
}

async function send(text: string): Promise<void> {
  const line = newLine(text);
  addWaiting(line);
  try {
    await room.send(line);
  } catch (error) {
    fail(line.id, whyFailed(error as Error));
  }
}

async function showOlder(): Promise<void> {
  const asked = room;
  try {
    const earlier = await asked.loadOlder(firstMessage());
    if (asked === room) addOlder(earlier);
  } catch (error) {
    if (asked === room) addNote(`Earlier lines can't be loaded: ${(error as Error).message}`, true);
  }
}
older.addEventListener("click", () => void showOlder());

for (const name of ROOMS) {
  const button = element("button", { type: "button", onclick: () => (location.hash = name) }, name);
  byId("rooms").append(element("li", {}, button));
}
addEventListener("hashchange", () => enter(roomOfAddress()));

byId("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = byId<HTMLInputElement>("message");
  const text = field.value.trim();
  field.value = "";
  if (text !== "") void send(text);
});

for (const { deed, label, hint } of FAULTS) {
  const button = element("button", { type: "button", disabled: !isLocal }, label);
  button.onclick = () => void commit(deed, client.connectionId);
  const about = element("small", { id: `about-${deed}` }, hint);
  button.setAttribute("aria-describedby", about.id);
  byId("faults").append(element("li", {}, button, about));
}
if (!isLocal) byId("faults-title").textContent = "Break my connection (local service only)";

byId("inspect").addEventListener("click", () => void inspect(client));
keepPanel(client);

client.on("state-changed", showConnection);
onNetwork(showConnection);
setInterval(showConnection, 500);
noteEvents(client, addNote);

client.retain();
enter(roomOfAddress());
showConnection();
