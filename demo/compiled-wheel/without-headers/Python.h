/* The part of Python's limited API that _native.c uses, for the 32-bit machine that WebAssembly is.

   With it the module compiles where there are no headers of Python and no Emscripten: see build.py. Everything here is
   part of the stable ABI, so it is the same from Python 3.12 on. */

#ifndef PYTHON_H
#define PYTHON_H

#define NULL ((void *)0)

typedef int Py_ssize_t;
typedef unsigned int Py_UCS4;
typedef struct _object PyObject;
typedef PyObject *(*PyCFunction)(PyObject *, PyObject *);

struct _object {
    Py_ssize_t ob_refcnt;
    void *ob_type;
};

typedef struct {
    const char *ml_name;
    PyCFunction ml_meth;
    int ml_flags;
    const char *ml_doc;
} PyMethodDef;

struct PyModuleDef {
    struct {
        PyObject ob_base;
        PyObject *(*m_init)(void);
        Py_ssize_t m_index;
        PyObject *m_copy;
    } m_base;
    const char *m_name;
    const char *m_doc;
    Py_ssize_t m_size;
    PyMethodDef *m_methods;
    void *m_slots, *m_traverse, *m_clear, *m_free;
};

#define PyModuleDef_HEAD_INIT {{1, NULL}, NULL, 0, NULL}
#define METH_VARARGS 0x0001
#define PyMODINIT_FUNC PyObject *

PyObject *PyModuleDef_Init(struct PyModuleDef *);
int PyArg_ParseTuple(PyObject *, const char *, ...);
Py_ssize_t PyUnicode_GetLength(PyObject *);
Py_UCS4 *PyUnicode_AsUCS4Copy(PyObject *);
PyObject *PyLong_FromSsize_t(Py_ssize_t);
PyObject *PyErr_NoMemory(void);
void *PyMem_Malloc(unsigned long);
void PyMem_Free(void *);

#endif
