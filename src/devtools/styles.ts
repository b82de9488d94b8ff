/** How the panel looks: on its own, whatever the page does. Colors of text have a contrast of 4.5 at least. */
export const STYLES = `
:host {
  all: initial !important;
  color-scheme: light dark !important;
  --back: light-dark(#fff, #1a1d24);
  --well: light-dark(#f3f4f7, #23272f);
  --line: light-dark(#d8dce4, #383d49);
  --text: light-dark(#1b1f2a, #e6e8ee);
  --dim: light-dark(#596071, #a2a9b8);
  --accent: light-dark(#2a52c8, #9db5ff);
  --good: light-dark(#14744a, #5fd09a);
  --busy: light-dark(#8a5200, #eeb159);
  --bad: light-dark(#b3261e, #ff978e);
  position: fixed !important;
  z-index: 2147483000 !important;
  display: block !important;
  inset: auto 12px var(--from-below, 12px) auto !important;
  color: var(--text) !important;
  font: 13px/1.45 system-ui, sans-serif !important;
  font-variant-numeric: tabular-nums !important;
}
:host(.left) { inset: auto auto var(--from-below, 12px) 12px !important; }
:host(.open) { z-index: 2147483001 !important; inset-block-end: 12px !important; }
* { box-sizing: border-box; margin: 0; padding: 0; }
[hidden] { display: none !important; }
ul, ol { list-style: none; }
h3, b, dt { font: inherit; font-weight: 600; }
button, input, select { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: 6px; min-height: 26px; padding: 1px 10px; }
::placeholder { color: var(--dim); opacity: 1; }
button { cursor: pointer; }
button:hover:enabled { background: var(--well); }
button:disabled { color: var(--dim); cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
[role=tabpanel]:focus-visible { outline-offset: -2px; }
[data-tone=good] { --tone: var(--good); }
[data-tone=busy] { --tone: var(--busy); }
[data-tone=bad] { --tone: var(--bad); }
[data-tone=idle], [data-tone=in] { --tone: var(--dim); }
[data-tone=out] { --tone: var(--accent); }
.dim, .empty, time, dt { color: var(--dim); }
.bad { color: var(--bad); }
.mono, pre, dd { overflow-wrap: anywhere; }
.mono, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 12px; }
.unseen { position: absolute; background: var(--back); width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
i { flex: none; width: 9px; height: 9px; border-radius: 50%; background: var(--tone); }

.launcher { display: flex; align-items: center; gap: 8px; min-height: 32px; padding: 4px 14px 4px 12px; border-radius: 99px; box-shadow: 0 2px 10px #0003; font-weight: 600; }
section[id] {
  display: flex; flex-direction: column;
  width: min(780px, 100vw - 24px); height: min(460px, 100vh - 24px);
  overflow: hidden; background: var(--back);
  border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 8px 30px #0004;
  container-type: inline-size;
}
header { display: flex; align-items: center; gap: 8px; padding: 6px 6px 2px 14px; }
header .dim { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.close { border: 0; width: 30px; height: 30px; padding: 0; font-size: 18px; line-height: 1; }
[role=tablist] { display: flex; gap: 2px; padding: 0 8px; overflow-x: auto; scrollbar-width: none; border-bottom: 1px solid var(--line); flex: none; }
[role=tab] { border: 0; border-radius: 6px 6px 0 0; padding: 5px 9px; min-height: 32px; white-space: nowrap; color: var(--dim); }
[role=tab]:focus-visible { outline-offset: -2px; }
[aria-selected=true] { color: var(--text); font-weight: 600; box-shadow: inset 0 -2px var(--accent); }
.badge:not(:empty) { display: inline-block; margin-left: 6px; padding: 0 6px; border-radius: 99px; background: var(--busy); color: var(--back); font-size: 11px; font-weight: 600; }
[role=tabpanel] { flex: 1; min-height: 0; overflow-y: auto; padding: 12px 14px; }
.empty { padding: 4px 0 10px; }

.facts { display: grid; grid-template-columns: repeat(2, 1fr); gap: 8px 16px; grid-area: facts; }
.connection { display: grid; gap: 14px 20px; grid-template: "facts" "strip" "trips" "line" / minmax(0, 1fr); }
.connection > section { grid-area: line; }
.strip { grid-area: strip; }
.strip svg { display: block; width: 100%; height: 12px; border-radius: 3px; background: var(--well); }
.strip p { display: flex; justify-content: space-between; font-size: 11px; padding-top: 2px; }
rect { fill: var(--tone); }
.trips { grid-area: trips; }
.trips rect { fill: var(--accent); }
.trips line { stroke: var(--text); stroke-dasharray: 3 3; vector-effect: non-scaling-stroke; }
.plot { position: relative; margin: 6px 0 4px; background: var(--well); border-radius: 6px; padding: 20px 6px 0; }
.plot svg { display: block; width: 100%; height: 56px; }
.plot span { position: absolute; top: 2px; left: 6px; font-size: 11px; background: var(--well); }
figcaption { color: var(--dim); font-size: 12px; }
.line { margin-top: 4px; }
.line li { display: grid; grid-template-columns: auto 1fr; gap: 0 10px; padding: 4px 0 4px 12px; border-left: 2px solid var(--line); position: relative; }
.line .state::before { content: ""; position: absolute; left: -5px; top: 9px; width: 8px; height: 8px; border-radius: 50%; background: var(--tone); }
.line b { color: var(--tone); }
.line .step b { font-weight: 400; }
.line span { grid-column: 2; overflow-wrap: anywhere; }
.line span:empty { display: none; }
time { font-size: 12px; line-height: 19px; }

.cards { display: grid; gap: 10px; }
.cards > li { border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px; }
.cards h3 { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 10px; overflow-wrap: anywhere; }
.cards h3 .dim { font-weight: 400; }
.chip { color: var(--tone); border: 1px solid currentColor; border-radius: 99px; padding: 0 8px; font-size: 12px; line-height: 18px; }
.cards ul { padding-top: 6px; }
.cards ul li { display: flex; flex-wrap: wrap; gap: 0 8px; padding: 3px 0; border-top: 1px solid var(--line); }

.rows { margin: 6px 0 14px; }
.rows > li { border-bottom: 1px solid var(--line); }
.operation, .message { display: grid; gap: 0 10px; padding: 5px 4px; width: 100%; text-align: left; align-items: baseline; }
.operation { grid-template: "time kind name took" "time text text text" / auto auto 1fr auto; border-left: 3px solid var(--tone); padding-left: 9px; }
.message { grid-template: "way time kind name size" "way text text text text" / 14px auto auto 1fr auto; border: 0; border-radius: 0; }
.rows .name { grid-area: name; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rows .text { grid-area: text; color: var(--dim); overflow-wrap: anywhere; }
.message .text { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.operation[data-tone=bad] .text, [data-tone=bad] .message .text { color: var(--bad); }
.rows .time { color: var(--dim); grid-column: -2; grid-row: 1; }
.operation[data-tone=busy] .time { color: var(--busy); font-weight: 600; }
.way { grid-area: way; }
.way svg { display: block; fill: none; stroke: var(--tone); stroke-width: 1.6; }
.tools { display: flex; flex-wrap: wrap; gap: 6px; padding-bottom: 6px; }
.tools input { flex: 1 1 130px; min-width: 0; }
.tools select { max-width: 150px; }
[aria-pressed=true] { background: var(--accent); color: var(--back); border-color: var(--accent); }
button[aria-pressed=true]:hover:enabled { background: var(--accent); }
.details { padding: 2px 4px 10px 28px; display: grid; gap: 6px; }
.details dl { display: grid; grid-template-columns: auto 1fr; gap: 0 12px; font-size: 12px; }
.details dt { font-weight: 400; }
pre { max-height: 240px; overflow: auto; white-space: pre-wrap; padding: 8px 10px; margin: 4px 0; background: var(--well); border-radius: 6px; }

.deeds { display: grid; gap: 14px 16px; }
.deeds li { display: grid; gap: 3px; align-content: start; }
.deeds button { justify-self: start; }
.result { padding-top: 12px; min-height: 32px; overflow-wrap: anywhere; }
.result[role=alert] { color: var(--bad); }

@container (min-width: 560px) {
  .facts { grid-template-columns: repeat(4, auto); }
  .connection { grid-template: "facts facts" "strip strip" "line trips" / minmax(0, 1fr) 230px; }
  .deeds { grid-template-columns: 1fr 1fr; }
  .line li { grid-template-columns: 84px 1fr; }
  .rows .text { grid-area: auto; }
  .message { grid-template: none / 12px 84px 130px 90px minmax(0, 1fr) auto; }
  .message > *, .operation > * { grid-area: auto !important; }
  .operation { grid-template: none / 84px 150px 100px 1fr auto; }
  .operation .time { order: 1; }
}
@media (max-width: 480px) {
  [role=tablist] { padding: 0 4px; gap: 0; }
  [role=tab] { font-size: 12px; padding: 5px; }
  .badge:not(:empty) { margin-left: 3px; padding: 0 5px; }
  :host(:host), :host(.left) { inset: auto 8px var(--from-below, 8px) auto !important; }
  :host(.open) { inset-block-end: 8px !important; }
  section[id] { width: calc(100vw - 16px); height: min(520px, 80dvh); }
}
@media (prefers-reduced-motion: no-preference) {
  [data-tone=busy] > i { animation: pulse 1.2s ease-in-out infinite alternate; }
  @keyframes pulse { to { opacity: .3; } }
}
`;
