import { fileURLToPath } from "node:url";
import { preview } from "vite";
import { startEmulator } from "web-pubsub-emulator";
import { faultButtons } from "./faults.mjs";
import { historyPages } from "./history.mjs";
import { negotiator } from "./negotiate.mjs";

/**
 * Starts the service (the local one unless there is a connection string), the negotiate server and the
 * built pages, all at one address.
 * @param {{ connectionString?: string, port?: number, local?: object }} [options] `port` 0: any free one; `local`:
 * options of the local service
 */
export async function startSamples({ connectionString, port = 5173, local } = {}) {
  const emulator = connectionString ? undefined : await startEmulator(local);
  const handlers = [
    negotiator(connectionString || emulator.connectionString),
    faultButtons(emulator),
    historyPages(emulator),
  ];
  try {
    const server = await preview({
      configFile: fileURLToPath(new URL("../vite.config.mjs", import.meta.url)),
      logLevel: "warn",
      preview: { host: "127.0.0.1", port, open: false },
      plugins: [
        {
          name: "samples-server",
          configurePreviewServer({ middlewares }) {
            for (const handler of handlers) middlewares.use(handler);
          },
        },
      ],
    });
    return {
      url: `http://127.0.0.1:${server.httpServer.address().port}/`,
      emulator,
      async close() {
        await server.close();
        await emulator?.close();
      },
    };
  } catch (error) {
    await emulator?.close();
    throw error;
  }
}
