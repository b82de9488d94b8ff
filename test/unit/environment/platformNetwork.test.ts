import { expect, test } from "vitest";
import { watchNetwork, type NetworkState } from "../../../src/core/environment/platformNetwork.js";

const WIFI = { type: "wifi", isConnected: true, isInternetReachable: true };
const CELLULAR = { ...WIFI, type: "cellular" };
const NONE = { type: "none", isConnected: false, isInternetReachable: false };
const UNKNOWN = { type: "unknown", isConnected: null, isInternetReachable: null };
const CAPTIVE = { ...WIFI, isInternetReachable: false };
const FRESH = { ...WIFI, isInternetReachable: null };

test.each<[string, NetworkState[], number]>([
  ["the first report", [WIFI], 0],
  ["the first report, of no network", [NONE], 0],
  ["the same again, as with another signal strength", [WIFI, { ...WIFI }, { ...WIFI }], 0],
  ["a network that is lost", [WIFI, NONE], 0],
  ["one that isn't known any more", [WIFI, UNKNOWN], 0],
  ["one that returns", [WIFI, NONE, WIFI], 1],
  ["one that becomes known", [UNKNOWN, WIFI], 1],
  ["another one without a gap", [WIFI, CELLULAR], 1],
  ["one whose internet is lost", [WIFI, CAPTIVE], 0],
  ["one whose internet returns", [WIFI, CAPTIVE, WIFI], 1],
  ["one whose internet becomes known", [FRESH, WIFI], 0],
  ["one that is told in two steps", [NONE, FRESH, WIFI], 1],
  [
    "older reports, without the internet",
    [
      { type: "none", isConnected: false },
      { type: "wifi", isConnected: true },
    ],
    1,
  ],
])("%s", (_what, reports, expected) => {
  const listeners = new Set<(state: NetworkState) => void>();
  let wakes = 0;
  const end = watchNetwork(
    {
      addEventListener(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    () => wakes++,
  );
  for (const report of reports) for (const each of listeners) each(report);
  expect(wakes).toBe(expected);
  end();
  expect(listeners.size).toBe(0);
});

test("a mock that returns nothing does no harm", () => {
  watchNetwork({ addEventListener: () => undefined }, () => {})();
});
