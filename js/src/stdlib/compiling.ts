/**
 * Python that stands between `zipimport` and its compiler: no module is compiled twice, and what was compiled is noted.
 *
 * For a module in a zip `zipimport` compiles the source when asked for the name of its file, which every import does,
 * throws that away, and compiles it again to run it. With this, a first start takes a third less.
 */

/** Where the archives of the Python package are placed, each with its release's number. */
export const PLACE = "/lib/wasminstall-";

/**
 * Defines `_watch(*places)`, which notes the code of modules below these places, for `takeCompiled()`. Works once.
 * What was imported before was not noted: it will be compiled once more, it is little.
 */
export const WATCH = `
def _watch(*places):
    import sys, zipimport
    compile_source = zipimport._compile_source
    if hasattr(compile_source, "noted"):
        return
    early = (getattr(module, "__spec__", None) for module in list(sys.modules.values()))
    zipped = [spec.origin for spec in early if isinstance(getattr(spec, "loader", None), zipimport.zipimporter)]
    noted = {origin: None for origin in zipped if origin.startswith(places)}
    last = [None, None]

    def _compile_source(pathname, source, *rest, **named):
        if last[0] != (pathname, source):
            last[:] = (pathname, source), compile_source(pathname, source, *rest, **named)
        if pathname.startswith(places):
            noted[pathname] = last[1]
        return last[1]

    _compile_source.noted = noted
    zipimport._compile_source = _compile_source
`;
