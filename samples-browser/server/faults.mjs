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
 * Does what the panel asks for, as the admin path of a local service would (`npx web-pubsub-emulator --admin`): that
 * one is at another address, and the service here has none.
 */
async function admin(faults, request, response) {
  if (request.method === "DELETE") {
    faults.reset();
    return answer(response, 200, {});
  }
  // Pages of other origins can't send this type unasked.
  if (request.method !== "POST" || request.headers["content-type"] !== "application/json")
    return answer(response, 400, { error: "POST a fault as application/json, or DELETE all of them." });
  try {
    const chunks = await request.toArray();
    answer(response, 200, { hit: faults.inject(JSON.parse(Buffer.concat(chunks).toString())) });
  } catch (error) {
    answer(response, 400, { error: error.message });
  }
}

/**
 * Answers `GET /service` (`{ local }`: are there faults?) and, with the local service, `POST
 * /faults/<deed>?connectionId=...` and what the panel sends to `/admin/faults`.
 * @param {import("web-pubsub-emulator").Emulator | undefined} emulator none for the cloud
 */
export function faultButtons(emulator) {
  return (request, response, next) => {
    const { pathname, searchParams } = target(request);
    if (pathname === "/service") return answer(response, 200, { local: emulator !== undefined });
    if (pathname === "/admin/faults" && emulator !== undefined)
      return admin(emulator.faults, request, response);
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
