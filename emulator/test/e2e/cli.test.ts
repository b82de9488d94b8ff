import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run, runWith, spawned } from "./cliProcess.js";
import { RawClient, until } from "./harness.js";

test("a module that holds the process open doesn't stop it from ending", async () => {
  const folder = await mkdtemp(join(tmpdir(), "emulator-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  await writeFile(join(folder, "busy.mjs"), "setInterval(() => {}, 1_000); export default { port: 0 };");
  const { child, output, exit } = run("--config", join(folder, "busy.mjs"));
  await until(() => output.out.includes("Ctrl+C"));
  child.kill("SIGINT");
  expect(await exit).toBe(0);
});

test("a second Ctrl+C ends it at once, whatever holds up its closing", async () => {
  const interrupt = new URL("../../src/interrupt.ts", import.meta.url).href;
  const script = `const { onInterrupt } = await import(${JSON.stringify(interrupt)});
    onInterrupt(() => console.log("stopping"));
    setInterval(() => {}, 1_000);
    console.log("ready");`;
  const { child, output, exit } = spawned(["--input-type=module", "-e", script]);
  await until(() => output.out.includes("ready"));
  child.kill("SIGINT");
  await until(() => output.out.includes("stopping"));
  const pressing = setInterval(() => child.kill("SIGINT"), 30);
  onTestFinished(() => clearInterval(pressing));
  expect(await exit).toBe(130);
  expect(output.out.match(/stopping/g)).toHaveLength(1);
});

test("a port in use: it says so and what to do", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const { output, exit } = run("--port", String(port));
  expect(await exit).toBe(1);
  expect(output.err).toBe(
    `Can't listen on 127.0.0.1:${port}: port ${port} is in use. Choose another one, or 0 for any that is free.\n`,
  );
});

test("when nobody reads its output any more it ends in peace", async () => {
  const { child, output, exit } = run("--port", "0", "--verbose");
  await until(() => output.out.includes("Ctrl+C"));
  child.stdout?.destroy();
  const client = new RawClient(/ws:\S+/.exec(output.out)?.[0] ?? "");
  expect((await client.gone()).code).toBe(1001);
  expect(await exit).toBe(0);
  expect(output.err).toBe("");
});

test("--help and --version", async () => {
  const [help, version] = [run("--help"), run("-v")];
  expect(await help.exit).toBe(0);
  expect(help.output.out).toContain("--port");
  expect(await version.exit).toBe(0);
  expect(version.output.out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  [["--prot", "1"], 2, "--prot"],
  [["--port", "x"], 2, "--port must be a whole number"],
  [["--port", "99999"], 2, "--port must be a whole number from 0 to 65535"],
  [["--port", "0", "--hub", "1"], 2, "--hub must begin with a letter"],
  [["--port", "0", "--host", "192.0.2.1"], 1, "Can't listen on 192.0.2.1"],
])("%j is refused", async (args, code, message) => {
  const { output, exit } = run(...args);
  expect(await exit).toBe(code);
  expect(output.err).toContain(message);
  expect(output.err).not.toContain("    at ");
});

test.each([
  ["options.json", JSON.stringify({ port: 0, hubs: { news: { anonymous: true } } })],
  ["options.mjs", "export default { port: 0, hubs: { news: { anonymous: true } } };"],
])("takes options from %s; a host that isn't loopback is warned of", async (name, content) => {
  const folder = await mkdtemp(join(tmpdir(), "emulator-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), content);
  const { output } = run("--config", join(folder, name), "--host", "0.0.0.0");
  await until(() => output.out.includes("Client URL"));
  const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(output.out)?.[0] ?? "";
  const client = new RawClient(`${endpoint.replace("http", "ws")}/client/hubs/news`);
  await until(() => client.connected);
  client.socket.close(1000);
  await until(() => output.err.includes("Listening on 0.0.0.0"));
});

test.each(["none.json", "none.mjs"])("without the file %s it says so", async (name) => {
  const { output, exit } = run("-c", name);
  expect(await exit).toBe(1);
  expect(output.err).toContain(`${name}: `);
  expect(output.err).not.toContain("    at ");
});

async function configFile(config: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "emulator-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const path = join(folder, "emulator.json");
  await writeFile(path, JSON.stringify(config));
  return path;
}

test("the flag counts before the environment variable, and that before the file", async () => {
  const path = await configFile({ port: 1, accessKey: "of-the-file", hub: "of.the.file" });
  const more = {
    WEB_PUBSUB_EMULATOR_CONFIG: path,
    WEB_PUBSUB_EMULATOR_PORT: "2",
    WEB_PUBSUB_EMULATOR_ACCESS_KEY: "of-the-environment",
  };
  const { output } = runWith(more, "--port", "0");
  await until(() => output.out.includes("Ctrl+C"));
  expect(output.out).toContain("AccessKey=of-the-environment;");
  expect(output.out).toContain("/client/hubs/of.the.file?");
  expect(output.out).not.toMatch(/127\.0\.0\.1:[12]\b/);
});

test("edits of the file apply at once, a bad one keeps the last good one", async () => {
  const path = await configFile({ port: 0 });
  const { output } = run("--config", path);
  await until(() => output.out.includes("Ctrl+C"));
  const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(output.out)?.[0] ?? "";
  const come = async () => {
    const client = new RawClient(`${endpoint.replace("http", "ws")}/client/hubs/news`);
    onTestFinished(() => client.socket.terminate());
    await until(() => client.connected ?? client.status);
    return client;
  };
  expect((await come()).status).toBe(401);

  await writeFile(path, JSON.stringify({ port: 1, hubs: { news: { anonymous: true } } }));
  await until(() => output.out.includes("was read again"));
  expect(output.out).toContain("Start again to change port.");
  const client = await come();
  expect(client.status).toBeUndefined();

  await writeFile(path, JSON.stringify({ hubs: { news: { anonymous: 1 } } }));
  // A file that is read while it is being written is a bad one too.
  await until(() =>
    output.err.includes("emulator.json: hubs.news.anonymous must be a boolean, but is 1.\nThe last good"),
  );
  expect((await come()).status).toBeUndefined();
  await client.settled();
});

test("handlers in the file apply to connections that are open", async () => {
  const path = await configFile({ port: 0, hubs: { chat: { anonymous: true } } });
  const asked: string[] = [];
  const application = createServer((request, response) => {
    if (request.method === "POST") asked.push(String(request.headers["ce-eventname"]));
    response.setHeader("WebHook-Allowed-Origin", "*").end();
  });
  await new Promise<void>((resolve) => application.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void application.close());
  const url = `http://127.0.0.1:${(application.address() as AddressInfo).port}/`;

  const { output } = run("--config", path);
  await until(() => output.out.includes("Ctrl+C"));
  const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(output.out)?.[0] ?? "";
  const client = new RawClient(`${endpoint.replace("http", "ws")}/client/hubs/chat`);
  onTestFinished(() => client.socket.terminate());
  await until(() => client.connected);
  const event = { type: "event", event: "greet", dataType: "text", data: "x" };
  expect(await client.ask(event)).toMatchObject({ success: false });
  await writeFile(path, JSON.stringify({ hubs: { chat: { anonymous: true, handlers: [{ url }] } } }));
  await until(() => output.out.includes("was read again"));
  expect(await client.ask(event)).toMatchObject({ success: true });
  expect(asked).toEqual(["greet"]);
});

test("--verbose prints traffic, but no tokens", async () => {
  const { output } = run("--port", "0", "--verbose");
  await until(() => output.out.includes("Ctrl+C"));
  const client = new RawClient(/ws:\S+/.exec(output.out)?.[0] ?? "");
  onTestFinished(() => client.socket.terminate());
  await until(() => client.connected);
  const announced = output.out;
  await client.join("room");
  await client.text("room", "hello");
  await until(() => /<- chat\/developer ack ack=2/.test(output.out));
  const printed = output.out.replace(announced, "");
  expect(printed).toMatch(/-> chat\/developer joinGroup group=room ack=1\n/);
  expect(printed).toMatch(/-> chat\/developer sendToGroup group=room ack=2 hello\n/);
  expect(printed).toMatch(/<- chat\/developer groupData group=room seq=1 hello\n/);
  expect(output.out).not.toContain(String(client.connected?.["reconnectionToken"]));
});

test("--verbose tells the connections of one user apart", async () => {
  const { output } = run("--port", "0", "--verbose");
  await until(() => output.out.includes("Ctrl+C"));
  const url = /ws:\S+/.exec(output.out)?.[0] ?? "";
  const [first, second] = [new RawClient(url), new RawClient(url)];
  onTestFinished(() => [first, second].forEach(({ socket }) => socket.terminate()));
  await until(() => first.connected && second.connected);
  await first.join("one");
  await second.join("two");
  const name = (client: RawClient) => `chat/developer·${client.id.slice(0, 5)}`;
  await until(() => output.out.includes(`<- ${name(second)} ack`));
  expect(output.out).toContain(`-> ${name(first)} joinGroup group=one`);
  second.socket.close(1000);
  await until(() => output.out.includes(`-- ${name(second)} ended`));
  await first.join("alone");
  await until(() => output.out.includes("-> chat/developer joinGroup group=alone"));
});

test("what clients send does nothing in the terminal", async () => {
  const { output } = run("--port", "0", "--verbose");
  await until(() => output.out.includes("Ctrl+C"));
  const client = new RawClient(/ws:\S+/.exec(output.out)?.[0] ?? "");
  onTestFinished(() => client.socket.terminate());
  await until(() => client.connected);
  await client.ask({
    type: "sendToGroup",
    group: "\x1b[2J\x07",
    dataType: "text",
    data: "\x1b[31m\u202ered",
  });
  client.send({ type: "\u202e[2J\n" });
  await until(() => output.err.includes("\\u202e[2J"));
  expect(output.out).toContain("sendToGroup group=\\u001b[2J\\u0007 ack=1 \\u001b[31m\\u202ered\n");
  // Line feeds are the only control characters.
  expect(`${output.out}${output.err}`.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
});
