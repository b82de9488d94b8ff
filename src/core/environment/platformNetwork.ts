/** Reads the reports of `@react-native-community/netinfo`, for `platform.native.ts`. */

/** What the client reads of a report. */
export interface NetworkState {
  readonly type: string;
  /** Null where it isn't known. */
  readonly isConnected: boolean | null;
  readonly isInternetReachable?: boolean | null;
}

export interface NetInfo {
  addEventListener(listener: (state: NetworkState) => void): (() => void) | undefined;
}

/** Calls `wake` when the network returns or is another one. */
export function watchNetwork(netInfo: NetInfo, wake: () => void): () => void {
  // The first report tells what is, not what has changed.
  let before: NetworkState | undefined;
  const end = netInfo.addEventListener((state) => {
    const isBetter = before !== undefined && isBack(before, state);
    before = state;
    if (isBetter) wake();
  });
  // A mock may return nothing.
  return () => end?.();
}

/** Whether there is a network again, or another one: sockets of the one before are dead. */
function isBack(before: NetworkState, now: NetworkState): boolean {
  if (now.isConnected !== true) return false;
  const isReachableAgain = before.isInternetReachable === false && now.isInternetReachable === true;
  return before.isConnected !== true || before.type !== now.type || isReachableAgain;
}
