import { answer, target } from "./negotiate.mjs";

/** What the buttons do to one connection, by the local service's scripted faults. */
const deeds = {
  cut: (faults, filter) => faults.cutTransports(filter),
  refuse: (faults, filter) => {
    faults.refuseUpgrades({ with: 503, only: "recovery", times: 2, filter });
    faults.cutTransports(filter);
  },
  "half-open": (faults, filter) => faults.goHalfOpen(filter),
  forget: (faults, filter) => {
    faults.rejectRecovery({ times: 1, filter });
    faults.cutTransports(filter);
  },
};

/**
 * Answers `GET /service` (`{ local }`: are there faults?) and, with the local service, `POST
 * /faults/<deed>?connectionId=...`.
 * @param {import("web-pubsub-emulator").Emulator | undefined} emulator none for the cloud
 */
export function faultButtons(emulator) {
  return (request, response, next) => {
    const { pathname, searchParams } = target(request);
    if (pathname === "/service") return answer(response, 200, { local: emulator !== undefined });
    if (!pathname.startsWith("/faults/")) return next();
    const name = pathname.slice("/faults/".length);
    const deed = Object.hasOwn(deeds, name) ? deeds[name] : undefined;
    const connectionId = searchParams.get("connectionId");
    if (request.method !== "POST" || emulator === undefined || deed === undefined || !connectionId) {
      return answer(response, 400, {
        error: "POST /faults/<cut, refuse, half-open or forget>?connectionId=",
      });
    }
    deed(emulator.faults, { connectionId });
    answer(response, 200, {});
  };
}
