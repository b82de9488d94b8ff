import { execFile } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { Fault } from "../../src/index.js";
import { Faults } from "../../src/faults.js";
import { House, until } from "./harness.js";

async function open(): Promise<House> {
  const house = await House.open({ admin: true });
  onTestFinished(async () => house[Symbol.asyncDispose]());
  return house;
}

/** Posts faults one after another from a process of its own. @returns status and answer of each. */
async function post(adminUrl: string | undefined, ...faults: readonly unknown[]): Promise<unknown[]> {
  const script = `(async () => {
    const answers = [];
    for (const fault of JSON.parse(process.argv[2])) {
      const headers = { "Content-Type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(fault) };
      const response = await fetch(process.argv[1] + "/faults", init);
      answers.push([response.status, await response.json()]);
    }
    console.log(JSON.stringify(answers));
  })()`;
  const args = ["-e", script, "--", String(adminUrl), JSON.stringify(faults)];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as unknown[];
}

const filter = { hub: "chat", userId: "ann", group: "g" };
const limits = { times: 2, filter };

/** Every fault that waits for its chance: as a program in the process asks for it, and as one outside does. */
const scripted: readonly (readonly [(faults: Faults) => void, Fault])[] = [
  [
    (faults) => faults.refuseUpgrades({ with: 503, only: "new", times: 3 }),
    { kind: "refuseUpgrades", with: 503, only: "new", times: 3 },
  ],
  [(faults) => faults.refuseUpgrades({ with: "hang" }), { kind: "refuseUpgrades", with: "hang" }],
  [(faults) => faults.rejectRecovery(limits), { kind: "rejectRecovery", ...limits }],
  [(faults) => faults.announceRecovery(limits), { kind: "announceRecovery", ...limits }],
  [(faults) => faults.replayTwice(limits), { kind: "replayTwice", ...limits }],
  [(faults) => faults.holdAcks({ swallow: true, ...limits }), { kind: "holdAcks", swallow: true, ...limits }],
  [(faults) => faults.holdAcks({ delayInMs: 5, ...limits }), { kind: "holdAcks", delayInMs: 5, ...limits }],
  [
    (faults) => faults.answerAcks({ error: "Forbidden", ...limits }),
    { kind: "answerAcks", error: "Forbidden", ...limits },
  ],
  [
    (faults) => faults.holdInvocations({ swallow: true, event: "e", ...limits }),
    { kind: "holdInvocations", swallow: true, event: "e", ...limits },
  ],
  [
    (faults) => faults.refuseStreams({ error: "Forbidden", streamId: "s", ...limits }),
    { kind: "refuseStreams", error: "Forbidden", streamId: "s", ...limits },
  ],
  [
    (faults) =>
      faults.nackFragments({ streamSequenceId: 2, name: "TransientError", streamId: "s", ...limits }),
    { kind: "nackFragments", streamSequenceId: 2, name: "TransientError", streamId: "s", ...limits },
  ],
  [
    (faults) => faults.holdStreamAcks({ delayInMs: 5, streamId: "s", ...limits }),
    { kind: "holdStreamAcks", delayInMs: 5, streamId: "s", ...limits },
  ],
];
const immediate = ["cutTransports", "goHalfOpen", "renewTokens", "restartService", "closeStreams"];

test("there is a fault over HTTP for every one in the process, and no other", async () => {
  const { emulator } = await open();
  const [[status, answer]] = (await post(emulator.adminUrl, { kind: "?" })) as [
    [number, { error: { message: string } }],
  ];
  expect(status).toBe(400);
  const kinds = /must be one of (.*), but is/.exec(answer.error.message)?.[1]?.split(", ");
  // `inject` takes any of them, `reset` and `active` are DELETE and GET, `hold` is no fault.
  const others = ["constructor", "inject", "reset", "active", "hold"];
  const methods = Object.getOwnPropertyNames(Faults.prototype).filter((name) => !others.includes(name));
  expect(kinds?.toSorted()).toEqual(methods.toSorted());
  const tried = [...immediate, ...scripted.map(([, { kind }]) => kind)];
  expect(methods.filter((name) => !tried.includes(name))).toEqual([]);
});

test("each that waits for its chance is the same, wherever it comes from", async () => {
  const [inside, outside] = [await open(), await open()];
  for (const [call] of scripted) call(inside.emulator.faults);
  const answers = await post(outside.emulator.adminUrl, ...scripted.map(([, fault]) => fault));
  expect(answers).toEqual(scripted.map(() => [200, { hit: 0 }]));
  expect(outside.emulator.faults.active).toEqual(inside.emulator.faults.active);
  expect(outside.emulator.faults.active).toEqual(scripted.map(([, fault]) => fault));
});

test("each that strikes at once does so, and says how many it hit", async () => {
  const house = await open();
  const [ann, bob, carl] = [
    await house.client({ userId: "ann" }),
    await house.client({ userId: "bob" }),
    await house.client({ userId: "carl", hub: "news" }),
  ];
  await bob.join("g");
  bob.send({ type: "sendToGroup", group: "g", stream: { streamId: "s", idleTimeoutMs: 60_000 } });
  await until(() => bob.messages.some(({ type }) => type === "streamAck"));
  const faults = [
    {
      kind: "closeStreams",
      error: "InternalServerError",
      message: "on purpose",
      streamId: "s",
      filter: { group: "g" },
    },
    { kind: "cutTransports", filter: { userId: "ann" } },
    { kind: "goHalfOpen", filter: { hub: "news" } },
  ];
  expect(await post(house.emulator.adminUrl, ...faults)).toEqual([
    [200, { hit: 1 }],
    [200, { hit: 1 }],
    [200, { hit: 1 }],
  ]);
  await until(() => bob.messages.some(({ type }) => type === "streamClosed"));
  expect(bob.messages.at(-1)).toMatchObject({
    error: { name: "InternalServerError", message: "on purpose" },
  });
  expect((await ann.gone()).code).toBe(1006);
  carl.send({ type: "ping" });
  await bob.join("h");
  expect(carl.messages.some(({ type }) => type === "pong")).toBe(false);

  expect(await post(house.emulator.adminUrl, { kind: "restartService", sockets: "close" })).toEqual([
    [200, { hit: 0 }],
  ]);
  expect((await bob.gone()).code).toBe(1012);
});

test("a service for everyone still keeps its admin path for this machine", async () => {
  const house = await House.open({ admin: true, host: "0.0.0.0" });
  onTestFinished(async () => house[Symbol.asyncDispose]());
  const { port } = new URL(house.emulator.endpoint);
  expect(await status(`${house.emulator.adminUrl}/snapshot`)).toBe(200);
  expect(house.warnings.some((message) => message.startsWith("Listening on 0.0.0.0"))).toBe(true);

  // To this machine's other addresses it is a peer like any from outside.
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal);
  for (const { address } of outside) {
    const base = `http://${address}:${port}`;
    expect(await status(`${base}/api/health`, {}, "HEAD")).toBe(200);
    for (const host of [address, "localhost", `127.0.0.1:${port}`]) {
      const headers = { Host: host };
      expect(await status(`${base}/admin`, headers)).toBe(403);
      expect(await status(`${base}/admin/snapshot`, headers)).toBe(403);
      expect(await status(`${base}/admin/faults`, headers, "DELETE")).toBe(403);
    }
  }
});

async function status(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<number> {
  const sent = request(url, { method, headers }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}
