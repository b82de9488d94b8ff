import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebPubSubClient } from "@azure/web-pubsub-client";
import { expect, test } from "vitest";
import { House, until } from "./harness.js";

/** An event handler in another process, as far as the service can see. */
async function application(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    if (request.method === "OPTIONS") response.writeHead(200, { "WebHook-Allowed-Origin": "*" }).end();
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const house = await House.open({
    hubs: {
      chat: {
        handlers: [
          { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/{event}`, events: "*" },
        ],
      },
    },
  });
  const client = new WebPubSubClient(await house.emulator.clientAccessUrl("chat", { userId: "u" }));
  await client.start();
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.stop();
      await house[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("an invocation goes to the handler by HTTP, the answer's body comes back", async () => {
  await using world = await application((request, response) => {
    const body: Buffer[] = [];
    request.on("data", (chunk: Buffer) => body.push(chunk));
    request.on("end", () => {
      if (request.url === "/broken") response.writeHead(400).end("secret");
      else if (request.url === "/empty") response.writeHead(204).end();
      else
        response.writeHead(200, { "Content-Type": "application/json" }).end(
          JSON.stringify({
            url: request.url,
            type: request.headers["ce-type"],
            body: Buffer.concat(body).toString(),
          }),
        );
    });
  });
  const { client } = world;
  expect(await client.invokeEvent("sum", [1, 2], "json")).toEqual({
    invocationId: "1",
    dataType: "json",
    data: { url: "/sum", type: "azure.webpubsub.user.sum", body: "[1,2]" },
  });
  expect(await client.invokeEvent("empty", "", "text")).toMatchObject({ data: undefined });
  await expect(client.invokeEvent("broken", "", "text")).rejects.toMatchObject({
    errorDetail: { name: "InternalServerError", message: "The event handler failed." },
  });
});

test("cancelling aborts the HTTP request", async () => {
  let asked = false;
  let closed = false;
  await using world = await application((_request, response) => {
    asked = true;
    response.on("close", () => (closed = true));
  });
  const controller = new AbortController();
  const invoked = world.client.invokeEvent("slow", "", "text", { abortSignal: controller.signal });
  const outcome = invoked.then(
    () => "answered",
    () => "cancelled",
  );
  await until(() => asked);
  expect(closed).toBe(false);
  controller.abort();
  expect(await outcome).toBe("cancelled");
  await until(() => closed);
});
