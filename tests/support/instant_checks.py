"""Real work for real packages: a list of answers for each, which must be the same in every interpreter.

It runs inside Pyodide, once in a Python that was started normally and once in one that was restored from a snapshot.
``answers("numpy", ...)`` runs the function of that name for each project; what it returns is compared as JSON.
"""

# mypy: disable-error-code="import-not-found, import-untyped, no-untyped-call, untyped-decorator, misc"

from __future__ import annotations

import ctypes
import importlib
import inspect
import io
import json
import pickle
import threading
import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["again", "answers", "fails", "projects"]

_MODULES = ("support.instant_checks", "support.instant_checks_more")


def answers(*names: str) -> str:
    """JSON: what the checks of these projects find."""
    checks = _checks()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return json.dumps({name: checks[name]() for name in names}, default=repr)


def projects() -> list[str]:
    """Names of all checks."""
    return sorted(_checks())


def _checks() -> dict[str, Callable[[], Any]]:
    found = {name: value for module in _MODULES for name, value in vars(importlib.import_module(module)).items()}
    return {name.removeprefix("check_"): value for name, value in found.items() if name.startswith("check_")}


def fails(work: Callable[[], object]) -> str:
    """Kind of the error that is raised, and the first line of what it says; "" when there is none."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - whatever it raises is the answer
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return ""


def again(value: Any) -> Any:
    """The same, pickled and unpickled."""
    return pickle.loads(pickle.dumps(value))


# -- Python itself -----------------------------------------------------------------------------------------------------


def check_python() -> Any:
    """What compiled packages lean on: callbacks of C into Python, pickles, sources, and what cannot be had."""
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    numbers = (ctypes.c_int * 5)(5, 3, 4, 1, 2)
    ctypes.CDLL(None).qsort(numbers, 5, ctypes.sizeof(ctypes.c_int), compare(lambda a, b: a[0] - b[0]))
    return [
        list(numbers),
        fails(lambda: threading.Thread(target=print).start()),
        fails(lambda: importlib.import_module("_interpreters").create()),
        again(fails) is fails,
        inspect.getsource(json.dumps)[:9],
    ]


# -- the scientific ones -----------------------------------------------------------------------------------------------


def check_numpy() -> Any:
    import numpy as np

    matrix = np.arange(9.0).reshape(3, 3) + np.eye(3)
    random = np.random.default_rng(7)
    structured = np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")])
    return [
        np.linalg.inv(matrix).round(9).tolist(),
        np.linalg.svd(matrix)[1].round(9).tolist(),
        np.abs(np.fft.rfft(np.sin(np.arange(16)))).round(9).tolist(),
        random.normal(size=3).tolist(),
        np.random.RandomState(3).randint(0, 99, 4).tolist(),
        np.einsum("ij,jk->ik", matrix, matrix).sum(),
        np.polynomial.Polynomial.fit([0, 1, 2], [1, 3, 7], 2).convert().coef.round(9).tolist(),
        np.vectorize(lambda x: x * 2)(np.arange(3)).tolist(),
        fails(lambda: np.linalg.inv(np.zeros((2, 2)))),
        fails(lambda: np.zeros(2) + np.zeros(3)),
        again(structured).tolist(),
        np.datetime64("2026-01-31") + np.timedelta64(1, "D"),
        np.sort(np.array(["b", "a", "ä"])).tolist(),
        np.dtype("f4") is np.dtype("float32"),
    ]


def check_pandas() -> Any:
    import pandas as pd
    import pytz

    frame = pd.DataFrame({"key": list("abab"), "value": [1, 2, 3, 4], "when": pd.date_range("2026-01-30", periods=4)})
    csv = "a;b\n1;x\n2;\n"
    return [
        frame.groupby("key")["value"].agg(["sum", "mean"]).to_dict(),
        frame.groupby("key")["value"].apply(lambda group: group.max() - group.min()).to_dict(),
        frame.set_index("when").resample("ME")["value"].sum().to_json(),
        frame["value"].rolling(2).mean().to_list(),
        pd.read_csv(io.StringIO(csv), sep=";").to_csv(),
        pd.read_json(io.StringIO(frame.to_json())).shape,
        frame.merge(pd.DataFrame({"key": ["a"], "other": [9]})).to_html(),
        frame.pivot_table(index="key", values="value", aggfunc="sum").to_string(),
        again(frame).equals(frame),
        frame.query("value > 2").shape,
        pd.Timestamp("2026-03-29 12:00", tz=pytz.timezone("Europe/Berlin")).isoformat(),
        pd.Categorical(["x", "y", "x"]).codes.tolist(),
        fails(lambda: frame["none"]),
        fails(lambda: pd.to_datetime("no date")),
        frame["key"].str.upper().to_list(),
        frame.describe().round(6).to_json(),
    ]


def check_scipy() -> Any:
    import numpy as np
    from scipy import cluster, fft, integrate, interpolate, linalg, ndimage, optimize, signal, sparse, spatial, stats
    from scipy.sparse import linalg as sparse_linalg

    square = np.array([[4.0, 1.0], [2.0, 3.0]])
    points = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0.5, 0.5]], dtype=float)
    return [
        linalg.eigvals(square).real.round(9).tolist(),
        np.round(linalg.expm(square), 6).tolist(),
        round(integrate.quad(lambda x: np.exp(-x * x), -np.inf, np.inf)[0], 9),
        integrate.solve_ivp(lambda t, y: -y, (0, 1), [1.0], rtol=1e-8).y[0, -1].round(6),
        optimize.minimize(lambda x: (x[0] - 3) ** 2 + x[1] ** 2, [0, 0]).x.round(4).tolist(),
        optimize.linprog([-1, -2], A_ub=[[1, 1]], b_ub=[4]).x.tolist(),
        round(optimize.brentq(lambda x: x**3 - 2, 0, 2), 9),
        interpolate.CubicSpline([0, 1, 2, 3], [0, 1, 8, 27])(1.5).item(),
        sparse_linalg.spsolve(sparse.csc_array(square), np.array([1.0, 2.0])).round(9).tolist(),
        sorted(map(sorted, spatial.Delaunay(points).simplices.tolist())),
        spatial.KDTree(points).query([0.9, 0.8])[1].item(),
        signal.butter(2, 0.3)[0].round(9).tolist(),
        np.round(stats.norm.ppf([0.025, 0.5]), 9).tolist(),
        stats.ttest_ind([1, 2, 3], [2, 3, 5]).pvalue.round(9),
        ndimage.gaussian_filter(np.eye(3), 1).round(6).tolist(),
        fft.dct(np.arange(4.0)).round(6).tolist(),
        cluster.hierarchy.linkage(points, "single")[:, 2].round(6).tolist(),
        fails(lambda: linalg.cholesky(-square)),
        fails(lambda: spatial.Delaunay([[0, 0], [1, 1]])),
        fails(lambda: integrate.quad(lambda x: [][1], 0, 1)),
        again(sparse.csr_array(square)).toarray().tolist(),
    ]


def check_sklearn() -> Any:
    import numpy as np
    from sklearn import cluster, datasets, decomposition, ensemble, linear_model, metrics, neighbors, svm, tree
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = datasets.load_iris(return_X_y=True)
    forest = ensemble.RandomForestClassifier(10, random_state=0).fit(x, y)
    boosted = ensemble.HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(x, y)
    return [
        forest.score(x, y),
        again(forest).predict(x).tolist() == forest.predict(x).tolist(),
        boosted.score(x, y),
        make_pipeline(StandardScaler(), linear_model.LogisticRegression()).fit(x, y).score(x, y),
        svm.SVC().fit(x, y).score(x, y),
        cross_val_score(neighbors.KNeighborsClassifier(), x, y).round(9).tolist(),
        cluster.KMeans(3, n_init=2, random_state=0).fit(x).inertia_.__round__(6),
        np.abs(decomposition.PCA(2).fit(x).explained_variance_ratio_).round(9).tolist(),
        tree.export_text(tree.DecisionTreeClassifier(max_depth=2, random_state=0).fit(x, y)),
        TfidfVectorizer().fit_transform(["a cat", "the cat sat"]).shape,
        metrics.confusion_matrix(y, forest.predict(x)).tolist(),
        datasets.load_digits().data.shape,
        fails(lambda: forest.predict([[1]])),
    ]


def check_matplotlib() -> Any:
    import hashlib

    import matplotlib as mpl

    mpl.use("agg")
    import numpy as np
    from matplotlib import font_manager, pyplot, tri
    from matplotlib.ft2font import FT2Font

    class Unreadable(io.BytesIO):
        def read(self, *given: Any) -> bytes:
            raise ZeroDivisionError("in a file")

    figure, axes = pyplot.subplots(1, 2)
    axes[0].plot([1, 2, 3], label="$x^2$")
    axes[0].legend()
    axes[1].contourf(np.outer(np.arange(5), np.arange(5)))
    made = {kind: io.BytesIO() for kind in ("png", "rgba", "svg", "pdf")}
    for kind, file in made.items():
        figure.savefig(file, format=kind)
    mesh = tri.Triangulation([0, 1, 0, 1], [0, 0, 1, 1])
    found = [
        hashlib.sha256(made["rgba"].getvalue()).hexdigest(),
        [made["png"].getvalue()[:4], made["svg"].getvalue()[:5], made["pdf"].getvalue()[:4]],
        sorted(map(sorted, mesh.triangles.tolist())),
        font_manager.findfont("DejaVu Sans").rpartition("/")[2],
        fails(lambda: FT2Font(io.BytesIO(b"no font"))),
        fails(lambda: FT2Font(Unreadable())),
        pyplot.get_fignums(),
        len(mpl.colormaps),
        again(figure).axes[0].get_legend().get_texts()[0].get_text(),
    ]
    pyplot.close("all")
    return found


def check_pillow() -> Any:
    from PIL import Image, ImageDraw, ImageFilter, ImageFont, features

    image = Image.new("RGB", (32, 32), "white")
    ImageDraw.Draw(image).text((1, 1), "Hé", fill="black", font=ImageFont.load_default(20))
    made = {}
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "TIFF"):
        file = io.BytesIO()
        image.save(file, kind)
        made[kind] = [Image.open(file).size, Image.open(file).convert("L").getextrema()]
    return [
        made,
        image.filter(ImageFilter.GaussianBlur(2)).getpixel((8, 8)),
        image.resize((7, 5)).histogram()[250:256],
        features.get_supported(),
        fails(lambda: Image.open(io.BytesIO(b"no image"))).partition("<")[0],
        again(image).tobytes() == image.tobytes(),
    ]
