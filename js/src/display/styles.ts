/**
 * The look of outputs. All of it is in the layer `wasminstall`, so that a page's own rules win, and made of the page's
 * own text colour, so that it is right on light and on dark paper without asking which it is.
 */

const STYLES = `
@layer wasminstall {
  .wasminstall-output {
    --wasminstall-soft: color-mix(in srgb, currentColor 74%, transparent);
    --wasminstall-faint: color-mix(in srgb, currentColor 62%, transparent);
    --wasminstall-rule: color-mix(in srgb, currentColor 16%, transparent);
    --wasminstall-error: color-mix(in srgb, currentColor 28%, #e5383b);
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.7rem;
    margin-block: 0.7rem;
    overflow-wrap: anywhere;
  }
  .wasminstall-output:empty { display: none; }
  .wasminstall-output :is(pre, code), .wasminstall-where {
    font: 0.8125rem / 1.55 ui-monospace, "SF Mono", "Cascadia Code", "Roboto Mono", "Noto Sans Mono",
      "DejaVu Sans Mono", monospace;
  }
  .wasminstall-output :is(pre, .wasminstall-html) {
    scrollbar-color: var(--wasminstall-faint) transparent;
    scrollbar-width: thin;
  }
  .wasminstall-output pre { margin: 0; white-space: pre-wrap; }
  .wasminstall-output > :is(pre, .wasminstall-html) { overflow: auto; max-height: 34rem; }
  .wasminstall-stderr {
    padding-left: 0.7rem;
    border-left: 3px solid color-mix(in srgb, currentColor 20%, #d9822b);
    color: var(--wasminstall-soft);
  }

  .wasminstall-html table {
    border: 0;
    border-collapse: collapse;
    font-size: 0.8125rem;
    font-variant-numeric: tabular-nums;
    line-height: 1.4;
  }
  .wasminstall-html :is(th, td) {
    padding: 0.32rem 0.9rem;
    border: 0;
    text-align: right;
    white-space: nowrap;
  }
  .wasminstall-html :is(th, td):first-child { padding-left: 0.25rem; }
  .wasminstall-html :is(tbody th, thead tr > :first-child, .wasminstall-words) { text-align: left; }
  .wasminstall-html thead th { border-bottom: 1px solid var(--wasminstall-faint); font-weight: 600; }
  .wasminstall-html tbody th { color: var(--wasminstall-faint); font-weight: 400; }
  .wasminstall-html tbody tr + tr > * { border-top: 1px solid var(--wasminstall-rule); }
  .wasminstall-html tbody tr:hover { background: color-mix(in srgb, currentColor 6%, transparent); }
  .wasminstall-html p { margin-block: 0.4rem 0; color: var(--wasminstall-faint); font-size: 0.8125rem; }
  .wasminstall-html caption { padding: 0 0.25rem 0.35rem; font-size: 0.875rem; text-align: left; }
  .wasminstall-html svg { max-width: 100%; height: auto; }

  /* Figures are drawn for paper; the paper comes with them into the dark. */
  .wasminstall-figure {
    box-sizing: border-box;
    width: fit-content;
    max-width: 100%;
    padding: 0.75rem;
    border: 1px solid var(--wasminstall-rule);
    border-radius: 0.6rem;
    background: #fff;
  }
  .wasminstall-figure img { display: block; max-width: 100%; height: auto; }

  .wasminstall-error {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.5rem;
    padding: 0.8rem 1rem;
    border: 1px solid color-mix(in srgb, var(--wasminstall-error) 35%, transparent);
    border-radius: 0.6rem;
    background: color-mix(in srgb, var(--wasminstall-error) 7%, transparent);
  }
  .wasminstall-headline { white-space: pre-wrap; }
  .wasminstall-headline b { color: var(--wasminstall-error); font-weight: 600; }
  .wasminstall-message { white-space: pre-wrap; }
  .wasminstall-hint { color: var(--wasminstall-soft); white-space: pre-wrap; }
  .wasminstall-relation { color: var(--wasminstall-soft); font-size: 0.8125rem; font-style: italic; }
  .wasminstall-where { color: var(--wasminstall-faint); }
  .wasminstall-output .wasminstall-excerpt { overflow-x: auto; margin-top: 0.3rem; white-space: pre; }
  .wasminstall-line {
    display: block;
    min-width: max-content;
    padding-right: 0.5rem;
    border-left: 3px solid transparent;
    color: var(--wasminstall-faint);
  }
  .wasminstall-line::before {
    display: inline-block;
    width: 2.4rem;
    padding-right: 0.9rem;
    content: attr(data-number);
    text-align: right;
  }
  .wasminstall-here {
    border-left-color: var(--wasminstall-error);
    background: color-mix(in srgb, var(--wasminstall-error) 9%, transparent);
    color: inherit;
  }
  .wasminstall-here mark {
    border-radius: 3px;
    background: color-mix(in srgb, var(--wasminstall-error) 30%, transparent);
    color: inherit;
  }
  .wasminstall-error details { color: var(--wasminstall-soft); font-size: 0.8125rem; }
  .wasminstall-error summary { width: fit-content; cursor: pointer; }
  .wasminstall-folded { display: grid; gap: 0.5rem; margin-top: 0.4rem; }
  .wasminstall-call code { display: block; padding-left: 1.2rem; white-space: pre-wrap; }
}
`;

const adopted = new WeakSet<Document>();

/** Put the styles into a document, once. A policy that forbids inline styles does not forbid this. */
export function adoptStyles(page: Document): void {
  if (adopted.has(page)) return;
  adopted.add(page);
  if ("adoptedStyleSheets" in page && "replaceSync" in CSSStyleSheet.prototype) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    page.adoptedStyleSheets.push(sheet);
  } else
    (page as Document).head.append(Object.assign((page as Document).createElement("style"), { textContent: STYLES }));
}
