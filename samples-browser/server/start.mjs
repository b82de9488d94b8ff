import { startSamples } from "./samples.mjs";

const connectionString = process.env.WEB_PUBSUB_CONNECTION_STRING;
const port = process.env.PORT === undefined ? undefined : Number(process.env.PORT);
const { url, emulator, close } = await startSamples({ connectionString, port });
const service = emulator === undefined ? "the service of WEB_PUBSUB_CONNECTION_STRING" : "a local service";
console.log(`\n  ${url}\n\n  The chat, on ${service}. Open it in two windows; Ctrl+C ends it.\n`);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void close());
