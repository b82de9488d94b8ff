import type { Session } from "../session.js";
import type { FilterSubject } from "./expression.js";
import type { Filter } from "./filter.js";

/** A filter as a delivery takes it. */
export function selects(filter: Filter | undefined): ((session: Session) => boolean) | undefined {
  return filter && ((session) => filter(subjectOf(session)));
}

function subjectOf(session: Session): FilterSubject {
  const { connectionId, userId = null, origin, groups } = session;
  return { connectionId, userId, protocol: origin.subprotocol ?? null, groups };
}
