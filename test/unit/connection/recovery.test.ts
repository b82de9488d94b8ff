import { describe, expect, test } from "vitest";
import type { Effect } from "../../../src/core/connection/state.js";
import { IDENTITY, Machine, NOW, types } from "./machine.js";

const changes = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === "changed" ? [effect.details] : []));

const dropped = (code = 1006, random = 0.5): Machine => {
  const machine = new Machine({ random }).connect();
  machine.take();
  return machine.lose(code);
};

/** Fails every attempt at once and gives the delays before the attempts, until the client gives up. */
function delaysUntilGivenUp(random: number): number[] {
  const machine = dropped(1006, random);
  const delays: number[] = [];
  while (machine.state.name === "Recovering") {
    machine.lose();
    if (machine.state.name !== "Recovering") break;
    delays.push(machine.state.due - machine.now);
    machine.due();
  }
  return delays;
}

describe("the first attempt", () => {
  test("is immediate after a cut, and told first", () => {
    const machine = dropped();
    expect(machine.in("Recovering").phase).toBe("opening");
    expect(types(machine.take())).toEqual(["drop", "changed", "emit recovering", "openSocket"]);
    expect(machine.now).toBe(NOW);
  });

  test.each([1001, 1012, 1013])("is spread over 5 s after close code %i", (code) => {
    for (const random of [0.001, 0.5, 0.999_999]) {
      const { due, phase } = dropped(code, random).in("Recovering");
      expect(phase).toBe("waiting");
      expect(due - NOW).toBe(Math.floor(random * 5_000));
    }
  });

  test.each([1000, 1005, 1006, 1011, 4000])("isn't spread after close code %i", (code) => {
    expect(dropped(code).in("Recovering").phase).toBe("opening");
  });

  test("follows a link that fell silent, which has no close code", () => {
    expect(dropped(undefined).state.name).toBe("Recovering");
  });

  test("resumes the same connection with its token", () => {
    const machine = dropped();
    expect(machine.take().at(-1)).toEqual({ type: "openSocket" });
    expect(machine.state).toMatchObject({ epoch: 3, identity: IDENTITY });
  });

  test("carries the newest token", () => {
    const machine = new Machine().connect();
    const identity = { ...IDENTITY, reconnectionToken: "r2" };
    machine.confirm(identity);
    machine.confirm({ ...identity, reconnectionToken: "" });
    machine.take();
    expect(machine.lose().take().at(-1)).toEqual({ type: "openSocket" });
    expect(machine.state).toMatchObject({ identity });
  });
});

describe("further attempts", () => {
  test("come in each of three seconds after the drop, in the next two, then in every five", () => {
    // After the last period's attempt they are drawn from what is left until 29 s; with less than 1 s none.
    expect(delaysUntilGivenUp(0.5)).toEqual([
      500, 1_000, 1_000, 1_500, 3_500, 5_000, 5_000, 5_000, 4_500, 1_000, 500,
    ]);
  });

  test("come at the same moment of each period, whatever is drawn later", () => {
    const machine = dropped(1006, 0.7);
    const times: number[] = [];
    for (const random of [0.25, 0.1, 0.5, 0.99, 0, 0.7]) {
      machine.context = { ...machine.context, random };
      machine.lose();
      times.push(machine.state.due - NOW);
      machine.due();
    }
    expect(times).toEqual([250, 1_250, 2_250, 3_500, 6_250, 11_250]);
  });

  test("are drawn from the rest of the period, and end 29 s after the drop", () => {
    for (const random of [0.3, 0.6, 0.9]) {
      const machine = dropped(1006, random).lose().pass(26_000);
      machine.send({ type: "due" }).lose();
      expect(machine.state.due - machine.now).toBe(Math.floor(random * 3_000));
    }
  });

  test("count from 1 and tell their delay, the cause and its close code", () => {
    const machine = dropped();
    machine.take();
    machine.lose(1011);
    expect(changes(machine.take())).toEqual([
      {
        error: expect.objectContaining({ name: "ConnectionError", code: "Closed" }) as unknown,
        code: 1011,
        reason: "why",
        attempt: 2,
        nextDelayInMs: 500,
        connectionId: "a",
      },
    ]);
  });

  test("end at their deadline, and that counts like a refusal", () => {
    const machine = dropped();
    machine.due();
    expect(machine.now).toBe(NOW + 10_000);
    expect(machine.in("Recovering")).toMatchObject({ phase: "waiting", attempt: 2 });
    expect(changes(machine.take()).at(-1)?.error).toMatchObject({ code: "Timeout" });
  });

  test("never last beyond the window", () => {
    const machine = dropped(1006, 0.999_999);
    while (machine.state.name === "Recovering") {
      expect(machine.state.due).toBeLessThanOrEqual(NOW + 30_000);
      machine.due();
    }
    expect(machine.now).toBe(NOW + 30_000);
  });

  test("a last one is made at least a second before the window ends, and given until then", () => {
    const machine = dropped(1006, 0.999_999).pass(28_000).lose();
    expect(machine.state.due).toBe(NOW + 28_999);
    machine.due();
    expect(machine.in("Recovering").phase).toBe("opening");
    expect(machine.state.due).toBe(NOW + 30_000);
  });

  test("none is planned in the last two seconds", () => {
    const underWay = () => dropped().lose().pass(20_000).send({ type: "due" });
    expect(underWay().pass(8_001).lose().state.name).not.toBe("Recovering");
    expect(underWay().pass(8_000).lose().state.name).toBe("Recovering");
  });

  test("a timer a little late still leaves its attempt a second", () => {
    const machine = dropped(1006, 0.999_999).pass(28_000).lose().pass(1_900).send({ type: "due" });
    expect(machine.in("Recovering").phase).toBe("opening");
    expect(machine.state.due).toBe(machine.now + 1_000);
  });
});

describe("a connection that is resumed and lost again within a second", () => {
  /** The delay before the next attempt to resume, after so many resumptions of such a length. */
  const delays = (lived: number, count: number, random = 0.5): number[] => {
    const machine = dropped(1006, random);
    return Array.from({ length: count }, () => {
      if (machine.in("Recovering").phase === "waiting") machine.due();
      machine.open().frame().pass(lived).lose();
      const { phase, due } = machine.in("Recovering");
      return phase === "opening" ? 0 : due - machine.now;
    });
  };

  test("is resumed at once the first time, then as after failed attempts", () => {
    expect(delays(0, 6)).toEqual([0, 125, 250, 500, 1_000, 2_000]);
    // While it waits the service's window fills: never longer than other attempts are apart.
    expect(delays(0, 12, 0.999_999).slice(-3)).toEqual([4_999, 4_999, 4_999]);
    expect(delays(999, 3, 0.25)).toEqual([0, 62, 125]);
  });

  test("is forgiven once it has lived for a second", () => {
    expect(delays(1_000, 4)).toEqual([0, 0, 0, 0]);
    const machine = dropped();
    for (let n = 0; n < 2; n++) machine.open().frame().lose();
    expect(machine.due().open().frame().pass(1_000).lose().in("Recovering")).toMatchObject({
      phase: "opening",
      earlyLosses: 0,
    });
  });

  test("has had each delay told, and a window of its own", () => {
    const machine = dropped();
    machine.open().frame().lose().open().frame();
    machine.take();
    machine.lose();
    expect(changes(machine.take())).toMatchObject([{ attempt: 1, nextDelayInMs: 125, code: 1006 }]);
    expect(machine.in("Recovering").deadline).toBe(machine.now + 30_000);
  });

  test("is no less bounded where the service gives a new connection each time", () => {
    const machine = dropped();
    const waits = [1, 2, 3].map((n) => {
      if (machine.in("Recovering").phase === "waiting") machine.due();
      machine
        .open()
        .confirm({ ...IDENTITY, connectionId: `b${n}` })
        .lose();
      return Math.max(0, Math.min(machine.in("Recovering").due - machine.now, 5_000));
    });
    // The first one opens, and has its time.
    expect(waits).toEqual([5_000, 125, 250]);
    expect(machine.in("Recovering").phase).toBe("waiting");
  });

  test("and the service going away: the longer delay counts", () => {
    const machine = dropped();
    machine.open().frame().lose().open().frame().lose(1012);
    expect(machine.in("Recovering").due - machine.now).toBe(2_500);
  });
});

describe("a session that another client may have too", () => {
  /** What follows each of the losses, where attempts take so long and links last so long. */
  const losses = (attempt: number, lived: number, count: number): string[] => {
    const machine = new Machine();
    machine.send({
      type: "start",
      saved: {
        version: "web-pubsub-session-1",
        endpoint: "",
        identity: IDENTITY,
        droppedAt: NOW,
        nextAckId: 1,
        operations: [],
        features: {},
      },
    });
    return Array.from({ length: count }, () => {
      if (machine.in("Recovering").phase === "waiting") machine.due();
      return machine.open().pass(attempt).frame().pass(lived).lose().state.name;
    });
  };

  test("is given up after three losses within a second each", () => {
    expect(losses(0, 999, 3)).toEqual(["Recovering", "Recovering", "Disconnected"]);
    expect(losses(0, 1_000, 6)).toEqual(Array(6).fill("Recovering"));
  });

  test("on a slow line after three within twice the time of the attempt: the other one may need as long", () => {
    expect(losses(3_000, 3_000, 3)).toEqual(["Recovering", "Recovering", "Disconnected"]);
    expect(losses(3_000, 5_999, 3)).toEqual(["Recovering", "Recovering", "Disconnected"]);
    expect(losses(3_000, 6_000, 6)).toEqual(Array(6).fill("Recovering"));
  });

  test("a connection of its own isn't given up, however slow the line is", () => {
    const machine = dropped();
    for (let n = 0; n < 6; n++)
      expect(machine.open().pass(3_000).frame().pass(3_000).lose().in("Recovering").earlyLosses).toBe(0);
  });
});

describe("the end of recovering", () => {
  test("by the end of the window spreads the next attempt over 5 s: whoever is left over is not alone", () => {
    for (const random of [0.1, 0.5, 0.9]) {
      const machine = dropped(1006, random).lose().pass(20_000).send({ type: "due" }).pass(8_500).lose();
      expect(machine.state.due - machine.now).toBe(random * 5_000);
      machine.due();
      expect(machine.state.name).toBe("Connecting");
    }
  });

  test.each([1008, 1009])("close code %i ends it at once, whatever the phase", (code) => {
    const machine = dropped().lose(code);
    expect(machine.state.name).toBe("Connecting");
    expect(types(machine.take()).slice(-6)).toEqual([
      "drop",
      "onLost",
      "changed",
      "emit disconnected",
      "changed",
      "getUrl",
    ]);
    expect(dropped().open().lose(code).state.name).toBe("Connecting");
  });

  test("without autoReconnect the client stops: disconnected, then stopped", () => {
    const machine = new Machine({ autoReconnect: false }).connect().lose();
    machine.take();
    machine.lose(1008);
    expect(machine.state.name).toBe("Stopped");
    expect(types(machine.take())).toEqual([
      "onLost",
      "settleStart",
      "onStopped",
      "changed",
      "drop",
      "emit disconnected",
      "changed",
      "emit stopped",
      "settleStop",
    ]);
  });

  test("autoReconnect off doesn't rule a recovery out", () => {
    expect(new Machine({ autoReconnect: false }).connect().lose().state.name).toBe("Recovering");
  });

  test.each([
    ["the codec isn't reliable", { reliable: false }, IDENTITY],
    ["there is no token", {}, { ...IDENTITY, reconnectionToken: "" }],
    ["there is no connection id", {}, { ...IDENTITY, connectionId: "" }],
  ])("there is none when %s", (_why, context, identity) => {
    const machine = new Machine(context).connect(identity).lose();
    expect(machine.state.name).toBe("Connecting");
    expect(types(machine.effects)).not.toContain("emit recovering");
    const stopping = new Machine({ ...context, autoReconnect: false }).connect(identity).lose();
    expect(stopping.state.name).toBe("Stopped");
  });
});

describe("the proof", () => {
  test("an open socket proves nothing; the first frame does", () => {
    const machine = dropped();
    machine.take();
    machine.open();
    expect(types(machine.take())).toEqual(["ping"]);
    machine.frame();
    expect(types(machine.take())).toEqual(["onRecovered", "settleStart", "changed", "emit recovered"]);
  });

  test("the connected message of the same id does, and brings its token", () => {
    const machine = dropped().open();
    machine.confirm({ ...IDENTITY, reconnectionToken: "r2" });
    expect(machine.in("Connected")).toMatchObject({ confirmed: true, identity: { reconnectionToken: "r2" } });
  });

  test("a connected message of another id is a new connection", () => {
    const machine = dropped().open();
    machine.take();
    const identity = { ...IDENTITY, connectionId: "b" };
    machine.confirm(identity);
    expect(types(machine.take())).toEqual([
      "onLost",
      "onOpened",
      "settleStart",
      "changed",
      "emit disconnected",
      "emit connected",
    ]);
    expect(machine.in("Connected").identity).toBe(identity);
  });

  test("so is one that comes after the first frame; a later, different one means nothing", () => {
    const machine = dropped().open().frame();
    machine.confirm({ ...IDENTITY, connectionId: "b" });
    expect(machine.in("Connected")).toMatchObject({ confirmed: true, identity: { connectionId: "b" } });
    const before = machine.state;
    machine.confirm({ ...IDENTITY, connectionId: "c" });
    expect(machine.state).toBe(before);
  });

  test("a socket that opens and closes again has proved nothing: one recovering, one recovered", () => {
    const machine = dropped().open().lose().due();
    machine.open().frame();
    const told = types(machine.effects).filter((type) => type.startsWith("emit rec"));
    expect(told).toEqual(["emit recovering", "emit recovered"]);
  });

  test("every drop has its own window", () => {
    const machine = dropped().pass(20_000).open().frame();
    machine.pass(5_000).lose();
    expect(machine.in("Recovering")).toMatchObject({ attempt: 1, deadline: NOW + 55_000 });
  });
});

describe("a wake", () => {
  test("cuts the delay short", () => {
    const machine = dropped().lose();
    machine.take();
    machine.pass(10).send({ type: "wake" });
    expect(types(machine.take())).toEqual(["openSocket"]);
  });

  test("allows one attempt even past the window, and only one", () => {
    const machine = dropped().lose().pass(3_600_000);
    machine.take();
    machine.send({ type: "wake" });
    expect(types(machine.take())).toEqual(["openSocket"]);
    expect(machine.state.due - machine.now).toBe(10_000);
    machine.lose();
    expect(machine.state.name).toBe("Connecting");
  });

  test("replaces an attempt that slept past the window by one more, and only one", () => {
    for (const proving of [false, true]) {
      const machine = dropped();
      if (proving) machine.open();
      machine.take();
      machine.pass(3_600_000).send({ type: "wake" });
      expect(types(machine.take())).toEqual(["drop", "openSocket"]);
      expect(machine.in("Recovering")).toMatchObject({ phase: "opening", attempt: 1, late: true });
      expect(machine.state.due - machine.now).toBe(10_000);
      // Wakes come in groups.
      machine.send({ type: "wake" });
      expect(machine.take()).toEqual([]);
      expect(machine.state.due - machine.now).toBe(5_000);
      machine.lose();
      expect(machine.state.name).toBe("Connecting");
    }
  });

  test("replaces one that the window leaves less than 5 s, too", () => {
    const machine = dropped().lose().pass(25_001).send({ type: "due" });
    expect(machine.state.due - machine.now).toBe(4_999);
    machine.take();
    machine.pass(1).send({ type: "wake" });
    expect(types(machine.take())).toEqual(["drop", "openSocket"]);
    expect(machine.state.due - machine.now).toBe(10_000);
  });

  test.each(["due", "lost"])("that nothing tells but a late %s allows one attempt, too", (how) => {
    const machine = dropped();
    machine.take();
    machine.pass(3_600_000);
    if (how === "due") machine.send({ type: "due" });
    else machine.lose();
    expect(machine.in("Recovering")).toMatchObject({ phase: "waiting", attempt: 2, due: machine.now });
    machine.due();
    expect(types(machine.take())).toEqual(["drop", "changed", "openSocket"]);
    expect(machine.due().state.name).toBe("Connecting");
  });

  test("changes nothing about a refusal", () => {
    expect(dropped().pass(3_600_000).lose(1008).state.name).toBe("Connecting");
  });

  test("of an attempt that was resumed in the end is forgotten", () => {
    const machine = dropped().pass(3_600_000).send({ type: "wake" }).open().frame().pass(5_000).lose();
    expect(machine.in("Recovering")).toMatchObject({ late: false, deadline: machine.now + 30_000 });
  });

  test("gives an attempt that began before 5 s more, never a longer time than it had", () => {
    const machine = dropped().send({ type: "wake" });
    expect(machine.state.due - machine.now).toBe(5_000);
    machine.pass(4_000).send({ type: "wake" });
    expect(machine.state.due - machine.now).toBe(1_000);
  });
});
