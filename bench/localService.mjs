// The local service in a process of its own, for its benchmarks. Figures in MiB and µs of CPU.
import { startEmulator } from "../emulator/dist/index.js";
import { heap } from "./measure.mjs";

const emulator = await startEmulator();
const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
const MIB = 1_024 * 1_024;

process.on("message", async () => {
  const used = await heap();
  const { user, system } = process.cpuUsage();
  process.send({
    cpu: user + system,
    heap: used / MIB,
    rss: process.memoryUsage.rss() / MIB,
    peak: process.resourceUsage().maxRSS / 1_024,
  });
});
process.on("disconnect", () => process.exit(0));
process.send({ url: await emulator.clientAccessUrl("bench", { userId: "ann", roles }) });
