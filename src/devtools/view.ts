/** A tab of the panel. */
export interface View {
  readonly name: string;
  readonly element: HTMLElement;
  /** Called while it is shown, at most once for each frame of the screen. @param now by the client's clock */
  readonly render: (now: number) => void;
  /** A number beside the name; 0: none. */
  readonly badge?: () => number;
}
