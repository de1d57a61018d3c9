/* Levenshtein's edit distance, with the limited API: nothing here depends on a minor version of Python. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

static Py_ssize_t smallest(Py_ssize_t a, Py_ssize_t b, Py_ssize_t c)
{
    Py_ssize_t less = a < b ? a : b;
    return less < c ? less : c;
}

/* One row of the table at a time: `row[j]` is the distance from the letters seen so far to the first j of `other`. */
static Py_ssize_t distance(const Py_UCS4 *one, Py_ssize_t m, const Py_UCS4 *other, Py_ssize_t n, Py_ssize_t *row)
{
    for (Py_ssize_t j = 0; j <= n; j++)
        row[j] = j;
    for (Py_ssize_t i = 1; i <= m; i++) {
        Py_ssize_t before = row[0];
        row[0] = i;
        for (Py_ssize_t j = 1; j <= n; j++) {
            Py_ssize_t above = row[j];
            row[j] = smallest(above + 1, row[j - 1] + 1, before + (one[i - 1] != other[j - 1]));
            before = above;
        }
    }
    return row[n];
}

static PyObject *edit_distance(PyObject *self, PyObject *arguments)
{
    PyObject *first, *second, *result = NULL;
    if (!PyArg_ParseTuple(arguments, "UU:edit_distance", &first, &second))
        return NULL;
    Py_ssize_t m = PyUnicode_GetLength(first), n = PyUnicode_GetLength(second);
    Py_UCS4 *one = PyUnicode_AsUCS4Copy(first), *other = PyUnicode_AsUCS4Copy(second);
    Py_ssize_t *row = PyMem_Malloc((n + 1) * sizeof(Py_ssize_t));
    if (one && other && row)
        result = PyLong_FromSsize_t(distance(one, m, other, n, row));
    else
        PyErr_NoMemory();
    PyMem_Free(one);
    PyMem_Free(other);
    PyMem_Free(row);
    return result;
}

static PyMethodDef methods[] = {
    {"edit_distance", edit_distance, METH_VARARGS, "edit_distance(one, other, /)\n--\n\nHow many letters differ."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&module);
}
