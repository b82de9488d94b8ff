/** The claims of a verified token, as they stand in it. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** What a client access token must have been issued for. */
export interface TokenTarget {
  readonly hub: string;
  /** Host and port that the client asked for. */
  readonly host: string | undefined;
}

/** Checks client access tokens: signature, times and audience. */
export interface TokenVerifier {
  /** Rejects with an error that says what is wrong with the token. */
  verify(token: string, target: TokenTarget): Promise<TokenClaims>;
}

/** Who a client is and what it may do. */
export interface Identity {
  readonly userId: string | undefined;
  readonly roles: readonly string[];
  /** Groups joined while connecting. */
  readonly groups: readonly string[];
}

/** A client without a token, on a hub that allows that. */
export const anonymous: Identity = { userId: undefined, roles: [], groups: [] };

export function identityOf(claims: TokenClaims): Identity {
  return {
    userId: typeof claims["sub"] === "string" ? claims["sub"] : undefined,
    roles: strings(claims["role"]),
    groups: strings(claims["webpubsub.group"]),
  };
}

/** Claims as an event handler gets them: every value a list of strings. */
export function claimLists(claims: TokenClaims): Record<string, readonly string[]> {
  const lists: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(claims)) {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    lists[name] = values.map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
  }
  return lists;
}

/** A claim that may stand once or as a list. */
function strings(claim: unknown): string[] {
  const values: unknown[] = Array.isArray(claim) ? claim : [claim];
  return values.filter((value): value is string => typeof value === "string");
}
