import { createServer } from "node:https";
import type { Diagnostics } from "../service/diagnostics.js";
import { type KeyAndCertificate, makeCertificate } from "./certificate.js";
import type { Listening } from "./server.js";

/** What Node's code for a failed handshake means to whoever set up the client. */
const hints: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: "it speaks HTTP: use https:// and wss://",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "it doesn't trust the certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "it doesn't trust the certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "it doesn't trust the certificate",
};

/**
 * How the server listens for HTTPS, and its certificate in PEM. Throws where key and certificate can't be used.
 * @param given true: they are made now, for `host`.
 */
export async function secure(
  given: true | KeyAndCertificate,
  host: string,
  diagnostics: Diagnostics,
): Promise<{ readonly listening: Listening; readonly cert: string }> {
  const { key, cert } = given === true ? await makeCertificate(host) : given;
  const listening: Listening = {
    arrival: "secureConnection",
    create: (limits, request) => {
      let server;
      try {
        server = createServer({ ...limits, key, cert }, request);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new TypeError(`https: key and cert must be a key and its certificate in PEM (${reason}).`, {
          cause,
        });
      }
      return server.on("tlsClientError", (error: NodeJS.ErrnoException) => {
        // Who only looks whether the port is open says nothing.
        if (error.code === "ECONNRESET") return;
        const message = `A client could not connect: ${hints[error.code ?? ""] ?? error.message}.`;
        diagnostics({ level: "warning", hub: "", connectionId: undefined, message, cause: error });
      });
    },
  };
  return { listening, cert };
}
