// Many clients, a service and a network that fails in every way, each in a process of its own; every message is counted.
//   npm run soak -- --minutes 10 --clients 200
//   npm run soak -- --minutes 0.2 --clients 20 --seed 7
import { numbers, readOptions } from "./arguments.mjs";
import { bundle, ended, makeFolder, path, start } from "./programs.mjs";

const values = readOptions({
  minutes: { type: "string", default: "10" },
  clients: { type: "string", default: "200" },
  seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
});
const job = numbers(values, "minutes", "clients", "seed");

const folder = makeFolder("soak");
const programs = { main: "test/soak/main.ts", service: "test/soak/service.ts", fleet: "test/soak/fleet.ts" };
await bundle(folder, programs, {
  alias: {
    "web-pubsub-client": path("src/index.ts"),
    "web-pubsub-client/protobuf": path("src/protobuf/index.ts"),
    "web-pubsub-emulator": path("emulator/src/index.ts"),
  },
});
// The working directory: where the emulator's own packages are found.
process.exitCode = await ended(start(`${folder}main.mjs`, job, { cwd: path(".") }));
