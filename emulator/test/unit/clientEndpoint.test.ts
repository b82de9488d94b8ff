import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { FaultScript } from "../../src/faultScript.js";
import { Faults } from "../../src/faults.js";
import { ClientEndpoint } from "../../src/http/clientEndpoint.js";
import type { Codec } from "../../src/service/codec.js";
import { noInterference } from "../../src/service/interference.js";
import { Service } from "../../src/service/service.js";
import { noUpstream } from "../../src/service/upstream.js";
import { nodeEnvironment } from "../../src/environment.js";
import { jsonCodec } from "../../src/wire/json.js";

test("a fault of the service's own ends the connection that met it, not the process", async () => {
  const broken: Codec = {
    ...jsonCodec,
    name: "json.webpubsub.azure.v1",
    encode: (message) => jsonCodec.encode(message),
    decode() {
      throw new Error("a bug");
    },
  };
  const service = new Service(
    {
      environment: nodeEnvironment,
      tokens: { verify: () => Promise.resolve({}) },
      codecs: [broken],
      upstream: noUpstream,
      interference: noInterference,
      diagnostics: () => undefined,
    },
    { allowsAnonymous: () => true },
  );
  const script = new FaultScript();
  const failures: unknown[] = [];
  const endpoint = new ClientEndpoint(service, script, new Faults(script, service), (error) =>
    failures.push(error),
  );
  const server = createServer();
  server.on("upgrade", (request, socket, head) => void endpoint.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const open = async () => {
    const client = new WebSocket(`ws://127.0.0.1:${port}/client/hubs/chat`, broken.name);
    onTestFinished(() => client.terminate());
    await new Promise((resolve) => client.once("open", resolve));
    return client;
  };
  const [one, other] = [await open(), await open()];
  one.send("{}");
  expect(await new Promise((resolve) => one.once("close", resolve))).toBe(1008);
  expect(failures).toEqual([new Error("a bug")]);
  expect(other.readyState).toBe(WebSocket.OPEN);
});
