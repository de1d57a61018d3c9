/** Files that the bundler understands and TypeScript does not: Python becomes text. */

declare module "*.py" {
  const text: string;
  export default text;
}
