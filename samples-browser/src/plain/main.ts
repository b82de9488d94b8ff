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
import { commit, FAULTS, hasFaults } from "../shared/faults";
import { keepChat, whyFailed } from "../shared/kept";
import { byId, element } from "./dom";
import { addLine, addNote, addWaiting, fail, openLog } from "./lines";

const client = new WebPubSubClient(credential, clientOptions);
keepChat(client);
const roomNamed = (name: Room) => client.group(name, { schema: lineSchema });

let room = roomNamed(roomOfAddress());
let leave: (() => void) | undefined;

function enter(name: Room): void {
  leave?.();
  room = roomNamed(name);
  byId("room-title").textContent = name;
  openLog(name);
  const ends = [room.subscribe(({ data }) => addLine(data)), room.subscribeStates(showPeople)];
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

const buttons = FAULTS.map(({ deed, label, hint }) => {
  const button = element("button", { type: "button", disabled: true }, label);
  button.onclick = () => void commit(deed, client.connectionId);
  const about = element("small", { id: `about-${deed}` }, hint);
  button.setAttribute("aria-describedby", about.id);
  byId("faults").append(element("li", {}, button, about));
  return button;
});
void hasFaults().then((local) => {
  for (const button of buttons) button.disabled = !local;
  if (!local) byId("faults-title").textContent = "Break my connection (local service only)";
});

client.on("state-changed", showConnection);
onNetwork(showConnection);
setInterval(showConnection, 500);
noteEvents(client, addNote);

client.retain();
enter(roomOfAddress());
showConnection();
