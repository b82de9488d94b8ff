// The connection is there while somebody retains it.

/** @type {import("./faults.mjs").Fault[]} */
export const retain = [
  {
    name: "who lets go of a stopped client has it stopped later",
    in: "Retention.constructor",
    find: `if (client.state === "Stopped") this.#count.cancel();`,
    put: "",
  },
  {
    name: "the client isn't started",
    in: "Retention.constructor",
    find: "() => void this.#begin(),",
    put: "() => undefined,",
  },
  {
    name: "the client goes on when nobody retains it",
    in: "Retention.constructor",
    find: "() => void client.stop(),",
    put: "() => undefined,",
  },
  {
    name: "the first user that goes ends it",
    in: "RefCount.hold",
    find: "> 0",
    put: "> 1",
  },
  {
    name: "whoever comes while it stops gets nothing",
    in: "Retention.#begin",
    find: `if (client.state === "Stopping") await client.stop();`,
    put: "",
  },
  {
    name: "the first failure ends it",
    in: "Retention.#begin",
    find: "keepTrying: true",
    put: "keepTrying: false",
  },
  {
    name: "a stopped client's last user still stops it",
    in: "Retention.constructor",
    find: `client.on("stopped", () => this.#count.cancel());`,
    put: "",
  },
];
