/** The things about script elements that the core has to know as well. */

/** Selects the Python scripts of a page. */
export const SCRIPTS = 'script[type="text/python" i]';

/** What an attribute that is on or off says; `undefined` where it is not there, or says neither. */
export function switched(value: string | undefined): boolean | undefined {
  if (value === "false") return false;
  return value !== undefined && /^(|true|(data-)?(worker|offline|instant|cache))$/.test(value) ? true : undefined;
}

/** Whether such an attribute is on. */
export function isOn(value: string | undefined): boolean {
  return switched(value) === true;
}
