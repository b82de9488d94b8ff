import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CoreClient } from "web-pubsub-client/core";
import { capturedLog } from "../helpers/capturedLog.js";
import { onConsole } from "../helpers/onConsole.js";
import { ScriptedSocket } from "../helpers/scriptedSocket.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const lines = capturedLog();

/** Starts, and lets the socket end without being opened. @returns the message that `start` rejects with */
async function failure(stage: Stage, end: (stage: Stage) => void): Promise<string | undefined> {
  const started = await stage.begin();
  end(stage);
  await turn();
  expect(stage.client.state).toBe("Stopped");
  return started.error?.message;
}

const refusedBy =
  (message: string) =>
  ({ socket }: Stage): void => {
    socket.receiveError(new Error(message));
    socket.receiveClose(1006);
  };

describe("an error that no close follows", () => {
  test("ends the attempt shortly, with its cause", async () => {
    const stage = new Stage();
    const started = await stage.begin();
    const cause = new Error("Received network error or non-101 status code.");
    stage.socket.receiveError(cause);
    await turn(99);
    expect(started.status).toBe("pending");
    await turn(1);
    expect(started.error).toMatchObject({
      code: "Closed",
      closeCode: undefined,
      cause: { message: cause.message },
    });
    expect(started.error?.message).toContain(cause.message);
    expect(stage.socket.terminated).toBe(true);
  });

  test("of an open socket leads to a recovery", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveError(new Error("broken"));
    await turn(100);
    expect(stage.sockets).toHaveLength(2);
    await stage.recover();
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
  });

  test("of a frame that is too big doesn't lead to a recovery, which would bring it again", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveError(
      Object.assign(new RangeError("too big"), { code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" }),
    );
    await turn(100);
    expect(stage.named).toEqual(["connected A", "disconnected A"]);
  });

  test("counts no more once a close has come, or the socket is dropped", async () => {
    const stage = new Stage();
    await stage.connect();
    const [first] = stage.sockets;
    first?.receiveError(new Error("broken"));
    await stage.drop();
    await stage.recover();
    await turn(1_000);
    first?.late.error(new Error("late"));
    stage.socket.receiveError(new Error("broken"));
    void stage.client.stop();
    await turn(1_000);
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A", "disconnected A", "stopped"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("why a socket never opened", () => {
  const token = "The access token may be missing, expired or for another hub.";

  test("401: the token", async () => {
    expect(await failure(new Stage(), refusedBy("Unexpected server response: 401"))).toBe(
      `The WebSocket was closed: 1006 (Unexpected server response: 401). ${token}`,
    );
  });

  test("no reason at all, as in browsers: what it may be, and where to look", async () => {
    const message = await failure(new Stage(), ({ socket }) => socket.receiveClose(1006));
    expect(message).toContain(`The WebSocket was closed: 1006. ${token}`);
    expect(message).toContain("Or the server can't be reached.");
    expect(message).toContain("network panel of its developer tools");
  });

  test.each([
    "write EPROTO 8018B17FA77F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl:",
    "80AB:error:0A0000C6:SSL routines:tls_get_more_records:packet length too long:",
  ])("%s: a plain port", async (words) => {
    expect(await failure(new Stage(), refusedBy(words))).toContain("The port doesn't speak TLS: use ws://.");
  });

  test.each(["Unexpected server response: 503", "connect ECONNREFUSED 127.0.0.1:4010"])(
    "%s speaks for itself",
    async (words) => {
      expect(await failure(new Stage(), refusedBy(words))).toBe(`The WebSocket was closed: 1006 (${words})`);
    },
  );

  test("a CoreClient tells what the platform says", async () => {
    const sockets: ScriptedSocket[] = [];
    class Socket extends ScriptedSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        sockets.push(this);
      }
    }
    const started = follow(new CoreClient(URL, { webSocket: Socket }).start());
    await turn();
    sockets[0]?.receiveError(new Error("Unexpected server response: 401"));
    sockets[0]?.receiveClose(1006);
    await turn();
    expect(started.error?.message).toBe("The WebSocket was closed: 1006 (Unexpected server response: 401)");
  });

  test("a socket that was open is explained no further", async () => {
    const stage = new Stage();
    await stage.connect();
    await stage.drop();
    expect(stage.client.connectionInfo.error?.message).toBe("The WebSocket was closed: 1006");
  });
});

describe("a fixed URL whose token has expired", () => {
  const NOW = Date.UTC(2030, 0, 1);
  beforeEach(() => void vi.setSystemTime(NOW));
  const base64Url = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString("base64url");
  const urlOf = (claims: object): string =>
    `wss://host.example/client/hubs/chat?access_token=${base64Url({ alg: "HS256" })}.${base64Url(claims)}.c2ln`;
  // The subject makes base64url differ from base64.
  const expired = urlOf({ sub: "ÿþ?>~~~", exp: NOW / 1_000 });
  const words =
    /has expired\. A fixed URL can't be renewed: give \{ getClientAccessUrl: async \(\) => \.\.\. \}/;

  test("is said in the error, in the log at each attempt, and once on the console", async () => {
    const warnings = onConsole("warn");
    const stage = new Stage({ credential: expired });
    const message = await failure(stage, ({ socket }) => socket.receiveClose(1006));
    expect(message).toMatch(words);
    expect(await failure(stage, refusedBy("Unexpected server response: 401"))).toMatch(words);
    expect(warnings).toEqual([[expect.stringMatching(words)]]);
    expect(lines.filter((line) => line.includes(":warning") && words.test(line))).toHaveLength(2);
    const told = [...lines, message, ...warnings.flat()].join("\n");
    for (const secret of expired.split("access_token=")[1]?.split(".") ?? [])
      expect(told).not.toContain(secret);
  });

  test("isn't said while the service takes it, since the clock may be wrong", async () => {
    const warnings = onConsole("warn");
    const stage = new Stage({ credential: { getClientAccessUrl: expired } });
    await stage.connect();
    await stage.drop(1008);
    await stage.accept("B");
    expect([stage.client.connectionId, warnings]).toEqual(["B", []]);
    expect(lines.filter((line) => words.test(line))).toEqual([]);
  });

  test("is said when the service refuses it at a reconnection", async () => {
    const warnings = onConsole("warn");
    const stage = new Stage({ credential: urlOf({ exp: NOW / 1_000 + 60 }) });
    await stage.connect();
    await turn(61_000);
    await stage.drop(1008);
    expect(warnings).toEqual([]);
    stage.socket.receiveError(new Error("Unexpected server response: 401"));
    stage.socket.receiveClose(1006);
    expect(stage.client.connectionInfo.error?.message).toMatch(words);
    expect(warnings).toEqual([[expect.stringMatching(words)]]);
  });

  test.each(["connect ECONNREFUSED 127.0.0.1:4010", "Unexpected server response: 503"])(
    "isn't blamed for %s",
    async (why) => {
      const warnings = onConsole("warn");
      expect(await failure(new Stage({ credential: expired }), refusedBy(why))).toContain(`(${why})`);
      expect(warnings).toEqual([]);
    },
  );

  test("isn't blamed for a failed recovery, which needs no new token", async () => {
    const warnings = onConsole("warn");
    const stage = new Stage({ credential: urlOf({ exp: NOW / 1_000 + 60 }) });
    await stage.connect();
    await turn(61_000);
    await stage.drop();
    await stage.drop();
    expect(stage.client.connectionInfo.error?.message).not.toMatch(words);
    expect(warnings).toEqual([]);
  });

  test.each([
    ["a token that is still valid", urlOf({ exp: NOW / 1_000 + 1 })],
    ["a token without exp", urlOf({ sub: "ann" })],
    ["a token that can't be read", "wss://host.example/client/hubs/chat?access_token=a.%%%.c"],
    [
      "no JSON",
      `wss://host.example/client/hubs/chat?access_token=a.${Buffer.from("x").toString("base64url")}.c`,
    ],
    ["no token", "wss://host.example/client/hubs/chat"],
  ])("%s: nothing is said", async (_what, credential) => {
    const warnings = onConsole("warn");
    const stage = new Stage({ credential });
    expect(await failure(stage, ({ socket }) => socket.receiveClose(1006))).not.toMatch(words);
    expect(warnings).toEqual([]);
  });

  test("from a function: the error says it, and no warning, as the function may do better next time", async () => {
    const warnings = onConsole("warn");
    const stage = new Stage({ credential: { getClientAccessUrl: async () => expired } });
    const message = await failure(stage, ({ socket }) => socket.receiveClose(1006));
    expect(message).toMatch(/has expired/);
    expect(message).not.toMatch(/fixed URL/);
    expect(warnings).toEqual([]);
  });
});

test.each(["\n", " \t", "\ufeff"])("white space (%j) around a URL is stripped", async (space) => {
  const url = "wss://host.example/client/hubs/chat?access_token=t";
  const padded = `${space}${url}${space}`;
  for (const credential of [
    padded,
    { getClientAccessUrl: padded },
    { getClientAccessUrl: async () => padded },
  ]) {
    const stage = new Stage({ credential });
    await stage.connect();
    expect(stage.socket.url.href).toBe(url);
  }
  expect(() => new CoreClient(padded)).not.toThrow();
});
