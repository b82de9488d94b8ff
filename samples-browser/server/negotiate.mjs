import { WebPubSubServiceClient } from "@azure/web-pubsub";

const HUB = "chat";
const ROLES = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

/**
 * Answers `GET /negotiate?name=...` with a URL that lets a page in for an hour. A real server asks
 * who the caller is first; this one believes every name.
 * @param {string} connectionString of the service, local or in the cloud
 */
export function negotiator(connectionString) {
  const isPlain = connectionString.includes("Endpoint=http://");
  const service = new WebPubSubServiceClient(connectionString, HUB, { allowInsecureConnection: isPlain });
  return async (request, response, next) => {
    const { pathname, searchParams } = target(request);
    if (pathname !== "/negotiate") return next();
    try {
      const userId = searchParams.get("name") || "guest";
      const { url } = await service.getClientAccessToken({ userId, roles: ROLES });
      answer(response, 200, { url });
    } catch (error) {
      console.error(error);
      answer(response, 500, { error: "No URL could be made; see the server's output." });
    }
  };
}

/** What a request asks for. Not every target is a URL: `new URL("//", base)` throws. */
export function target(request) {
  const [pathname, ...query] = request.url.split("?");
  return { pathname, searchParams: new URLSearchParams(query.join("?")) };
}

/** Answers with JSON. */
export function answer(response, status, body) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
