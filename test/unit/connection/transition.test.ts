import { describe, expect, test } from "vitest";
import type { Event, State } from "../../../src/core/connection/state.js";
import { transition } from "../../../src/core/connection/transition.js";
import { IDENTITY, lost, Machine, PLACES, types } from "./machine.js";

const OTHER = { ...IDENTITY, connectionId: "b" };

/** Every kind of event, addressed to the state's own epoch. */
const EVENTS: Record<string, (epoch: number) => Event> = {
  start: () => ({ type: "start" }),
  "start, trying on": () => ({ type: "start", keepTrying: true }),
  stop: () => ({ type: "stop" }),
  abort: () => ({ type: "abort", error: new Error("aborted") }),
  url: (epoch) => ({ type: "url", epoch }),
  open: (epoch) => ({ type: "open", epoch }),
  frame: (epoch) => ({ type: "frame", epoch }),
  connected: (epoch) => ({ type: "connected", epoch, identity: IDENTITY }),
  other: (epoch) => ({ type: "connected", epoch, identity: OTHER }),
  "lost 1006": (epoch) => lost(epoch),
  "lost 1008": (epoch) => lost(epoch, 1008),
  due: () => ({ type: "due" }),
  wake: () => ({ type: "wake" }),
  left: () => ({ type: "left" }),
};

function eventOf(name: string, epoch: number): Event {
  const make = EVENTS[name];
  if (make === undefined) throw new Error(`No event ${name}.`);
  return make(epoch);
}

const OF_SOCKETS = Object.keys(EVENTS).filter((name) => "epoch" in eventOf(name, 0));

const LEAVE = "Stopping/leaving | settleStart, onStopped, changed, drop, dispatch tell, dispatch left";
const CLOSE = "Stopping/closing | settleStart, onStopped, changed, close";
const FAIL_START = "Stopped | drop, settleStart, onStopped, changed, settleStop";
const BEGIN = "Connected | onOpened, settleStart, changed, dispatch tell";
const REPLACE = "Connected | onLost, onOpened, settleStart, changed, dispatch tell";
const RESUME = "Connected | onRecovered, settleStart, changed, dispatch tell";
const RECOVER = "Recovering/waiting | drop, changed, dispatch tell, dispatch due";
const GIVE_UP = "Disconnected | drop, onLost, changed, dispatch tell, dispatch due";
const RETRY_RECOVERY = "Recovering/waiting | drop, changed";
const OPEN_RECOVERY = "Recovering/opening | openSocket";
const WAIT = "Disconnected | drop, changed, dispatch tell";
const CONNECT = "Connecting | changed, getUrl";
const GONE = "Stopping/leaving | drop, dispatch tell, dispatch left";

const starting = {
  abort: FAIL_START,
  url: "Connecting | openSocket",
  open: "Connecting | ",
  connected: BEGIN,
  other: BEGIN,
  "lost 1006": FAIL_START,
  "lost 1008": FAIL_START,
  due: FAIL_START,
  wake: "Connecting | ",
};
const reconnecting = { ...starting, abort: undefined, "lost 1006": WAIT, "lost 1008": WAIT, due: WAIT };
const connected = {
  stop: CLOSE,
  connected: "Connected | ",
  "lost 1006": RECOVER,
  "lost 1008": GIVE_UP,
  wake: "Connected | probe",
};
const recovering = {
  stop: LEAVE,
  open: "Recovering/proving | ping",
  frame: RESUME,
  connected: RESUME,
  other: REPLACE,
  "lost 1006": RETRY_RECOVERY,
  "lost 1008": GIVE_UP,
};
const waiting = { ...recovering, due: OPEN_RECOVERY, wake: OPEN_RECOVERY };
const disconnected = { stop: LEAVE, due: CONNECT, wake: CONNECT };

/** What follows from each event in each state; an event that isn't listed is ignored. */
const TABLE: Record<string, Record<string, string | undefined>> = {
  Stopped: { start: CONNECT, "start, trying on": CONNECT, stop: "Stopped | settleStop" },
  "Connecting (start)": { ...starting, stop: LEAVE },
  "Connecting (start, open)": { ...starting, stop: CLOSE },
  "Connecting (reconnect)": { ...reconnecting, stop: LEAVE },
  "Connecting (reconnect, open)": { ...reconnecting, stop: CLOSE },
  Connected: connected,
  "Connected (recovered, unconfirmed)": { ...connected, other: REPLACE },
  "Recovering (about to open)": waiting,
  "Disconnected (about to connect)": disconnected,
  "Recovering (waiting)": waiting,
  "Recovering (opening)": {
    ...recovering,
    url: OPEN_RECOVERY,
    due: RETRY_RECOVERY,
    wake: "Recovering/opening | ",
  },
  "Recovering (proving)": { ...recovering, stop: CLOSE, due: RETRY_RECOVERY, wake: "Recovering/proving | " },
  Disconnected: disconnected,
  "Stopping (closing)": { "lost 1006": GONE, "lost 1008": GONE, due: GONE },
  "Stopping (leaving)": { left: "Stopped | changed, emit stopped, settleStop" },
};

const label = (state: State): string => ("phase" in state ? `${state.name}/${state.phase}` : state.name);

test("the table names every state", () => {
  expect(Object.keys(TABLE)).toEqual(Object.keys(PLACES));
});

describe.each(Object.entries(PLACES))("%s", (place, make) => {
  test.each(Object.keys(EVENTS))("on %s", (name) => {
    const { state, context } = make();
    const step = transition(state, eventOf(name, state.epoch), context);
    const expected = TABLE[place]?.[name];
    if (expected === undefined) {
      expect(step).toEqual({ state, effects: [] });
      expect(step.state).toBe(state);
    } else {
      expect(`${label(step.state)} | ${types(step.effects).join(", ")}`).toBe(expected);
    }
  });

  test.each(OF_SOCKETS)("a stale %s changes nothing", (name) => {
    const { state, context } = make();
    for (const epoch of [state.epoch - 1, state.epoch + 1, -1]) {
      const step = transition(state, eventOf(name, epoch), context);
      expect(step.state).toBe(state);
      expect(step.effects).toEqual([]);
    }
  });

  test("stop leads to Stopped, even if the socket never answers", () => {
    const machine = make();
    if (machine.state.name === "Stopping" && machine.state.phase === "leaving")
      machine.send({ type: "left" });
    machine.send({ type: "stop" });
    if (machine.state.name === "Stopping") machine.due();
    expect(machine.state.name).toBe("Stopped");
    expect(machine.state.due).toBe(Infinity);
    expect(types(machine.effects).at(-1)).toBe("settleStop");
  });
});

describe("while a codec can't ping", () => {
  test("the open socket proves the recovery", () => {
    const machine = new Machine({ canPing: false }).connect().lose();
    machine.take();
    machine.open();
    expect(types(machine.effects)).toEqual(["onRecovered", "settleStart", "changed", "emit recovered"]);
    expect(machine.in("Connected").confirmed).toBe(false);
  });
});
