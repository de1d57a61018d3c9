/** How the element looks. It has its place from the start, so that nothing moves when it appears. */

const CSS = `
:host {
  display: block;
  position: relative;
  font: 0.8125rem/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
  text-align: start;
}
:host([hidden]) { display: none; }
:host([overlay]) {
  position: fixed;
  inset-block-start: 0;
  inset-inline: 0;
  z-index: 2147483000;
  pointer-events: none;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }

/* By transitions and not by timers: they go on while Python keeps the page busy, and from where they are. */
#box { visibility: hidden; opacity: 0; }
#box[data-state] { visibility: visible; transition: opacity 0.25s; }
#box[data-state="waiting"] { opacity: 1; transition-delay: 0.5s; }
#box[data-state="shown"] { opacity: 1; }
#box[data-state="leaving"] { transition-delay: 1.5s; }
#box[data-state].open { opacity: 1; transition-delay: 0s; }

[part="bar"] {
  block-size: var(--wasminstall-thickness, 4px);
  border-radius: 99px;
  overflow: hidden;
  background: var(--wasminstall-track, rgb(128 128 128 / 25%));
}
[part="fill"] {
  block-size: 100%;
  inline-size: 0;
  border-radius: inherit;
  background: var(--wasminstall-accent, #0f8f83);
  transition: inline-size 0.2s ease-out;
}
[part="bar"]:not([aria-valuenow]) [part="fill"] {
  inline-size: 40%;
  transition: none;
  animation: pass 1.4s ease-in-out infinite;
}
@keyframes pass { from { transform: translateX(-100%); } to { transform: translateX(250%); } }
:host(:dir(rtl)) [part="fill"] { animation-direction: reverse; }
:host([data-phase="failed"]) [part="fill"] { background: var(--wasminstall-error, #c93a30); }

#line {
  display: flex;
  align-items: start;
  gap: 0.75em;
  min-block-size: 1.9em;
  padding-block-start: 0.25em;
}
[part="text"] {
  flex: 1;
  min-inline-size: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  text-align: match-parent;
}
:host([data-phase="failed"]) [part="text"] { white-space: pre-line; overflow-wrap: anywhere; }
:host([overlay][data-phase="failed"]) [part="text"] { max-block-size: 40vh; overflow-y: auto; pointer-events: auto; }

button {
  flex: none;
  padding: 0 0.2em;
  border: 0;
  border-radius: 4px;
  background: none;
  color: inherit;
  font: inherit;
  opacity: 0.75;
  cursor: pointer;
  pointer-events: auto;
}
button:hover { opacity: 1; text-decoration: underline; text-underline-offset: 0.2em; }
button:focus-visible { opacity: 1; outline: 2px solid currentcolor; outline-offset: 1px; }
#mark {
  display: inline-block;
  inline-size: 0.4em;
  block-size: 0.4em;
  margin-inline-start: 0.45em;
  border: solid currentcolor;
  border-width: 0 1.5px 1.5px 0;
  transform: translateY(-0.15em) rotate(45deg);
}
[aria-expanded="true"] #mark { transform: translateY(0.05em) rotate(225deg); }

[part="details"], :host([overlay]) #line {
  border: 1px solid rgb(128 128 128 / 35%);
  border-radius: 8px;
  background: var(--wasminstall-surface, Canvas);
  color: var(--wasminstall-text, CanvasText);
  box-shadow: 0 2px 10px rgb(0 0 0 / 14%);
}
[part="details"] {
  position: absolute;
  z-index: 1;
  inset-inline-end: 0;
  inline-size: min(27rem, 100%);
  margin: 0.25em 0 0;
  padding: 0.45em 0.8em;
  list-style: none;
  pointer-events: auto;
}
li { display: grid; grid-template-columns: 8.5em 1fr auto; gap: 0.8em; padding-block: 0.2em; }
li > * { text-align: match-parent; }
li > :nth-child(2) { min-inline-size: 0; overflow-wrap: anywhere; opacity: 0.75; }
li:not([aria-current]) > :first-child { opacity: 0.75; }
li[aria-current] > :first-child { font-weight: 600; }

:host([overlay]) [part="bar"] { block-size: var(--wasminstall-thickness, 3px); border-radius: 0; }
:host([overlay]) #line {
  inline-size: fit-content;
  max-inline-size: min(32rem, 100% - 16px);
  margin: 8px;
  margin-inline-start: auto;
  padding: 0.3em 0.75em;
}
/* Of a start that is over soon the thin bar is enough. */
:host([overlay]) #line { opacity: 0; transition: opacity 0.25s; }
:host([overlay]) [data-state="waiting"] #line { opacity: 1; transition-delay: 1.1s; }
:host([overlay]) :is([data-state="shown"], [data-state="leaving"]) #line { opacity: 1; }
:host([overlay]) [part="details"] { inset-inline-end: 8px; inline-size: min(27rem, 100% - 16px); margin: 0; }

#said { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

/* Where there is no room beside a heading, the words are at the lower edge. */
@media (max-width: 40rem) {
  :host([overlay]) #line { position: fixed; inset-block-end: 0; inset-inline-end: 0; }
  :host([overlay]) [part="details"] { position: fixed; inset-block-end: 3.25rem; }
}
@media (max-width: 30rem) {
  li { gap: 0.5em; }
  #name { position: absolute; clip-path: inset(50%); }
  #mark { margin: 0 0.3em; scale: 1.3; }
}
@media (prefers-reduced-motion: reduce) {
  [part="fill"] { transition: none; }
  [part="bar"]:not([aria-valuenow]) [part="fill"] { inline-size: 100%; animation: none; opacity: 0.5; }
}
@media (forced-colors: active) {
  [part="bar"] { box-sizing: content-box; border: 1px solid CanvasText; }
  [part="fill"] { forced-color-adjust: none; background: Highlight; }
}
`;

let sheet: CSSStyleSheet | undefined;

/** Put the style sheet into a shadow tree: as an object, which no Content-Security-Policy minds, where that is known. */
export function addStyles(root: ShadowRoot): void {
  if ("adoptedStyleSheets" in root && "replaceSync" in CSSStyleSheet.prototype) {
    if (sheet === undefined) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
    }
    root.adoptedStyleSheets = [sheet];
    return;
  }
  const style = document.createElement("style");
  style.textContent = CSS;
  (root as ShadowRoot).append(style);
}
