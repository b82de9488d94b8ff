import { expect, test } from "vitest";
import { type Diagnostic } from "../../src/service/diagnostics.js";
import { type TraceEntry } from "../../src/index.js";
import { RawClient, House, anyGroup, sign, until } from "./harness.js";

test("no token in the log, the trace, the snapshot and the answers, whatever a client does with it", async () => {
  const diagnostics: Diagnostic[] = [];
  const house = await House.open({ admin: true, log: (entry) => diagnostics.push(entry) });
  await using _ = house;
  const { emulator } = house;
  const trace: TraceEntry[] = [];
  emulator.trace((entry) => trace.push(entry));
  const page = new AbortController();
  let feed = "";
  const reading = fetch(`${emulator.adminUrl}/trace`, { signal: page.signal }).then(async ({ body }) => {
    for await (const chunk of body ?? []) feed += Buffer.from(chunk as Uint8Array).toString();
  });

  const client = await house.client({ userId: "ann" });
  const secrets = [
    new URL(client.url).searchParams.get("access_token") ?? "",
    String(client.connected?.["reconnectionToken"]),
  ];
  const bad = await sign(
    { aud: `${emulator.endpoint}/client/hubs/chat`, role: anyGroup },
    "the wrong key, long enough",
  );
  const old = await sign({ aud: `${emulator.endpoint}/client/hubs/chat`, exp: 1 });
  const foreign = await sign({ aud: "http://elsewhere/client/hubs/chat" });
  secrets.push(bad, old, foreign, `${bad.slice(0, -4)}.garbage`);
  const base = `${emulator.endpoint.replace("http", "ws")}/client/hubs/chat`;
  const refused: RawClient[] = [];
  for (const token of secrets.slice(2)) {
    refused.push(new RawClient(`${base}?access_token=${token}`));
    refused.push(new RawClient(base, undefined, { Authorization: `Bearer ${token}` }));
  }
  refused.push(client.recovery({ token: `${secrets[1]}x` }));
  for (const one of refused) await until(() => one.status ?? one.closed);
  const rest: string[] = [];
  for (const token of secrets) {
    const url = `${emulator.endpoint}/api/hubs/chat/:send?api-version=2024-12-01`;
    const answer = await fetch(url, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
      body: "x",
    });
    rest.push(await answer.text());
  }

  // Content that holds tokens, and frames that can't be read.
  await client.join("g");
  for (const secret of secrets) {
    await client.text("g", `see ${base}?access_token=${secret}`);
    await client.ask({
      type: "sendToGroup",
      group: "g",
      dataType: "json",
      data: { reconnectionToken: secret },
    });
    await client.ask({ type: "event", event: "e", dataType: "json", data: { access_token: secret } });
  }
  client.socket.send(`{"type":"joinGroup","access_token":"${secrets[0]}"`);
  await client.gone();
  await until(() => feed.includes("joinGroup"));
  const snapshot = await (await fetch(`${emulator.adminUrl}/snapshot`)).text();
  await until(() => feed.includes("ended"));
  page.abort();
  await reading.catch((error: Error) => expect(error.name).toBe("AbortError"));

  const told = {
    log: diagnostics
      .map(({ message, cause }) => `${message} ${String(cause)} ${(cause as Error | undefined)?.stack}`)
      .join("\n"),
    trace: JSON.stringify(trace),
    feed,
    snapshot,
    answers: [...refused.map(({ body }) => body), ...rest].join("\n"),
  };
  expect(trace.length).toBeGreaterThan(20);
  expect(trace.some(({ type }) => type === "refused")).toBe(true);
  for (const [where, text] of Object.entries(told)) {
    for (const secret of secrets) expect(text.includes(secret), `${where} holds ${secret}`).toBe(false);
  }
});

test("a secret in the wrong place isn't repeated by whatever says that the place is wrong", async () => {
  const diagnostics: Diagnostic[] = [];
  await using house = await House.open({ log: (entry) => diagnostics.push(entry) });
  const trace: TraceEntry[] = [];
  house.emulator.trace((entry) => trace.push(entry));
  const first = await house.client();
  const token = new URL(first.url).searchParams.get("access_token") ?? "";
  const key = "0123456789abcdef0123456789abcdef";
  const told: unknown[] = [];
  for (const secret of [token, String(first.connected?.["reconnectionToken"]), key, `1${key}`]) {
    for (const message of [
      { type: secret },
      { type: { secret } },
      { type: [secret] },
      { type: "event", event: `${secret} `, dataType: "text", data: "x" },
      { type: "event", event: { secret }, dataType: "text", data: "x" },
      { type: "invoke", invocationId: "i", target: "event", event: [secret] },
      { type: "sendToGroup", group: "g", dataType: secret, data: "x" },
      { type: "joinGroup", group: "g", ackId: secret },
    ]) {
      const client = await house.client();
      client.send(message);
      const { reason } = await client.gone();
      told.push(reason, client.messages.at(-1));
    }
    const all = JSON.stringify([diagnostics.map(({ message }) => message), trace, told]);
    expect(all.includes(secret), secret).toBe(false);
  }
  expect(diagnostics).toHaveLength(32);
  expect(diagnostics[0]?.message).toContain(`type is unknown: "${token.slice(0, 20)}"… (${token.length} `);
});
