import { builtinEnvironments, type Environment } from "vitest/runtime";

/**
 * A page by jsdom around the tests, with Node's own bytes and sockets kept: the local service runs
 * beside them, and its token library knows only Node's.
 */
const environment: Environment = {
  name: "page-on-node",
  viteEnvironment: "ssr",
  async setup(global: typeof globalThis, options) {
    const { ArrayBuffer, Uint8Array, TextDecoder, TextEncoder, WebSocket } = global;
    const page = await builtinEnvironments.jsdom.setup(global, options);
    Object.assign(global, { ArrayBuffer, Uint8Array, TextDecoder, TextEncoder, WebSocket });
    return page;
  },
};

export default environment;
