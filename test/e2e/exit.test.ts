import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { AT_ONCE } from "../helpers/waitingTime.js";
import { anyGroup, hub, House, until } from "./harness.js";

const program = fileURLToPath(new URL("stopAndExit.ts", import.meta.url));

test.each(["Stopped", "Connecting", "Connected", "Recovering", "Disconnected"])(
  "a process whose client was stopped while %s exits by itself at once",
  async (state) => {
    await using house = await House.open();
    if (state === "Connecting") house.faults.refuseUpgrades({ with: "hang" });
    if (state === "Recovering") house.faults.refuseUpgrades({ with: "hang", only: "recovery" });
    const url = await house.emulator.clientAccessUrl(hub, { userId: "child", roles: anyGroup });
    const child = spawn(process.execPath, ["--import", "tsx", program, url, state]);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    const closed = once(child, "close");
    try {
      if (state === "Recovering" || state === "Disconnected") {
        await until(() => output.includes("connected") || child.exitCode !== null);
        if (state === "Recovering") house.faults.cutTransports();
        else house.faults.restartService();
      }
      expect(await closed, output).toEqual([0, null]);
    } finally {
      child.kill();
    }
    const waitedInMs = Number(/exits after waiting for ([\d.]+) ms/.exec(output)?.[1]);
    expect(waitedInMs, output).toBeLessThan(AT_ONCE);
  },
);
