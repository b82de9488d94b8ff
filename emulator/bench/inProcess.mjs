// One run of startup.mjs in a fresh process. Argument: the URL of the library.
import { performance } from "node:perf_hooks";
import { connectFirst } from "./firstConnection.mjs";

const start = performance.now();
const { startEmulator } = await import(process.argv[2]);
const imported = performance.now() - start;
const emulator = await startEmulator();
const started = performance.now() - start;
await connectFirst(await emulator.clientAccessUrl("chat"));
const connected = performance.now() - start;
await emulator.close();
process.stdout.write(JSON.stringify({ imported, started, connected }));
