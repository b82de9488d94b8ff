// @vitest-environment node
import { version } from "react";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { WebPubSubClient, type ClientSource, type WebPubSubClientOptions } from "web-pubsub-client";
import { SERVER_MARKUP, ServerRoom } from "./support/serverRoom.js";
import { spySockets } from "./support/spySocket.js";

const url = "ws://127.0.0.1:1/client/hubs/chat";
const sources: Record<string, (options: WebPubSubClientOptions) => ClientSource> = {
  url: (options) => ({ url, options }),
  create: (options) => ({ create: () => new WebPubSubClient(url, options) }),
};

test.each(Object.entries(sources))(
  `React ${version} on a server, by %s: every hook renders, nothing connects, nothing is left behind`,
  async (_, source) => {
    const complaints = vi.spyOn(console, "error");
    const setTimer = vi.fn();
    const spy = spySockets();
    const options = { environment: { ...spy.environment, setTimer } };
    expect(typeof document).toBe("undefined");
    const ui = <ServerRoom {...source(options)} />;
    expect(renderToString(ui)).toBe(SERVER_MARKUP);
    expect(renderToString(ui)).toBe(SERVER_MARKUP);
    await new Promise((resolve) => setImmediate(resolve));
    expect(spy.sockets).toEqual([]);
    expect(setTimer).not.toHaveBeenCalled();
    expect(complaints).not.toHaveBeenCalled();
  },
);
