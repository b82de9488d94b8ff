import { startSamples } from "./samples.mjs";

const connectionString = process.env.WEB_PUBSUB_CONNECTION_STRING;
const port = process.env.PORT ? Number(process.env.PORT) : undefined;
if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
  throw new Error(`PORT must be a whole number from 0 to 65535, but it is "${process.env.PORT}".`);
const { url, emulator, close } = await startSamples({ connectionString, port });
const service = emulator === undefined ? "the service of WEB_PUBSUB_CONNECTION_STRING" : "a local service";
console.log(`\n  ${url}\n\n  The chat, on ${service}. Open it in two windows; Ctrl+C ends it.\n`);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void close());
