import { inspect } from "node:util";
import { AzureLogger, getLogLevel, setLogLevel } from "@azure/logger";
import { afterEach, beforeEach } from "vitest";

/** The lines of the log at its most talkative, from the start of each test on. */
export function capturedLog(): string[] {
  const lines: string[] = [];
  const log = AzureLogger.log;
  const level = getLogLevel();
  beforeEach(() => {
    lines.length = 0;
    AzureLogger.log = (...parts: unknown[]) => void lines.push(parts.map((part) => inspect(part)).join(" "));
    setLogLevel("verbose");
  });
  afterEach(() => {
    AzureLogger.log = log;
    setLogLevel(level);
  });
  return lines;
}
