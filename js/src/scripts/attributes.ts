/** The two things about script elements that the core has to know as well. */

/** Selects the Python scripts of a page. */
export const SCRIPTS = 'script[type="text/python" i]';

/** Whether an attribute that is there or not is there; `"false"` says no. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "false";
}
