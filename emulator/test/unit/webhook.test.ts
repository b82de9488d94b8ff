import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { UserEventAnswer } from "../../src/service/upstream.js";
import type { OutboundResponse } from "../../src/upstream/outbound.js";
import { Scene, answer, connect, event, origin } from "./webhookScene.js";

describe("a request", () => {
  test("is a CloudEvent in binary mode", async () => {
    const scene = new Scene(undefined, ["one", "two"]);
    await scene.ask();
    const [validation, post] = scene.requests;
    expect(validation).toMatchObject({
      method: "OPTIONS",
      url: "http://app/chat/validate",
      headers: { "WebHook-Request-Origin": "here:80" },
    });
    const hmac = (key: string) => createHmac("sha256", key).update("c1").digest("hex");
    expect(post?.url).toBe("http://app/chat/greet");
    expect(post?.headers).toEqual({
      "Content-Type": "text/plain; charset=utf-8",
      "WebHook-Request-Origin": "here:80",
      "ce-specversion": "1.0",
      "ce-awpsversion": "1.0",
      "ce-type": "azure.webpubsub.user.greet",
      "ce-source": "/hubs/chat/client/c1",
      "ce-id": "7",
      "ce-time": new Date(1_000_000).toISOString(),
      "ce-hub": "chat",
      "ce-connectionId": "c1",
      "ce-userId": "u",
      "ce-eventName": "greet",
      "ce-subprotocol": "json.webpubsub.azure.v1",
      "ce-connectionState": "e30=",
      "ce-signature": `sha256=${hmac("one")},sha256=${hmac("two")}`,
      "X-WebPubSub-Metadata-k": "v",
    });
    expect(new TextDecoder().decode(post?.body)).toBe("hi");
  });

  test("has no header for what the connection hasn't, and no bytes that a header can't hold", async () => {
    const scene = new Scene();
    await scene.ask({
      ...event,
      userId: undefined,
      subprotocol: undefined,
      connectionState: undefined,
      eventName: "a.b-c",
    });
    await scene.ask({ ...event, userId: "Zoë 100%\r\nx: 字" });
    const [first, second] = scene.posts;
    expect(Object.keys(first?.headers ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/ce-(userId|subprotocol|connectionState)/)]),
    );
    expect(first?.url).toBe("http://app/chat/a.b-c");
    const userId = Buffer.from("Zoë 100%%0D%0Ax: 字").toString("latin1");
    expect(second?.headers).toMatchObject({ "ce-userId": userId });
  });
});

describe("an answer", () => {
  test.each<[string, OutboundResponse, UserEventAnswer]>([
    ["204", answer(204), { kind: "handled" }],
    ["200 without a body", answer(200, "", { "Content-Type": "text/plain" }), { kind: "handled" }],
    [
      "text",
      answer(200, "hé", { "Content-Type": "text/plain; charset=utf-8" }),
      { kind: "handled", reply: { payload: { dataType: "text", text: "hé" }, metadata: undefined } },
    ],
    [
      "JSON with metadata and state",
      answer(200, "[1]", {
        "Content-Type": "application/json",
        "X-WebPubSub-Metadata-A": "b",
        "ce-connectionState": "abc",
      }),
      {
        kind: "handled",
        connectionState: "abc",
        reply: { payload: { dataType: "json", json: "[1]" }, metadata: { a: "b" } },
      },
    ],
    [
      "bytes",
      answer(200, "x", { "Content-Type": "application/octet-stream" }),
      {
        kind: "handled",
        reply: { payload: { dataType: "binary", bytes: Uint8Array.of(120) }, metadata: undefined },
      },
    ],
    [
      "metadata without a body",
      answer(200, "", { "Content-Type": "application/json", "X-WebPubSub-Metadata-A": "b" }),
      { kind: "handled", reply: { payload: { dataType: "text", text: "" }, metadata: { a: "b" } } },
    ],
    ["404", answer(404, "x"), { kind: "failed", reason: "it answered with status 404" }],
    ["302", answer(302), { kind: "failed", reason: "it answered with status 302" }],
    [
      "JSON that is none",
      answer(200, "{", { "Content-Type": "application/json" }),
      { kind: "failed", reason: "its answer is not JSON, as its Content-Type says" },
    ],
    [
      "another content type",
      answer(200, "<p>", { "Content-Type": "text/html; charset=utf-8" }),
      { kind: "failed", reason: expect.stringMatching(/text\/html.*Express's res\.send/) as string },
    ],
    [
      "a content type that is far away",
      answer(200, "x", { "Content-Type": "image/png" }),
      { kind: "failed", reason: expect.stringMatching(/image\/png(?!.*Express)/) as string },
    ],
    [
      "protobuf",
      answer(200, "x", { "Content-Type": "application/x-protobuf" }),
      {
        kind: "handled",
        reply: { payload: { dataType: "protobuf", bytes: Uint8Array.of(120) }, metadata: undefined },
      },
    ],
    [
      "no content type",
      answer(200, "x"),
      {
        kind: "handled",
        reply: { payload: { dataType: "binary", bytes: Uint8Array.of(120) }, metadata: undefined },
      },
    ],
    [
      "metadata that is too large",
      answer(200, "x", { "X-WebPubSub-Metadata-A": "x".repeat(1_025) }),
      { kind: "failed", reason: expect.stringContaining("metadata") as string },
    ],
  ])("%s", async (_, response, expected) => {
    const scene = new Scene();
    scene.answers = [response];
    expect(await scene.ask()).toEqual(expected);
    expect(scene.posts).toHaveLength(1);
  });

  test("may be of 16 MiB, and not larger", async () => {
    const scene = new Scene();
    const body = new Uint8Array(16 * 1024 * 1024);
    scene.answers = [
      { ...answer(200), body },
      { ...answer(200), body: new Uint8Array(body.length + 1) },
    ];
    const fits = await scene.ask();
    expect(fits.kind === "handled" && fits.reply?.payload.dataType).toBe("binary");
    expect(await scene.ask()).toEqual({ kind: "failed", reason: "its answer is larger than 16 MiB" });
  });

  test.each<[string, OutboundResponse, unknown]>([
    ["204", answer(204), { kind: "accepted" }],
    [
      "JSON",
      answer(200, '{"userId":"","groups":["g"],"roles":[],"subprotocol":"mine","more":1}', {
        "ce-connectionState": "abc",
      }),
      {
        kind: "accepted",
        userId: "",
        groups: ["g"],
        roles: [],
        subprotocol: "mine",
        connectionState: "abc",
      },
    ],
    ["nulls", answer(200, '{"userId":null,"groups":null}'), { kind: "accepted" }],
    ["401", answer(401, "go away"), { kind: "refused", status: 401, message: "go away" }],
  ])("%s to connect", async (_, response, expected) => {
    const scene = new Scene();
    scene.answers = [response];
    expect(await scene.run(scene.webhook.connect(connect))).toEqual(expected);
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["a user id that is no string", '{"userId":1}'],
    ["groups that are none", '{"groups":[""]}'],
    ["roles that are none", '{"roles":"x"}'],
  ])("%s to connect is an error", async (_, body) => {
    const scene = new Scene();
    scene.answers = [answer(200, body)];
    await expect(scene.run(scene.webhook.connect(connect))).rejects.toThrow();
  });
});

describe("another attempt", () => {
  test("follows 408, 5xx and network errors after 1, 3 and 5 s, with the same id", async () => {
    const scene = new Scene();
    scene.answers = [answer(408), answer(503), new Error("refused"), answer(200, "x")];
    expect(await scene.ask()).toMatchObject({ kind: "handled", reply: {} });
    expect(scene.pauses).toEqual([1_000, 3_000, 5_000]);
    expect(new Set(scene.posts.map(({ headers }) => headers["ce-id"])).size).toBe(1);
  });

  test("the fourth answer counts", async () => {
    const scene = new Scene();
    scene.answers = [answer(500), answer(500), answer(500), answer(502), answer(204)];
    expect(await scene.ask()).toEqual({ kind: "failed", reason: "it answered with status 502" });
    expect(scene.posts).toHaveLength(4);

    const connecting = new Scene();
    connecting.answers = Array.from({ length: 4 }, () => answer(503, "later"));
    expect(await connecting.run(connecting.webhook.connect(connect))).toEqual({
      kind: "refused",
      status: 503,
      message: "later",
    });
  });

  test("where no answer ever comes, the reason says which URL", async () => {
    const scene = new Scene();
    scene.answers = Array.from(
      { length: 4 },
      () => new Error("failed", { cause: new Error("ECONNREFUSED") }),
    );
    await expect(scene.ask()).rejects.toThrow(
      "http://app/chat/greet could not be reached: failed: ECONNREFUSED",
    );
    expect(scene.posts).toHaveLength(4);
  });

  test("a handler has 100 s, and silence is not tried again", async () => {
    const scene = new Scene();
    scene.answers = ["hang", answer(204)];
    await expect(scene.ask()).rejects.toThrow("there was no answer within 100 s");
    expect(scene.clock.now()).toBe(1_000_000 + 100_000);
    expect(scene.posts).toHaveLength(1);
  });

  test("what is tried again is a part of the 100 s", async () => {
    const scene = new Scene();
    scene.answers = [answer(503), answer(503), "hang"];
    await expect(scene.ask()).rejects.toThrow("there was no answer within 100 s");
    expect(scene.clock.now()).toBe(1_000_000 + 100_000);
    expect(scene.pauses).toEqual([1_000, 3_000]);
  });

  test("an invocation that nobody waits for any more is not tried again", async () => {
    const scene = new Scene();
    scene.answers = [answer(500)];
    const controller = new AbortController();
    const asked = scene.webhook.userEvent(event, controller.signal);
    const refused = expect(asked).rejects.toThrow("cancelled");
    while (scene.posts.length === 0) await Promise.resolve();
    controller.abort(new Error("cancelled"));
    await scene.run(refused);
    expect(scene.posts).toHaveLength(1);
    expect(scene.clock.timers).toEqual([]);
  });

  test("a service that stops tries nothing again", async () => {
    const scene = new Scene();
    scene.answers = ["hang"];
    const refused = expect(scene.webhook.userEvent(event)).rejects.toThrow("stopping");
    while (scene.posts.length === 0) await Promise.resolve();
    scene.stopping.abort(new Error("stopping"));
    await scene.run(refused);
    expect(scene.clock.timers).toEqual([]);
  });
});

test("disconnected doesn't overtake connected", async () => {
  const scene = new Scene();
  scene.answers = [answer(500), answer(200)];
  const notified = Promise.all([
    scene.webhook.connected(origin),
    scene.webhook.disconnected({ ...origin, reason: "gone" }),
  ]);
  await scene.run(notified);
  expect(scene.posts.map(({ headers }) => headers["ce-type"])).toEqual([
    "azure.webpubsub.sys.connected",
    "azure.webpubsub.sys.connected",
    "azure.webpubsub.sys.disconnected",
  ]);
  expect(new TextDecoder().decode(scene.posts[2]?.body)).toBe('{"reason":"gone"}');
  scene.answers = [answer(400)];
  await expect(scene.run(scene.webhook.connected(origin))).rejects.toThrow("status 400");
});
