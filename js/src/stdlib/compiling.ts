/**
 * Python that stands between `zipimport` and its compiler: no module is read twice, and what was compiled is noted.
 *
 * For a module in a zip `zipimport` compiles the source, or reads the bytecode, when asked for the name of its file,
 * which every import does, throws that away, and does it again to run it. With this, a first start takes a third less.
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
    get_module_code = zipimport._get_module_code
    if hasattr(get_module_code, "noted"):
        return
    early = (getattr(module, "__spec__", None) for module in list(sys.modules.values()))
    zipped = [spec.origin for spec in early if isinstance(getattr(spec, "loader", None), zipimport.zipimporter)]
    noted = {origin: None for origin in zipped if origin.startswith(places)}
    found = {}

    def _get_module_code(importer, fullname):
        # Asked for a second time at once, to run it; what is asked for later may be another.
        wanted = importer.archive, importer.prefix, fullname
        known = found.pop(wanted, None)
        found.clear()
        if known is None:
            known = found[wanted] = get_module_code(importer, fullname)
            code, _, pathname = known
            if pathname.endswith(".py") and pathname.startswith(places):
                noted[pathname] = code
        return known

    _get_module_code.noted = noted
    zipimport._get_module_code = _get_module_code
`;
