/** What the notebook holds at first: a line for people, then code. */

export interface CellSource {
  readonly note: string;
  readonly code: string;
}

export const ORIGINAL_CELLS: readonly CellSource[] = [
  {
    note: "Install pandas, and numpy with it: the real compiled wheels of the Pyodide distribution.",
    code: `import wasminstall

await wasminstall.install("pandas")`,
  },
  {
    note: "Use it. The last expression of a cell is shown below it.",
    code: `import pandas as pd

planets = pd.DataFrame({
    "planet": ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"],
    "distance (au)": [0.387, 0.723, 1.0, 1.524, 5.203, 9.537, 19.19, 30.07],
    "year (days)": [88.0, 224.7, 365.2, 687.0, 4331, 10747, 30589, 59800],
    "moons": [0, 0, 1, 2, 95, 146, 28, 16],
})
planets["Kepler"] = (planets["year (days)"] / 365.2) ** 2 / planets["distance (au)"] ** 3
planets`,
  },
  {
    note: "Figures appear as pictures.",
    code: `await wasminstall.install("matplotlib")
import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
ax.loglog(planets["distance (au)"], planets["year (days)"], "o-", color="#0d766b")
for _, (planet, distance, year, *_rest) in planets.iterrows():
    ax.annotate(planet, (distance, year), xytext=(7, -9), textcoords="offset points", fontsize=9)
ax.set(xlabel="distance from the Sun (au)", ylabel="year (days)", xlim=(0.3, 60), ylim=(40, 2e5))
ax.grid(alpha=0.25)`,
  },
  {
    note: "A compiled package that only PyPI has: css-inline, written in Rust.",
    code: `await wasminstall.install("css-inline")
import css_inline

print(css_inline.inline("<style>p { color: teal }</style><p>Compiled, fetched, imported.</p>"))`,
  },
  {
    note: "When something cannot be installed, the error says what to try, and nothing has changed.",
    code: `await wasminstall.install("a-package-nobody-wrote")`,
  },
];
