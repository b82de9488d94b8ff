import { expect, onTestFinished, test } from "vitest";
import { run } from "./cliProcess.js";
import { RawClient, until } from "./harness.js";

/** What the service prints at its start. */

test.each(["SIGINT", "SIGTERM"] as const)(
  "prints where it is and a URL that works; %s ends it cleanly",
  async (signal) => {
    const { child, output, exit } = run("--port", "0", "--hub", "news");
    await until(() => output.out.includes("Client URL") && output.out.endsWith("\n"));
    expect(output.out).toMatch(/http:\/\/127\.0\.0\.1:\d+\n/);
    expect(output.out).toMatch(/Endpoint=http:\/\/127\.0\.0\.1:\d+;AccessKey=\w+;Version=1\.0;\n/);
    const client = new RawClient(/ws:\S+/.exec(output.out)?.[0] ?? "");
    await until(() => client.connected);
    expect(await client.join("g")).toMatchObject({ success: true });
    child.kill(signal);
    expect((await client.gone()).code).toBe(1001);
    expect(client.messages.at(-1)).toMatchObject({
      event: "disconnected",
      message: "The service is stopping.",
    });
    expect(await exit).toBe(0);
    expect(output.err).toBe("");
  },
);

test.each([
  ["0.0.0.0", "127.0.0.1", true],
  ["localhost", "localhost", false],
])("--host %s: what it prints works on this machine", async (host, printed, everywhere) => {
  const { output } = run("--port", "0", "--host", host);
  await until(() => output.out.includes("Ctrl+C"));
  const endpoint = /Endpoint=(\S+?);AccessKey/.exec(output.out)?.[1] ?? "";
  expect(new URL(endpoint).hostname).toBe(printed);
  expect((await fetch(`${endpoint}/api/health`, { method: "HEAD" })).status).toBe(200);
  const client = new RawClient(/ws:\S+/.exec(output.out)?.[0] ?? "");
  onTestFinished(() => client.socket.terminate());
  await until(() => client.connected);
  expect(output.out.includes("(elsewhere: with the name and port")).toBe(everywhere);
});
